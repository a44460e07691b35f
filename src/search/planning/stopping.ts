/**
 * Stopping planner: trains the first replicates of each round from rung to rung, and stops those that are
 * clearly worse than the best one (`stopping/clearly-worse.ts`). The rounds come from another planner.
 *
 * Once all trials of a round are at their rung and their audits are settled, each is compared with the
 * leader at this rung: the best one of those of this stage that were not stopped before, and of the complete
 * ones of earlier stages. It is stopped, or trained to the next rung. When all trials are stopped or at their end, the other planner plans
 * the next round. Other replicates are trained to the end at once, and only of trials that were not stopped.
 *
 * A disputed result at a rung is not compared. A stage that gains trials is compared again from the first
 * rung on, because the level depends on the number of trials: the dispatcher sets its trials back.
 */
import { stopRule } from '../../study/spec/study-spec.ts';
import {
  trialName,
  type RungResult,
  type StageRecord,
  type TrialRecord,
} from '../../study/trial.ts';
import { countCorrect } from '../ranking/correctness.ts';
import {
  clearlyWorse,
  leaderAt,
  stoppingLevel,
  type Contender,
} from '../stopping/clearly-worse.ts';
import { hasEnded, stageSpec } from './one-shot.ts';
import type { NewTrial, PlannedStudy, PlannedTrial, Planner, Round, RungMove } from './planner.ts';

/** @param rounds the planner of the rounds */
export function stopping(rounds: Planner): Planner {
  return {
    openStage: (study, stage) => rounds.openStage(study, stage),
    plansAhead: (spec, stage) => rounds.plansAhead(spec, stage),

    nextRound(study, stage, trials) {
      const round = (): Round | null => rounds.nextRound(study, stage, trials.map(asOpen));
      if (stopRule(study.spec, stageSpec(study.spec, stage.name)) === 'never') return round();
      const next = round();
      const { racing } = study.spec;
      const wanted = next?.trials.filter(({ id }) => racing || id.replicate === 1) ?? [];
      const known = new Set(trials.map(({ id }) => trialName(id)));
      // The new trials of a stage that has grown are compared with the others.
      const isNew = wanted.some(({ id }) => !known.has(trialName(id)));
      const moves = isNew ? [] : rungMoves(study, stage, trials);
      if (moves.length > 0) return { trials: [], moves, reason: movesReason(moves, trials) };
      const replicates = isNew ? [] : missingReplicates(study, trials);
      if (replicates.length > 0) return { trials: replicates, reason: null };
      if (next === null) return null;
      if (!isNew && trials.every(hasEnded))
        return next.budgetEnds === true ? { trials: [], reason: null, budgetEnds: true } : null;
      return { ...next, trials: wanted.map((trial) => withRung(study, trial)) };
    },
  };
}

/** The other planner uses no result of a trial that is at a rung. */
function asOpen(trial: TrialRecord): TrialRecord {
  return trial.status === 'paused' ? { ...trial, status: 'running' } : trial;
}

/** The other replicates of configurations whose first one was trained to the end, if they do not race. */
function missingReplicates({ spec }: PlannedStudy, trials: readonly TrialRecord[]): PlannedTrial[] {
  if (spec.racing || spec.replicates === 1 || !trials.every(hasEnded)) return [];
  const known = new Set(trials.map(({ id }) => trialName(id)));
  const finished = trials
    .filter(({ id, status }) => id.replicate === 1 && status === 'complete')
    .toSorted(byIndex);
  return Array.from({ length: spec.replicates - 1 }, (_, round) =>
    finished.map(({ id, params }) => ({ id: { ...id, replicate: round + 2 }, params })),
  )
    .flat()
    .filter(({ id }) => !known.has(trialName(id)));
}

function withRung(study: PlannedStudy, trial: NewTrial): NewTrial {
  const toStep = firstRung(study, trial);
  return toStep === null ? trial : { ...trial, toStep };
}

/** The step to which a new trial is trained first; null if its stage stops no trials, or it has one rung. */
export function firstRung(study: PlannedStudy, { id, params }: PlannedTrial): number | null {
  if (stopRule(study.spec, stageSpec(study.spec, id.stage)) === 'never') return null;
  const rungs = study.rungs(params);
  return id.replicate === 1 && rungs.length > 1 ? (rungs[0] ?? null) : null;
}

/**
 * The trials that are at the lowest rung, in order, with what becomes of each; empty while a trial is being
 * trained. Trials at higher rungs wait for them.
 *
 * @param trials of the stage
 */
function rungMoves(
  study: PlannedStudy,
  stage: StageRecord,
  trials: readonly TrialRecord[],
): RungMove[] {
  // bug: rung-decided-before-all-results
  if (!trials.every(hasEnded)) return [];
  const paused = trials.filter(({ status }) => status === 'paused').toSorted(byIndex);
  if (paused.length === 0) return [];
  const rungOf = ({ params, rungs }: TrialRecord): number =>
    study.rungs(params).findIndex((step) => step === rungs?.toStep);
  const at = Math.min(...paused.map(rungOf));
  const earlier = survivorsBefore(study, stage);
  const own = trials.filter((trial) => isAliveAt(trial, at)).toSorted(byIndex);
  const pool = [...earlier, ...own].flatMap((trial) => contenderAt(study, trial, at) ?? []);
  const leader = pool.length === 0 ? null : leaderAt(pool);
  const compared = stage.trials + earlier.length;
  return paused
    .filter((trial) => rungOf(trial) === at)
    .map((trial) => moveFrom(study, trial, { at, leader, compared }));
}

/** The comparison at a rung. */
interface RungComparison {
  /** Index of the rung. */
  readonly at: number;
  /** Null if no trial has an undisputed result there. */
  readonly leader: Contender | null;
  /** Number of trials, for the level. */
  readonly compared: number;
}

function moveFrom(
  study: PlannedStudy,
  trial: TrialRecord,
  { at, leader, compared }: RungComparison,
): RungMove {
  const { id, params } = trial;
  const rungs = study.rungs(params);
  const contender = contenderAt(study, trial, at);
  const level = stoppingLevel({ trials: compared, rungs: rungs.length });
  const worse = contender && leader && clearlyWorse(contender, leader, level);
  if (worse !== null)
    return { kind: 'stop', id, stop: { rung: at + 1, step: rungs[at] ?? 0, ...worse } };
  const next = rungs[at + 1];
  const isLast = next === undefined || at + 2 === rungs.length;
  return { kind: 'continue', id, toStep: isLast ? null : next };
}

/** First replicates of earlier stages that were trained to the end, by stage and index. */
function survivorsBefore({ stages }: PlannedStudy, { name }: StageRecord): TrialRecord[] {
  const before = stages.slice(
    0,
    stages.findIndex(({ record }) => record.name === name),
  );
  return before.flatMap(({ trials }) =>
    trials
      .filter(({ status, rungs }) => status === 'complete' && rungs !== undefined)
      .toSorted(byIndex),
  );
}

/** Whether the trial was not stopped before this rung, whatever has become of it later. */
function isAliveAt({ rungs }: TrialRecord, at: number): boolean {
  return rungs !== undefined && (rungs.stop === null || rungs.stop.rung > at);
}

/** @param at index of the rung; null if the trial has no undisputed result there */
function contenderAt(study: PlannedStudy, trial: TrialRecord, at: number): Contender | null {
  const step = study.rungs(trial.params)[at];
  const found = trial.rungs?.results.find(({ result }) => result.steps === step);
  if (found === undefined || verdictAt(trial, found) === 'disputed') return null;
  return { id: trial.id, bits: found.result.validationCorrect };
}

/**
 * Trials at a rung, best first: by correct images, then by index. Disputed ones are last.
 *
 * @param step of the rung
 */
export function byPlaceAt<Trial extends Pick<TrialRecord, 'id'>>(
  trials: readonly Trial[],
  recordOf: (trial: Trial) => TrialRecord | undefined,
  step: (trial: Trial) => number,
): Trial[] {
  const correct = (trial: Trial): number => {
    const record = recordOf(trial);
    const found = record?.rungs?.results.find(({ result }) => result.steps === step(trial));
    if (record === undefined || found === undefined || verdictAt(record, found) === 'disputed')
      return -1;
    return countCorrect(found.result.validationCorrect);
  };
  const keyed = trials.map((trial) => ({ trial, correct: correct(trial) }));
  return keyed
    .toSorted((a, b) => b.correct - a.correct || a.trial.id.index - b.trial.id.index)
    .map(({ trial }) => trial);
}

/** The verdict on the result at the present rung is that of the trial. */
function verdictAt({ result, audit }: TrialRecord, rung: RungResult): TrialRecord['audit'] {
  return result?.steps === rung.result.steps ? audit : rung.audit;
}

function byIndex(a: TrialRecord, b: TrialRecord): number {
  return a.id.index - b.id.index;
}

/** `cycle 1: 4 of 12 trials are clearly worse than the best and are stopped`. */
function movesReason(moves: readonly RungMove[], trials: readonly TrialRecord[]): string {
  const stopped = moves.filter(({ kind }) => kind === 'stop').length;
  const names = new Set(moves.map(({ id }) => id.index));
  const steps = new Set(
    trials.flatMap(({ id, rungs }) => (names.has(id.index) ? (rungs?.toStep ?? []) : [])),
  );
  return `at step ${[...steps].toSorted((a, b) => a - b).join(', ')}: ${stopped} of ${moves.length} trials are clearly worse than the best and are stopped`;
}

/**
 * Stage replay: asks the planner again for the rounds of a stage, with the stored results, and compares its
 * trials and moves with the stored ones. Nothing is trained.
 *
 * Trials keep the parameters of the replay, so that one changed parameter does not change later proposals.
 */
import type { Params } from '../../study/search-space.ts';
import {
  trialName,
  type RungProgress,
  type StageRecord,
  type StopDecision,
  type TrialRecord,
} from '../../study/trial.ts';
import type { NewTrial, PlannedStudy, Planner, RungMove } from './planner.ts';

/** A stored choice that the stored results do not give. */
export interface DecisionDifference {
  readonly kind: 'result' | 'range' | 'trial' | 'parameters' | 'stop' | 'rank' | 'winner';
  /** Name of the trial, the stage or the study. */
  readonly where: string;
  /** Null if nothing is stored; as is `replayed`, if the replay gives nothing. */
  readonly stored: string | null;
  readonly replayed: string | null;
}

export interface StageReplay {
  readonly differences: readonly DecisionDifference[];
  /** Number of comparisons of a trial with the leader at a rung. */
  readonly comparisons: number;
}

/**
 * @param study  with the trials of earlier stages
 * @param stored trials of the stage, with their validation bits
 */
export function replayStage(
  planner: Planner,
  study: PlannedStudy,
  stage: StageRecord,
  stored: readonly TrialRecord[],
): StageReplay {
  const known = new Map(stored.map((trial) => [trialName(trial.id), trial]));
  const replayed = new Map<string, TrialRecord>();
  const differences: DecisionDifference[] = [];
  let comparisons = 0;
  for (;;) {
    const stages = study.stages.map((entry) =>
      entry.record.name === stage.name ? { ...entry, trials: [...replayed.values()] } : entry,
    );
    const round = planner.nextRound({ ...study, stages }, stage, [...replayed.values()]);
    const added = (round?.trials ?? []).filter(({ id }) => !replayed.has(trialName(id)));
    const moves = round?.moves ?? [];
    const isAhead = moves.some((move) => hasNotMoved(known.get(trialName(move.id)), replayed));
    if ((added.length === 0 && moves.length === 0) || (isAhead && !stage.closed)) break;
    let isMissing = false;
    for (const trial of added) {
      const name = trialName(trial.id);
      const record = known.get(name);
      if (record === undefined) {
        isMissing = true;
        if (stage.closed)
          differences.push({ kind: 'trial', where: name, stored: null, replayed: valuesOf(trial) });
      } else {
        if (valuesOf(record) !== valuesOf(trial))
          differences.push(difference('parameters', name, valuesOf(record), valuesOf(trial)));
        replayed.set(name, atStep(record, trial.params, trial.toStep));
      }
    }
    for (const move of moves) {
      const name = trialName(move.id);
      const record = known.get(name);
      const before = replayed.get(name);
      if (record === undefined || before === undefined) continue;
      comparisons += 1;
      replayed.set(name, afterMove(record, before, move));
    }
    if (isMissing) break;
  }
  return { differences: [...differences, ...endDifferences(stored, replayed)], comparisons };
}

function difference(
  kind: DecisionDifference['kind'],
  where: string,
  stored: string | null,
  replayed: string | null,
): DecisionDifference {
  return { kind, where, stored, replayed };
}

/** `dropout 0.5, lambda 0.001`, with all digits. */
function valuesOf({ params }: Pick<NewTrial, 'params'>): string {
  return Object.entries(params)
    .map(([name, value]) => `${name} ${value}`)
    .toSorted()
    .join(', ');
}

/** Whether the stored trial is still at the rung that it leaves in the replay. */
function hasNotMoved(
  stored: TrialRecord | undefined,
  replayed: ReadonlyMap<string, TrialRecord>,
): boolean {
  if (stored?.status !== 'paused') return false;
  return replayed.get(trialName(stored.id))?.rungs?.toStep === stored.rungs?.toStep;
}

/**
 * The trial as it was when it had been trained to a rung.
 *
 * @param toStep null: its last step; undefined: it has no rungs
 */
function atStep(
  stored: TrialRecord,
  params: Params,
  toStep: number | null | undefined,
): TrialRecord {
  const { rungs, ...trial } = stored;
  if (toStep === undefined || rungs === undefined) return { ...trial, params };
  const progress: RungProgress = { toStep, results: rungs.results, stop: null };
  const found =
    toStep === null ? undefined : rungs.results.find(({ result }) => result.steps === toStep);
  if (found !== undefined) {
    const { result, worker, fingerprint } = found;
    const audit = stored.result?.steps === toStep ? stored.audit : found.audit;
    const own = { result, worker, fingerprint, audit };
    return { ...trial, ...own, params, status: 'paused', reason: null, rungs: progress };
  }
  // At its end, or it has failed on the way; a trial that was stopped earlier has no result there.
  const isEarlier = stored.status === 'stopped' || stored.status === 'paused';
  const status = isEarlier ? 'waiting' : stored.status;
  return { ...trial, params, status, rungs: progress };
}

function afterMove(stored: TrialRecord, before: TrialRecord, move: RungMove): TrialRecord {
  if (move.kind === 'continue') return atStep(stored, before.params, move.toStep);
  const { results = [], toStep = null } = before.rungs ?? {};
  return { ...before, status: 'stopped', rungs: { toStep, results, stop: move.stop } };
}

/** Trials that no round gives, and stops that differ. */
function* endDifferences(
  stored: readonly TrialRecord[],
  replayed: ReadonlyMap<string, TrialRecord>,
): Generator<DecisionDifference> {
  for (const trial of stored) {
    const name = trialName(trial.id);
    const other = replayed.get(name);
    if (other === undefined) {
      yield difference('trial', name, valuesOf(trial), null);
      continue;
    }
    const [own, again] = [stopText(trial), stopText(other)];
    if (own !== again) yield difference('stop', name, own, again);
  }
}

function stopText({ status, rungs }: TrialRecord): string | null {
  const stop = rungs?.stop ?? null;
  if (stop === null) return status === 'stopped' ? 'stopped' : null;
  const isStopped = status === 'stopped' ? '' : `, and it is ${status}`;
  return `${countsText(stop)}${isStopped}`;
}

/** `at step 1000 by coarse/3: 412 images to 287`. */
function countsText({ step, leader, onlyLeader, onlyTrial }: StopDecision): string {
  return `at step ${step} by ${trialName(leader)}: ${onlyLeader} images to ${onlyTrial}`;
}

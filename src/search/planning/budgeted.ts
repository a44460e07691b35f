/**
 * Budgeted planner: opens the part of each round that fits in the budget of steps.
 *
 * A trial is charged the steps to which it is planned, when it is planned; audits, tests and attempts that are
 * repeated are free. So what is opened follows from the study and from the results that planned the round:
 *
 *     new configurations      in order, with all their replicates, up to the first one that does not fit
 *     further replicates      all of a round, or none: a configuration must not win because others have fewer
 *     trials at a rung        all of a round; or else the best ones, in order, trained to their end at once
 *
 * As long as no trial of the study is complete, enough is left to train one trial to its end.
 */
import { assert } from '../../base/assert.ts';
import { knownIndexBase, trialName, type TrialId, type TrialRecord } from '../../study/trial.ts';
import { plannedReplicates } from '../samplers/sample-trials.ts';
import type { NewTrial, PlannedStudy, Planner, RungMove } from './planner.ts';
import { byPlaceAt, firstRung } from './stopping.ts';

export function budgeted(rounds: Planner): Planner {
  return {
    openStage: (study, stage) => rounds.openStage(study, stage),
    plansAhead: (spec, stage) => rounds.plansAhead(spec, stage),

    nextRound(study, stage, trials) {
      const round = rounds.nextRound(study, stage, trials);
      if (round === null || study.stepsMax === undefined) return round;
      const left = study.stepsMax - plannedSteps(study);
      const known = new Set(trials.map(({ id }) => trialName(id)));
      const isNew = ({ id }: NewTrial): boolean => !known.has(trialName(id));
      const added = round.trials.filter(isNew);
      const { moves = [] } = round;
      const opened = fittingTrials(study, trials, added, left);
      const moved = fittingMoves(study, trials, moves, left);
      if (opened.size === added.length && moved === moves) return round;
      return {
        ...round,
        trials: round.trials.filter((trial) => !isNew(trial) || opened.has(trial)),
        ...(moves.length > 0 && { moves: moved }),
        budgetEnds: true,
      };
    },
  };
}

/** The steps to which the trials of the study are planned. Trials beyond the end of a budget do not count. */
export function plannedSteps({ stages, rungs }: Pick<PlannedStudy, 'stages' | 'rungs'>): number {
  let sum = 0;
  for (const { trials } of stages)
    for (const trial of trials)
      if (trial.status !== 'cancelled') sum += trial.rungs?.toStep ?? lastStep(rungs(trial.params));
  return sum;
}

function lastStep(rungs: readonly number[]): number {
  const last = rungs.at(-1);
  assert(last !== undefined, 'a trial has a last step');
  return last;
}

/** Order of configurations: known ones first, as they are planned. */
export function configurationOrder({ index }: TrialId): number {
  return index > knownIndexBase ? index - 2 * knownIndexBase : index;
}

/** The new trials that are opened. */
function fittingTrials(
  study: PlannedStudy,
  trials: readonly TrialRecord[],
  added: readonly NewTrial[],
  left: number,
): ReadonlySet<NewTrial> {
  const existing = new Set(trials.map(({ id }) => id.index));
  const isFurther = ({ id }: NewTrial): boolean =>
    existing.has(id.index) || id.replicate > plannedReplicates(study.spec);
  const cost = (trial: NewTrial): number =>
    firstRung(study, trial) ?? lastStep(study.rungs(trial.params));
  const costs = (of: readonly NewTrial[]): number => of.reduce((sum, one) => sum + cost(one), 0);
  if (added.some(isFurther)) return new Set(costs(added) <= left ? added : []);
  const mustKeep = mustComplete(study);
  const byIndex = Map.groupBy(added, ({ id }) => configurationOrder(id));
  const opened = new Set<NewTrial>();
  let rest = left;
  for (const [, members] of [...byIndex].toSorted(([a], [b]) => a - b)) {
    rest -= costs(members);
    const [first] = members;
    const kept = mustKeep && first ? lastStep(study.rungs(first.params)) - cost(first) : 0;
    // bug: budget-is-exceeded
    if (rest < kept) break;
    for (const member of members) opened.add(member);
  }
  return opened;
}

/** Whether steps are kept to train a trial to its end. */
function mustComplete({ stages, isCut = false }: PlannedStudy): boolean {
  return !isCut && !stages.some(({ trials }) => trials.some(({ status }) => status === 'complete'));
}

/** The moves that are made: `moves` itself if all of them fit. */
function fittingMoves(
  study: PlannedStudy,
  trials: readonly TrialRecord[],
  moves: readonly RungMove[],
  left: number,
): readonly RungMove[] {
  const records = new Map(trials.map((trial) => [trialName(trial.id), trial]));
  const recordOf = ({ id }: RungMove): TrialRecord | undefined => records.get(trialName(id));
  const stepOf = (move: RungMove): number => recordOf(move)?.rungs?.toStep ?? 0;
  const endOf = (move: RungMove): number => lastStep(study.rungs(recordOf(move)?.params ?? {}));
  const continued = moves.filter(({ kind }) => kind === 'continue');
  const nextOf = (move: RungMove): number =>
    (move.kind === 'continue' ? move.toStep : null) ?? endOf(move);
  const cost = continued.reduce((sum, move) => sum + nextOf(move) - stepOf(move), 0);
  const kept = mustComplete(study)
    ? Math.min(...continued.map((move) => endOf(move) - nextOf(move)))
    : 0;
  if (continued.length === 0 || cost + kept <= left) return moves;
  const finished = new Set<RungMove>();
  let rest = left;
  for (const move of byPlaceAt(continued, recordOf, stepOf)) {
    rest -= endOf(move) - stepOf(move);
    // bug: budget-is-exceeded-2
    if (rest < 0) break;
    finished.add(move);
  }
  return moves.flatMap((move): RungMove[] => {
    if (move.kind === 'stop') return [move];
    return finished.has(move) ? [{ kind: 'continue', id: move.id, toStep: null }] : [];
  });
}

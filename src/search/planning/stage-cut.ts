/**
 * Stage cut: which trials of a stage count if its search ends while some of them are open.
 *
 * The cut is a place in the order in which the budgeted planner opens trials (`budgeted.ts`): a budget of as many
 * steps as the trials before it has the same trials. So results beyond the cut do not count, even if they exist:
 *
 *     new configurations      the longest sequence, from the first one on, of which all have ended
 *     further replicates      none of their round
 *     trials at a rung        none of the round; on the way to the last step the best ones that have ended
 */
import { stopRule } from '../../study/spec/study-spec.ts';
import { trialName, type StageRecord, type TrialId, type TrialRecord } from '../../study/trial.ts';
import { plannedReplicates } from '../samplers/sample-trials.ts';
import { configurationOrder } from './budgeted.ts';
import { roundStart } from './model-rounds.ts';
import { hasEnded, stageSpec } from './one-shot.ts';
import type { PlannedStudy } from './planner.ts';
import { replicatesDue } from './racing.ts';
import { byPlaceAt } from './stopping.ts';

export interface StageCut {
  /** Trials that do not count. */
  readonly dropped: readonly TrialId[];
  /** Trials that are at an earlier rung again. */
  readonly returned: readonly { readonly id: TrialId; readonly toStep: number }[];
}

const nothing: StageCut = { dropped: [], returned: [] };

/** @param trials of the stage; with the validation bits that its planner reads */
export function cutStage(
  study: PlannedStudy,
  { name }: Pick<StageRecord, 'name'>,
  trials: readonly TrialRecord[],
): StageCut {
  const { spec } = study;
  const stops = stopRule(spec, stageSpec(spec, name)) !== 'never';
  const open = trials.filter((trial) => !hasEnded(trial));
  const [first] = open;
  if (first === undefined) return nothing;
  const planned = stops ? 1 : plannedReplicates(spec);
  if (open.some(({ id }) => id.replicate > planned))
    return drop(trials, spec.racing ? racedSoFar(study, trials) : firstReplicates(trials));
  const isMoved = (trial: TrialRecord): boolean => previousRung(study, trial) !== null;
  if (!open.every(isMoved)) return drop(trials, endedConfigurations(trials, planned));
  return cutMoves(study, trials, first);
}

/** Drops all trials but those that count. */
function drop(trials: readonly TrialRecord[], counted: readonly TrialRecord[]): StageCut {
  const kept = new Set(counted.map(({ id }) => trialName(id)));
  const dropped = trials.flatMap(({ id }) => (kept.has(trialName(id)) ? [] : [id]));
  return { dropped, returned: [] };
}

function firstReplicates(trials: readonly TrialRecord[]): TrialRecord[] {
  return trials.filter(({ id }) => id.replicate === 1);
}

/** The trials of a race before its round in progress. */
function racedSoFar({ spec }: PlannedStudy, trials: readonly TrialRecord[]): TrialRecord[] {
  const byName = new Map(trials.map((trial) => [trialName(trial.id), trial]));
  const counted = firstReplicates(trials);
  for (;;) {
    const due = replicatesDue(counted, spec);
    const round = due.flatMap(({ id }) => byName.get(trialName(id)) ?? []);
    if (due.length === 0 || round.length < due.length || !round.every(hasEnded)) return counted;
    counted.push(...round);
  }
}

/** The longest sequence of configurations all of whose trials have ended, or are at their first rung. */
function endedConfigurations(trials: readonly TrialRecord[], planned: number): TrialRecord[] {
  const byPlace = Map.groupBy(trials, ({ id }) => configurationOrder(id));
  const sorted = [...byPlace].toSorted(([a], [b]) => a - b).map(([, members]) => members);
  const end = sorted.findIndex((members) =>
    members.some((trial) => trial.id.replicate <= planned && !hasEnded(trial)),
  );
  return sorted.slice(0, end).flat();
}

/** Ends the round in which trials are trained from one rung to the next. */
function cutMoves(
  study: PlannedStudy,
  trials: readonly TrialRecord[],
  open: TrialRecord,
): StageCut {
  const start = roundStart(study.spec, open.id);
  const rungOf = (trial: TrialRecord): number => previousRung(study, trial) ?? 0;
  const placeOf = (trial: TrialRecord): number =>
    study.rungs(trial.params).findIndex((step) => step === previousRung(study, trial));
  const at = placeOf(open);
  const members = trials.filter(
    (trial) => trial.rungs?.stop === null && trial.id.index > start && placeOf(trial) === at,
  );
  const places = new Map(members.map((trial) => [trialName(trial.id), trial]));
  const sorted = byPlaceAt(members, ({ id }) => places.get(trialName(id)), rungOf);
  const isLast = members.every(({ rungs }) => rungs?.toStep === null);
  const ended = isLast ? sorted.findIndex((trial) => !hasEnded(trial)) : 0;
  const back = new Set(sorted.slice(ended));
  const returned = members
    .filter((trial) => back.has(trial))
    .map((trial) => ({ id: trial.id, toStep: rungOf(trial) }));
  return { dropped: [], returned };
}

/** The last step before its present target at which the trial has a result; null if there is none. */
function previousRung(study: PlannedStudy, { rungs, params }: TrialRecord): number | null {
  if (rungs === undefined) return null;
  const target = rungs.toStep ?? study.rungs(params).at(-1) ?? 0;
  return rungs.results.findLast(({ result }) => result.steps < target)?.result.steps ?? null;
}

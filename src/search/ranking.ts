/**
 * The order of trials, best first. One rule, for tables, for narrowing and for the winner.
 *
 * By value, then stage order, then k as a number, then replicate; so ties have one order everywhere.
 * Complete trials come first and have a rank; then disputed, running, waiting, failed and cancelled ones, without.
 */
import { assert } from '../base/assert.ts';
import type { Objective } from '../study/study-spec.ts';
import { trialName, type Measurement, type TrialRecord, type TrialStatus } from '../study/trial.ts';

export interface RankedTrial {
  /** From 1; null for a trial without a value. */
  readonly rank: number | null;
  readonly trial: TrialRecord;
  /** The objective at the last step; null for a trial without one. */
  readonly value: number | null;
}

/** After the trials that have a value. */
const statusOrder: Record<TrialStatus, number> = {
  complete: 0,
  running: 1,
  waiting: 2,
  failed: 3,
  cancelled: 4,
};

/** The objective's value at the last step; null unless the trial is complete and undisputed. */
export function objectiveValue(trial: TrialRecord, objective: Objective): number | null {
  if (trial.audit === 'disputed' || trial.status !== 'complete' || trial.result === null)
    return null;
  const last = trial.result.curve.at(-1);
  assert(last, () => `the complete trial ${trialName(trial.id)} has a measurement`);
  const value = measuredValue(last, objective.metric);
  assert(Number.isFinite(value), () => `${trialName(trial.id)} is complete, its value is ${value}`);
  return value;
}

/** @param stageOrder the names of the study's stages, first stage first */
export function rankTrials(
  trials: readonly TrialRecord[],
  objective: Objective,
  stageOrder: readonly string[],
): RankedTrial[] {
  const sign = objective.direction === 'maximize' ? -1 : 1;
  const place = new Map(stageOrder.map((stage, index) => [stage, index]));
  return trials
    .map((trial) => ({ trial, value: objectiveValue(trial, objective) }))
    .toSorted(
      (a, b) =>
        placeOf(a.trial) - placeOf(b.trial) ||
        sign * ((a.value ?? 0) - (b.value ?? 0)) ||
        (place.get(a.trial.id.stage) ?? 0) - (place.get(b.trial.id.stage) ?? 0) ||
        a.trial.id.k - b.trial.id.k ||
        a.trial.id.replicate - b.trial.id.replicate,
    )
    .map(({ trial, value }, index) => ({ rank: value === null ? null : index + 1, trial, value }));
}

/** A disputed trial is shown behind those that count: nobody knows its value. */
function placeOf({ status, audit }: TrialRecord): number {
  return statusOrder[status] + (audit === 'disputed' ? 0.5 : 0);
}

/** The best complete trial of all stages; null when there is none. */
export function winnerOf(
  trials: readonly TrialRecord[],
  objective: Objective,
  stageOrder: readonly string[],
): TrialRecord | null {
  const first = rankTrials(trials, objective, stageOrder)[0];
  return first === undefined || first.rank === null ? null : first.trial;
}

/** The metric's value at one step. */
export function measuredValue(measurement: Measurement, metric: Objective['metric']): number {
  switch (metric) {
    case 'validation_accuracy':
      return measurement.validationAccuracy;
    case 'validation_loss':
      return measurement.validationLoss;
    case 'validation_cost':
      return measurement.validationCost;
    case 'train_accuracy':
      return measurement.trainAccuracy;
    case 'train_loss':
      return measurement.trainLoss;
  }
}

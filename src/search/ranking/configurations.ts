/**
 * The λ of a study, each with its replicates: trials that differ by their seed alone. What is ranked,
 * narrowed and compared is the λ; a study without replicates has one trial of each, and nothing changes.
 *
 * The value is the mean over the replicates that are complete. A λ of which one replicate failed, was
 * cancelled or is disputed has none: leaving the bad ones out of a mean would reward a λ that diverges
 * now and then.
 */
import { assert } from '../../base/assert.ts';
import type { Objective } from '../../study/spec/study-spec.ts';
import {
  trialName,
  type AuditVerdict,
  type Measurement,
  type TrialRecord,
  type TrialStatus,
} from '../../study/trial.ts';
import { mean } from '../statistics/mean.ts';

export interface Configuration {
  /** Its replicate 1, by whose name it is called. */
  readonly trial: TrialRecord;
  /** By number, the first included. */
  readonly replicates: readonly TrialRecord[];
  /** `complete` when all replicates are; `running` as long as some of them wait or run. */
  readonly status: TrialStatus;
  /** What computing again has shown of all of them together. */
  readonly audit: AuditVerdict | null;
  /** The mean objective of the replicates that are complete; null where there is none yet, or one has failed. */
  readonly value: number | null;
}

/** @param trials of any number of stages, in any order; in the order in which a λ is met first */
export function toConfigurations(
  trials: readonly TrialRecord[],
  objective: Objective,
): Configuration[] {
  if (trials.every(({ id }) => id.replicate === 1))
    return trials.map((trial) => toConfiguration([trial], objective));
  const stages = new Map<string, Map<number, TrialRecord[]>>();
  for (const trial of trials) {
    const { stage, index: k } = trial.id;
    let ofStage = stages.get(stage);
    if (ofStage === undefined) stages.set(stage, (ofStage = new Map()));
    const replicates = ofStage.get(k);
    if (replicates === undefined) ofStage.set(k, [trial]);
    else replicates.push(trial);
  }
  return [...stages.values()].flatMap((ofStage) =>
    [...ofStage.values()].map((replicates) =>
      toConfiguration(
        replicates.toSorted((a, b) => a.id.replicate - b.id.replicate),
        objective,
      ),
    ),
  );
}

function toConfiguration(replicates: readonly TrialRecord[], objective: Objective): Configuration {
  const trial = replicates[0];
  assert(trial, 'a λ has at least one trial');
  if (replicates.length === 1) {
    const { status, audit } = trial;
    return { trial, replicates, status, audit, value: objectiveValue(trial, objective) };
  }
  const status = commonStatus(replicates.map((replicate) => replicate.status));
  const audit = commonVerdict(replicates.map((replicate) => replicate.audit));
  const values = objectiveValues(replicates, objective);
  const isOut = audit === 'disputed' || status === 'failed' || status === 'cancelled';
  const value = isOut || values.length === 0 ? null : mean(values);
  return { trial, replicates, status, audit, value };
}

/** Of those that have one. */
export function objectiveValues(trials: readonly TrialRecord[], objective: Objective): number[] {
  return trials.flatMap((trial) => objectiveValue(trial, objective) ?? []);
}

function commonStatus(statuses: readonly TrialStatus[]): TrialStatus {
  for (const status of ['failed', 'cancelled', 'running'] as const)
    if (statuses.includes(status)) return status;
  if (statuses.every((status) => status === 'complete')) return 'complete';
  return statuses.includes('complete') ? 'running' : 'waiting';
}

/** The least that can be said of all: one replicate that nobody computed again leaves them unverified. */
function commonVerdict(verdicts: readonly (AuditVerdict | null)[]): AuditVerdict | null {
  for (const verdict of ['disputed', 'unchecked', 'repeated'] as const)
    if (verdicts.includes(verdict)) return verdict;
  return verdicts.every((verdict) => verdict === 'verified') ? 'verified' : null;
}

/** The objective's value of one trial at its last step; null unless it is complete and undisputed. */
export function objectiveValue(
  trial: Pick<TrialRecord, 'id' | 'status' | 'audit' | 'result'>,
  objective: Objective,
): number | null {
  if (trial.audit === 'disputed' || trial.status !== 'complete' || trial.result === null)
    return null;
  const last = trial.result.curve.at(-1);
  assert(last, () => `the complete trial ${trialName(trial.id)} has a measurement`);
  const value = measuredValue(last, objective.metric);
  assert(Number.isFinite(value), () => `${trialName(trial.id)} is complete, its value is ${value}`);
  return value;
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

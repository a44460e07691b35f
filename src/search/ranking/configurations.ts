/**
 * Configuration: one set of hyperparameter values with its replicates, which are trials with other seeds.
 *
 * Its value is the mean over the complete replicates. It has no value if a replicate failed, was cancelled
 * or is disputed: a mean without those would reward a configuration that sometimes diverges.
 */
import { assert } from '../../base/assert.ts';
import { isDropped } from '../../study/budget.ts';
import type { Objective } from '../../study/spec/study-spec.ts';
import {
  trialName,
  type AuditVerdict,
  type TrialRecord,
  type TrialStatus,
} from '../../study/trial.ts';
import { mean } from '../statistics/mean.ts';

/** What a ranking reads of a trial. */
export type RankableTrial = Pick<TrialRecord, 'id' | 'params' | 'status' | 'audit' | 'result'> &
  Partial<Pick<TrialRecord, 'reason'>>;

export interface Configuration<Trial extends RankableTrial = TrialRecord> {
  /** Replicate 1; its name is the name of the configuration. */
  readonly trial: Trial;
  /** In order, from 1. */
  readonly replicates: readonly Trial[];
  /** `complete` if all replicates are; `running` while some of them wait or run. */
  readonly status: TrialStatus;
  /** The weakest verdict of the replicates; null if one was not audited. */
  readonly audit: AuditVerdict | null;
  /** Mean objective of the complete replicates; null if none is complete or one does not count. */
  readonly value: number | null;
}

/** @param trials of any stages, in any order */
export function toConfigurations<Trial extends RankableTrial>(
  trials: readonly Trial[],
  objective: Objective,
): Configuration<Trial>[] {
  return [...configurations(trials, objective)];
}

/** The same one by one: of a million, few need to be in memory at a time. */
export function* configurations<Trial extends RankableTrial>(
  trials: readonly Trial[],
  objective: Objective,
): Generator<Configuration<Trial>> {
  if (trials.every(({ id }) => id.replicate === 1)) {
    for (const trial of trials) yield onlyReplicate(trial, objective);
    return;
  }
  for (const stageTrials of Map.groupBy(trials, ({ id }) => id.stage).values())
    for (const replicates of Map.groupBy(stageTrials, ({ id }) => id.index).values()) {
      const sorted = replicates.toSorted((a, b) => a.id.replicate - b.id.replicate);
      yield toConfiguration(counted(sorted), objective);
    }
}

/** Replicates beyond the end of a budget do not count if the first one does. */
function counted<Trial extends RankableTrial>(replicates: readonly Trial[]): readonly Trial[] {
  const kept = replicates.filter((trial) => !isDropped(trial));
  return kept.length === 0 ? replicates : kept;
}

/** The same as `toConfiguration([trial])`, several times as fast: there may be a million trials. */
function onlyReplicate<Trial extends RankableTrial>(
  trial: Trial,
  objective: Objective,
): Configuration<Trial> {
  const { status, audit } = trial;
  return { trial, replicates: [trial], status, audit, value: objectiveValue(trial, objective) };
}

function toConfiguration<Trial extends RankableTrial>(
  replicates: readonly Trial[],
  objective: Objective,
): Configuration<Trial> {
  const trial = replicates[0];
  assert(trial, 'a configuration has at least one trial');
  const status = commonStatus(replicates.map((replicate) => replicate.status));
  const audit = commonVerdict(replicates.map((replicate) => replicate.audit));
  const values = objectiveValues(replicates, objective);
  // Replicates that are complete do not rank a configuration whose first one is stopped, or at a rung.
  const isOut =
    audit === 'disputed' ||
    ['failed', 'cancelled', 'stopped'].includes(status) ||
    replicates.some((replicate) => replicate.status === 'paused');
  const value = isOut || values.length === 0 ? null : mean(values);
  return { trial, replicates, status, audit, value };
}

/** The objective's value of each trial that has one. */
export function objectiveValues(trials: readonly RankableTrial[], objective: Objective): number[] {
  return trials.flatMap((trial) => objectiveValue(trial, objective) ?? []);
}

function commonStatus(statuses: readonly TrialStatus[]): TrialStatus {
  for (const status of ['failed', 'cancelled', 'stopped', 'running'] as const)
    if (statuses.includes(status)) return status;
  if (statuses.every((status) => status === 'complete')) return 'complete';
  const hasBegun = statuses.includes('complete') || statuses.includes('paused');
  return hasBegun ? 'running' : 'waiting';
}

/** One replicate that was not audited leaves the configuration unverified. */
function commonVerdict(verdicts: readonly (AuditVerdict | null)[]): AuditVerdict | null {
  for (const verdict of ['disputed', 'unchecked', 'repeated'] as const)
    if (verdicts.includes(verdict)) return verdict;
  return verdicts.every((verdict) => verdict === 'verified') ? 'verified' : null;
}

/** The objective's value at the trial's last step; null unless the trial is complete and undisputed. */
export function objectiveValue(trial: RankableTrial, objective: Objective): number | null {
  // bug: stopped-trial-is-ranked
  if (trial.audit === 'disputed' || trial.status !== 'complete' || trial.result === null)
    return null;
  const last = trial.result.curve.at(-1);
  assert(last, () => `the complete trial ${trialName(trial.id)} has a measurement`);
  const value = last.metrics[objective.metric] ?? NaN;
  assert(Number.isFinite(value), () => `${trialName(trial.id)} is complete, its value is ${value}`);
  return value;
}

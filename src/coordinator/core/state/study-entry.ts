/** Study entries: functions that change a study's trials in memory, and that read the study's state. */
import { assert } from '../../../base/assert.ts';
import { isOver } from '../../../study/trial.ts';
import type { StageEntry, StudyEntry } from './cluster-state.ts';
import {
  acceptsResult,
  changeTrial,
  isEnded,
  type TrialChange,
  type TrialEntry,
} from './trial-state.ts';

/** Adds trials to a stage; waiting ones are queued behind those that wait already, in their order. */
export function addTrials(
  study: StudyEntry,
  stage: StageEntry,
  trials: readonly TrialEntry[],
): void {
  for (const trial of trials) addTrial(study, stage, trial);
  const waiting = trials.filter((trial) => trial.status === 'waiting');
  study.queue = [...waiting.toReversed(), ...study.queue];
}

/** Adds a trial to a stage, but not to the queue. */
export function addTrial(study: StudyEntry, stage: StageEntry, trial: TrialEntry): void {
  stage.trials.push(trial);
  study.trials.add(trial);
  countTrial(study, trial, 1);
  study.best = undefined;
  study.stepsPlanned = null;
}

/** Changes the state of a trial, and the counts of its study and stage. */
export function updateTrial(study: StudyEntry, trial: TrialEntry, change: TrialChange): void {
  countTrial(study, trial, -1);
  changeTrial(trial, change);
  countTrial(study, trial, 1);
  if (['moved', 'dropped', 'cancelled', 'retried'].includes(change.kind)) study.stepsPlanned = null;
}

function countTrial(study: StudyEntry, trial: TrialEntry, by: 1 | -1): void {
  const stage = stageFor(study, trial);
  if (trial.status === 'waiting') study.waiting += by;
  if (trial.status === 'cancelled') stage.cancelled += by;
  if (trial.status === 'paused') stage.paused += by;
  if (!isEnded(trial)) stage.open += by;
}

export function isActive({ status }: StudyEntry): boolean {
  return status === 'waiting' || status === 'running';
}

/** The first stage that has not closed; undefined if all have. */
export function openStage({ stages }: StudyEntry): StageEntry | undefined {
  return stages.find((stage) => !stage.record.closed);
}

/**
 * Whether a later stage has opened. A stage that is opened again for some of its trials plans no others
 * then, since the later stage was derived from it.
 */
export function hasSuccessor({ stages }: StudyEntry, stage: StageEntry): boolean {
  return stages.slice(stages.indexOf(stage) + 1).some(({ record }) => record.space !== null);
}

export function stageFor(study: StudyEntry, trial: TrialEntry): StageEntry {
  const stage = study.stages.find((entry) => entry.record.name === trial.id.stage);
  assert(stage, () => `${trial.name} belongs to a stage`);
  return stage;
}

/** Whether a result would be the first of this trial, and be accepted. */
export function isAwaited(study: StudyEntry, trial: TrialEntry): boolean {
  // bug: result-after-stage-closed
  return acceptsResult(trial) && !stageFor(study, trial).record.closed && !isOver(study.status);
}

/** Whether results of the study may be compared bit by bit, so that audits mean something. */
export function isReproducible({ spec, data }: StudyEntry): boolean {
  return spec.reproducible && data.trainer.reproducible;
}

/** Study entries: building a study's part of the state, and questions about it. */
import { assert } from '../../../base/assert.ts';
import { sha256 } from '../../../base/digest.ts';
import { datasetKey } from '../../../study/spec/dataset-reference.ts';
import type { StageSpec } from '../../../study/spec/study-spec.ts';
import type { StudyRecord } from '../../../study/study-record.ts';
import { isOver, type StageRecord } from '../../../study/trial.ts';
import type { Moment, StageEntry, StudyData, StudyEntry } from './cluster-state.ts';
import { acceptsResult, isEnded, type TrialEntry } from './trial-state.ts';

/** A study without its stages. */
export function studyEntry(
  { spec, status, winner, createdAtMs }: Omit<StudyRecord, 'stages'>,
  data: StudyData,
  now: Moment,
): StudyEntry {
  return {
    name: spec.study,
    // bug: fresh-study-shares-pack-names
    stamp: sha256(`${spec.study} ${createdAtMs}`).slice(0, 12),
    spec,
    status,
    data,
    searchKey: datasetKey(data.search),
    testKey: data.test === null ? null : datasetKey(data.test),
    stages: [],
    trials: new Map(),
    queue: [],
    waiting: 0,
    winner,
    best: undefined,
    endedAtMs: isOver(status) ? now.monotonicMs : null,
  };
}

/** A stage without its trials. */
export function stageEntry(record: StageRecord): StageEntry {
  return { record, trials: [], open: 0, cancelled: 0, audits: null };
}

/** The record of a stage that has not opened. */
export function plannedStage({ name, trials }: StageSpec): StageRecord {
  return { name, trials, space: null, reason: null, closed: false, warnings: [] };
}

/** Adds trials to a stage; waiting ones are queued behind those that wait already, in their order. */
export function addTrials(
  study: StudyEntry,
  stage: StageEntry,
  trials: readonly TrialEntry[],
): void {
  for (const trial of trials) {
    stage.trials.push(trial);
    study.trials.set(trial.name, trial);
    if (!isEnded(trial)) stage.open += 1;
    if (trial.status === 'cancelled') stage.cancelled += 1;
  }
  const waiting = trials.filter((trial) => trial.status === 'waiting');
  study.queue = [...waiting.toReversed(), ...study.queue];
  study.waiting += waiting.length;
  study.best = undefined;
}

export function isActive({ status }: StudyEntry): boolean {
  return status === 'waiting' || status === 'running';
}

/** The first stage that has not closed; undefined if all have. */
export function openStage({ stages }: StudyEntry): StageEntry | undefined {
  return stages.find((stage) => !stage.record.closed);
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

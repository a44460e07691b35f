/**
 * From the store back into the dispatcher's memory, after a restart or a failed commit.
 *
 * Attempts that were open keep their numbers: their workers have one fresh lease to come back and
 * claim them. Until they do they are known by session only, as workers that are not connected.
 */
import { assert } from '../../../base/assert.ts';
import type { StudyRecord } from '../../../study/study-record.ts';
import { trialName, type AttemptRecord, type TrialRecord } from '../../../study/trial.ts';
import {
  addTrials,
  stageEntry,
  studyEntry,
  trialEntry,
  type ClusterState,
  type Moment,
  type StudyData,
  type StudyEntry,
} from '../state/cluster-state.ts';
import { keepSummary } from '../results/results.ts';
import { countsAsFailure, type TrialEntry } from '../state/trial-state.ts';
import { newWorker } from '../workers/workers.ts';

/** Of a large study, each trial is read when it is its turn: what comes of it stays, the record does not. */
export interface StoredStudy {
  readonly record: StudyRecord;
  readonly data: StudyData;
  readonly trials: Iterable<TrialRecord>;
  readonly attempts: Iterable<AttemptRecord>;
}

export function restoreStudy(
  state: ClusterState,
  stored: StoredStudy,
  leaseEndsMs: number,
  now: Moment,
): void {
  const { record } = stored;
  const study = studyEntry(record, stored.data, now);
  const ofStage = new Map<string, TrialEntry[]>(record.stages.map(({ name }) => [name, []]));
  for (const trial of stored.trials) ofStage.get(trial.id.stage)?.push(trialEntry(trial));
  for (const stageRecord of record.stages) {
    const stage = stageEntry(stageRecord);
    study.stages.push(stage);
    addTrials(study, stage, ofStage.get(stageRecord.name) ?? []);
    if (record.spec.racing) for (const trial of stage.trials) keepSummary(study, stage, trial);
  }
  for (const attempt of stored.attempts) {
    const trial = study.trials.get(trialName(attempt.trial));
    assert(trial, () => `attempt of ${trialName(attempt.trial)} has a trial`);
    const { attempt: number, kind, session, worker, pack, outcome, fingerprint } = attempt;
    trial.attempts.push({ attempt: number, kind, session, worker, pack, outcome, fingerprint });
    if (kind === 'audit' && countsAsFailure(outcome)) trial.auditFailures += 1;
  }
  // Stages were put in one by one, each behind the one before it: first stage first again.
  study.queue.sort(
    (a, b) =>
      entryOrder(study, b) - entryOrder(study, a) ||
      b.id.replicate - a.id.replicate ||
      b.id.index - a.id.index,
  );
  state.studies.set(study.name, study);
  for (const trial of study.trials.values())
    restoreOpenAttempts(state, study, trial, leaseEndsMs, now);
}

function restoreOpenAttempts(
  state: ClusterState,
  study: StudyEntry,
  trial: TrialEntry,
  leaseEndsMs: number,
  now: Moment,
): void {
  for (const attempt of trial.attempts) {
    if (attempt.outcome !== null) continue;
    const absent = {
      ...newWorker(attempt.session, attempt.worker),
      closedAtMs: Math.max(now.monotonicMs, leaseEndsMs),
    };
    const worker = state.workers.get(attempt.session) ?? absent;
    state.workers.set(worker.session, worker);
    const existing = state.packs.get(attempt.pack);
    const members = [...(existing?.members ?? []), { trial, attempt: attempt.attempt }];
    if (existing !== undefined) worker.packs.delete(existing);
    const pack = {
      id: attempt.pack,
      study: study.name,
      kind: attempt.kind,
      session: attempt.session,
      members,
      deadlineMs: leaseEndsMs,
      step: -1,
      aborted: false,
    };
    state.packs.set(pack.id, pack);
    worker.packs.add(pack);
  }
}

function entryOrder(study: StudyEntry, trial: TrialEntry): number {
  return study.stages.findIndex((stage) => stage.record.name === trial.id.stage);
}

/**
 * Restoring studies: builds a study in memory from the store, after a restart or a failed commit.
 *
 * Open attempts keep their numbers: their workers have one new lease in which to come back and claim
 * them. Until then such a worker is known by its session only, and is not connected.
 */
import { assert } from '../../../base/assert.ts';
import type { StudyRecord } from '../../../study/study-record.ts';
import { trialName, type AttemptRecord, type TrialRecord } from '../../../study/trial.ts';
import { trimResult } from '../results/results.ts';
import type { ClusterState, Moment, StudyData, StudyEntry } from '../state/cluster-state.ts';
import { addTrials, stageEntry, studyEntry } from '../state/study-entry.ts';
import {
  countsAsFailure,
  trialEntry,
  type AttemptEntry,
  type TrialEntry,
} from '../state/trial-state.ts';
import { newWorker } from '../workers/workers.ts';

export interface StoredStudy {
  readonly record: StudyRecord;
  readonly data: StudyData;
  readonly trials: Iterable<TrialRecord>;
  readonly attempts: Iterable<AttemptRecord>;
}

export function restoreStudy(state: ClusterState, stored: StoredStudy, now: Moment): void {
  const { record } = stored;
  const study = studyEntry(record, stored.data, now);
  const byStage = new Map<string, TrialEntry[]>(record.stages.map(({ name }) => [name, []]));
  for (const trial of stored.trials) byStage.get(trial.id.stage)?.push(trialEntry(trial));
  for (const stageRecord of record.stages) {
    const stage = stageEntry(stageRecord);
    study.stages.push(stage);
    addTrials(study, stage, byStage.get(stageRecord.name) ?? []);
    if (record.spec.racing) for (const trial of stage.trials) trimResult(study, stage, trial);
  }
  for (const attempt of stored.attempts) {
    const trial = study.trials.get(trialName(attempt.trial));
    assert(trial, () => `the attempt of ${trialName(attempt.trial)} has a trial`);
    const { attempt: number, kind, session, worker, pack, outcome, fingerprint } = attempt;
    trial.attempts.push({ attempt: number, kind, session, worker, pack, outcome, fingerprint });
    if (kind === 'audit' && countsAsFailure(outcome)) trial.auditFailures += 1;
  }
  sortQueue(study);
  state.studies.set(study.name, study);
  // bug: restart-forgets-attempts
  for (const trial of study.trials.values())
    for (const attempt of trial.attempts)
      if (attempt.outcome === null) restorePack(state, study, { trial, attempt }, now);
}

/** By stage, replicate and index; the first trial is the last entry. */
function sortQueue(study: StudyEntry): void {
  const order = new Map(study.stages.map(({ record }, index) => [record.name, index]));
  const place = ({ id }: TrialEntry): number => order.get(id.stage) ?? 0;
  study.queue.sort(
    (a, b) => place(b) - place(a) || b.id.replicate - a.id.replicate || b.id.index - a.id.index,
  );
}

/** Adds an open attempt to its pack, and the pack to its worker. */
function restorePack(
  state: ClusterState,
  study: StudyEntry,
  { trial, attempt }: { readonly trial: TrialEntry; readonly attempt: AttemptEntry },
  now: Moment,
): void {
  const { session, pack: id, kind } = attempt;
  // bug: wall-clock-leases-4
  const leaseEndsMs = now.monotonicMs + state.settings.leaseMs;
  let worker = state.workers.get(session);
  if (worker === undefined) {
    worker = { ...newWorker(session, attempt.worker), closedAtMs: leaseEndsMs };
    state.workers.set(session, worker);
  }
  const existing = state.packs.get(id);
  if (existing !== undefined) worker.packs.delete(existing);
  const members = [...(existing?.members ?? []), { trial, attempt: attempt.attempt }];
  const pack = {
    id,
    study: study.name,
    kind,
    session,
    members,
    deadlineMs: leaseEndsMs,
    step: -1,
    aborted: false,
  };
  state.packs.set(id, pack);
  worker.packs.add(pack);
}

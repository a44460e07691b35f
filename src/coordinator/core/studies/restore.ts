/**
 * Restoring studies: builds a study in memory from the store, after a restart or a failed commit.
 *
 * Open attempts keep their numbers. Their workers have the time of one lease to reconnect and claim them.
 */
import { assert } from '../../../base/assert.ts';
import type { StudyRecord } from '../../../study/study-record.ts';
import { trialName, type AttemptRecord, type TrialRecord } from '../../../study/trial.ts';
import type { AttemptPlace } from '../attempts/close-attempt.ts';
import { trimResult } from '../results/results.ts';
import {
  StudyEntry,
  WorkerEntry,
  type ClusterState,
  type Moment,
  type StudyData,
} from '../state/cluster-state.ts';
import { addTrials } from '../state/study-entry.ts';
import { addAttempt, countsAsFailure, trialEntry, type TrialEntry } from '../state/trial-state.ts';
import { leasePack } from '../workers/leases.ts';

/** The lists are read once, in their order. */
export interface StoredStudy {
  readonly record: StudyRecord;
  readonly data: StudyData;
  readonly trials: Iterable<TrialRecord>;
  readonly attempts: Iterable<AttemptRecord>;
}

export function restoreStudy(state: ClusterState, stored: StoredStudy, now: Moment): void {
  const { record } = stored;
  const study = new StudyEntry(record, stored.data, now);
  const byStage = Map.groupBy(entries(stored.trials), ({ id }) => id.stage);
  for (const stage of study.stages) {
    addTrials(study, stage, byStage.get(stage.record.name) ?? []);
    for (const trial of stage.trials) trimResult(study, stage, trial);
  }
  for (const attempt of stored.attempts) {
    const trial = study.trials.get(trialName(attempt.trial));
    assert(trial, () => `the attempt of ${trialName(attempt.trial)} has a trial`);
    const { attempt: number, kind, session, worker, machineId, tokenId } = attempt;
    const { pack, outcome, fingerprint } = attempt;
    // The fingerprint is the text of the trial, not a copy of it.
    const isStored = fingerprint !== null && fingerprint === trial.fingerprint;
    addAttempt(trial, {
      attempt: number,
      kind,
      session,
      worker,
      machineId,
      tokenId,
      pack,
      outcome,
      fingerprint: isStored ? trial.fingerprint : fingerprint,
    });
    if (kind === 'audit' && countsAsFailure(outcome)) trial.auditFailures += 1;
  }
  sortQueue(study);
  state.studies.set(study.name, study);
  // bug: restart-forgets-attempts
  for (const trial of study.trials.values())
    for (const attempt of trial.attempts)
      if (attempt.outcome === null) restorePack(state, { study, trial, attempt }, now);
}

/** One by one, so that not all records and all entries are in memory at the same time. */
function* entries(records: Iterable<TrialRecord>): Generator<TrialEntry> {
  for (const record of records) yield trialEntry(record);
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
function restorePack(state: ClusterState, place: AttemptPlace, now: Moment): void {
  const { study, trial, attempt } = place;
  const { session, pack: id, kind } = attempt;
  const worker = state.workers.get(session) ?? new WorkerEntry(session, attempt.worker);
  const { machineId, tokenId } = attempt;
  Object.assign(worker, { machineId, tokenId });
  state.workers.set(session, worker);
  const assignedAt = { ...now, monotonicMs: -Infinity };
  const pack =
    state.packs.get(id) ??
    leasePack(state, worker, { id, study: study.name, kind, assignedAt }, now);
  pack.members.push({ trial, attempt: attempt.attempt });
  if (!worker.connected) worker.closedAtMs ??= pack.deadlineMs;
}

/**
 * Restoring studies: builds a study in memory from the store, after a restart or a failed commit.
 *
 * Open attempts keep their numbers. Their workers have the time of one lease to reconnect and claim them.
 */
import { assert } from '../../../base/assert.ts';
import type { StudyRecord } from '../../../study/study-record.ts';
import { isOver, trialName, type AttemptRecord, type TrialRecord } from '../../../study/trial.ts';
import type { AttemptPlace } from '../attempts/close-attempt.ts';
import { trimResult } from '../results/trim-result.ts';
import {
  StudyEntry,
  WorkerEntry,
  type ClusterState,
  type Moment,
  type StageEntry,
  type StudyData,
} from '../state/cluster-state.ts';
import { addTrial } from '../state/study-entry.ts';
import {
  addAttempt,
  countsAsFailure,
  toStepOf,
  trialEntry,
  type TrialEntry,
} from '../state/trial-state.ts';
import { leasePack } from '../workers/leases.ts';
import { healthOf, machineOf } from '../workers/machines.ts';

/** A study that is read from the store: its trials in the order of their stages, then their attempts. */
export class StoredStudy {
  readonly record: StudyRecord;
  readonly study: StudyEntry;
  /** Machines that have finished a trial of the study. */
  readonly machines = new Set<string>();
  readonly #stages: ReadonlyMap<string, StageEntry>;

  constructor(record: StudyRecord, data: StudyData) {
    this.record = record;
    this.study = new StudyEntry(record, data);
    this.#stages = new Map(this.study.stages.map((stage) => [stage.record.name, stage]));
  }

  /** Does not keep the record: a million records take more memory than the study. */
  addTrial(record: TrialRecord): void {
    const stage = this.#stages.get(record.id.stage);
    assert(stage, () => `${trialName(record.id)} belongs to a stage`);
    const trial = trialEntry(record);
    trimResult(this.study, stage, trial);
    addTrial(this.study, stage, trial);
  }

  addAttempt(record: AttemptRecord): void {
    const trial = this.study.trials.get(record.trial);
    assert(trial, () => `the attempt of ${trialName(record.trial)} has a trial`);
    const { attempt, kind, session, worker, machineId, tokenId, pack, outcome } = record;
    const { toStep = null } = record;
    // The fingerprint is the text of the trial, not a copy of it.
    const isStored = record.fingerprint !== null && record.fingerprint === trial.fingerprint;
    const fingerprint = isStored ? trial.fingerprint : record.fingerprint;
    const place = { session, worker, machineId, tokenId, pack };
    addAttempt(trial, { attempt, kind, ...place, toStep, outcome, fingerprint });
    if (kind === 'audit' && countsAsFailure(outcome) && toStep === toStepOf(trial))
      trial.auditFailures += 1;
    if (fingerprint !== null) this.machines.add(machineOf({ machineId, name: worker }));
  }
}

/** To be called once for each stored study. */
export function restoreStudy(
  state: ClusterState,
  { study, machines }: StoredStudy,
  now: Moment,
): void {
  for (const machine of machines) healthOf(state, machine).finished = 1;
  const trials = study.trials.values();
  study.queue = trials.filter((trial) => trial.status === 'waiting');
  sortQueue(study);
  study.endedAtMs = isOver(study.status) ? now.monotonicMs : null;
  state.studies.set(study.name, study);
  // bug: restart-forgets-attempts
  for (const trial of trials)
    for (const attempt of trial.attempts)
      if (attempt.outcome === null) restorePack(state, { study, trial, attempt }, now);
}

/** By stage, replicate and index; the first trial is the last entry. */
export function sortQueue(study: StudyEntry): void {
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
  worker.machine = healthOf(state, machineOf(worker));
  state.workers.set(session, worker);
  const assignedAt = { ...now, monotonicMs: -Infinity };
  const pack =
    state.packs.get(id) ??
    leasePack(state, worker, { id, study: study.name, kind, assignedAt }, now);
  pack.members.push({ trial, attempt: attempt.attempt });
  if (!worker.connected) worker.closedAtMs ??= pack.deadlineMs;
}

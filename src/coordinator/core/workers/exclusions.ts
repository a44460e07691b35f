/**
 * Workers that are given nothing, for the good of the others.
 *
 * Suspended: too many packs in a row came to nothing on it, while trials wait that others could do. It
 * is tried again after some minutes, and without delay where nobody else is left, since the fault may
 * lie with the trials. In memory only. Each failure costs it a moment's rest, so that a machine on which
 * everything fails at once cannot use up the attempts of trials that others would take.
 *
 * Convicted: other workers agree that a result of it is wrong. For the rest of its process's life
 * nothing it says counts, and whatever it said before is computed again; what it said in stages that have
 * closed stands, marked `unchecked`. Stored. Its operator lifts it
 * by starting the worker anew, once the machine is mended.
 *
 * Pure: changes the cluster's state and says what to store and send.
 */
import { isOver } from '../../../study/trial.ts';
import {
  isArithmeticCompatible,
  type ClusterState,
  type Decision,
  type Moment,
  type StageEntry,
  type StudyEntry,
  type WorkerEntry,
} from '../state/cluster-state.ts';
import { abortPack, logEvent } from '../state/decision.ts';
import { failPack } from '../state/failed-attempts.ts';
import type { TrialEntry } from '../state/trial-state.ts';

const failuresInRowMax = 5;
const suspensionMs = 600_000;
/** It rests after each failure, twice as long as after the one before. */
const restMinMs = 1_000;
const restMaxMs = 5_000;

/** A pack came to nothing on this worker, and nobody had asked for that. */
export function countFailure(
  worker: WorkerEntry,
  reason: string,
  now: Moment,
  decision: Decision,
): void {
  worker.failuresInRow += 1;
  const restMs = Math.min(restMaxMs, restMinMs * 2 ** (worker.failuresInRow - 1));
  worker.backOffUntilMs = now.monotonicMs + restMs;
  if (worker.failuresInRow < failuresInRowMax) return;
  const wasSuspended = now.monotonicMs < worker.suspendedUntilMs;
  worker.suspendedUntilMs = now.monotonicMs + suspensionMs;
  if (wasSuspended) return; // Tried as the last one left: its failures are told with their trials.
  notifyExcluded(
    worker.name,
    `${worker.failuresInRow} packs in a row came to nothing; the last: ${reason}`,
    now,
    decision,
  );
}

/** Other workers have shown a result of this session to be wrong. */
export function exclude(
  state: ClusterState,
  session: string,
  workerName: string,
  reason: string,
  now: Moment,
  decision: Decision,
): void {
  if (state.excluded.has(session)) return;
  state.excluded.set(session, reason);
  decision.persist.push({
    kind: 'worker-quarantined',
    session,
    worker: workerName,
    reason,
    atMs: now.wallMs,
  });
  notifyExcluded(workerName, reason, now, decision);
  for (const pack of state.workers.get(session)?.packs ?? []) {
    failPack(state, pack, 'returned', 'its worker computes wrongly', now, decision);
    abortPack(state, pack, 'this worker is quarantined', decision);
  }
  for (const study of state.studies.values()) {
    for (const stage of study.stages) {
      stage.audits = null;
      if (stage.record.closed) markUnchecked(state, study, stage, decision);
    }
    forgetTests(study, workerName, decision);
  }
}

/** Its readers have been told that nobody knows. */
function isMarked({ audit }: TrialEntry): boolean {
  return audit === 'disputed' || audit === 'unchecked';
}

/** A closed stage is history: nothing in it is computed again, but its readers are told. */
export function markUnchecked(
  state: ClusterState,
  study: StudyEntry,
  stage: StageEntry,
  decision: Decision,
): void {
  for (const trial of stage.trials) {
    if (trial.fingerprint === null || isMarked(trial)) continue;
    const isBelieved = trial.attempts.some(
      ({ fingerprint, session }) =>
        fingerprint === trial.fingerprint && !state.excluded.has(session),
    );
    if (isBelieved) continue;
    trial.audit = 'unchecked';
    const row = { study: study.name, trial: trial.id, verdict: trial.audit };
    decision.persist.push({ kind: 'trial-audited', ...row });
  }
}

/** What it measured of a winner that is not settled is measured again. */
function forgetTests(study: StudyEntry, worker: string, decision: Decision): void {
  const { winner } = study;
  if (winner === null || winner.reproduced !== null || isOver(study.status)) return;
  const tests = winner.tests.filter((test) => test.worker !== worker);
  if (tests.length === winner.tests.length) return;
  study.winner = { ...winner, tests };
  decision.persist.push({ kind: 'winner', study: study.name, winner: study.winner });
}

function notifyExcluded(worker: string, reason: string, now: Moment, decision: Decision): void {
  decision.afterCommit.push({
    kind: 'notice',
    notice: { kind: 'worker-quarantined', worker, reason },
  });
  logEvent(decision, now, 'worker-quarantined', `${worker}: ${reason}`);
}

/** Why a worker is quarantined; null where it is not. */
export function exclusionReason(state: ClusterState, worker: WorkerEntry): string | null {
  const conviction = state.excluded.get(worker.session);
  if (conviction !== undefined)
    return `${conviction}: nothing of it counts until the worker is started anew`;
  return isSuspended(state, worker)
    ? `${worker.failuresInRow} packs in a row came to nothing on it: it is tried again some minutes later, or when no other worker is left`
    : null;
}

/** Workers that may be given a study's work at all, whether or not a thread is free and the data is there. */
export function ableWorkers(state: ClusterState, study: StudyEntry): WorkerEntry[] {
  const able = [...state.workers.values()].filter(
    (worker) =>
      worker.connected &&
      !worker.draining &&
      !state.excluded.has(worker.session) &&
      isArithmeticCompatible(state, worker, study.spec) &&
      !worker.datasetFailures.has(study.searchKey),
  );
  const steady = able.filter((worker) => !isSuspended(state, worker));
  return steady.length > 0 ? steady : able;
}

function isSuspended(state: ClusterState, worker: WorkerEntry): boolean {
  return state.lastEventMs < worker.suspendedUntilMs;
}

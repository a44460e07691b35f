/**
 * The pieces that decisions are made of: a message, a line of the log, an attempt that closes, a pack
 * that is stopped, a study that ends. Each changes the cluster's state and says what to store and send.
 *
 * Pure. Why any of it happens is decided elsewhere.
 */
import { assert } from '../../../base/assert.ts';
import type { AttemptOutcome, StudyStatus } from '../../../study/trial.ts';
import type {
  ClusterState,
  Decision,
  Moment,
  PackEntry,
  StudyEntry,
  WorkerEntry,
} from './cluster-state.ts';
import { countsAsFailure, type AttemptEntry, type TrialEntry } from './trial-state.ts';

export function send(
  decision: Decision,
  worker: WorkerEntry,
  message: Extract<Decision['afterCommit'][number], { kind: 'send' }>['message'],
): void {
  decision.afterCommit.push({ kind: 'send', session: worker.session, message });
}

/** Written down for whoever asks later what happened. */
export function logEvent(
  decision: Decision,
  now: Moment,
  what: string,
  detail: string,
  study: string | null = null,
): void {
  decision.persist.push({ kind: 'event', atMs: now.wallMs, study, what, detail });
}

/** Tells the worker to stop a pack. The thread counts as occupied until the worker says it is free. */
export function abortPack(
  state: ClusterState,
  pack: PackEntry,
  reason: string,
  decision: Decision,
): void {
  if (pack.aborted) return;
  pack.aborted = true;
  const worker = state.workers.get(pack.session);
  if (worker?.connected === true) send(decision, worker, { kind: 'abort', pack: pack.id, reason });
}

/** Whether no member is open any more. */
export function isPackDone(pack: PackEntry): boolean {
  return pack.members.every(
    ({ trial, attempt }) =>
      trial.attempts.find((entry) => entry.attempt === attempt)?.outcome !== null,
  );
}

export function closeAttempt(
  study: StudyEntry,
  trial: TrialEntry,
  attempt: AttemptEntry,
  end: { outcome: AttemptOutcome; reason?: string; fingerprint?: string },
  now: Moment,
  decision: Decision,
): void {
  assert(
    attempt.outcome === null,
    () => `an attempt closes once, ${trial.name}#${attempt.attempt} is ${attempt.outcome}`,
  );
  const { outcome, reason = null, fingerprint = null } = end;
  attempt.outcome = outcome;
  attempt.fingerprint = fingerprint;
  decision.persist.push({
    kind: 'attempt-closed',
    study: study.name,
    trial: trial.id,
    attempt: attempt.attempt,
    outcome,
    reason,
    endedAtMs: now.wallMs,
    charged: countsAsFailure(outcome),
    fingerprint,
  });
}

export function endStudy(
  study: StudyEntry,
  status: StudyStatus,
  reason: string | null,
  now: Moment,
  decision: Decision,
): void {
  study.status = status;
  study.endedAtMs = now.monotonicMs;
  decision.persist.push({
    kind: 'study-status',
    study: study.name,
    status,
    reason,
    endedAtMs: now.wallMs,
  });
  decision.afterCommit.push({
    kind: 'notice',
    notice: { kind: 'study-ended', study: study.name, status, reason },
  });
}

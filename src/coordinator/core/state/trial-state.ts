/** Trial state: a trial and its attempts in the dispatcher's memory, and the one place that changes them. */
import { assert, unreachable } from '../../../base/assert.ts';
import type { Params } from '../../../study/search-space.ts';
import {
  divergedReason,
  trialName,
  type AttemptKind,
  type AttemptOutcome,
  type AuditVerdict,
  type TrialId,
  type TrialRecord,
  type TrialResult,
  type TrialStatus,
} from '../../../study/trial.ts';

/** Failures after which a trial, its audit or its test is not tried again. */
// bug: trials-fail-four-times
export const maxFailures = 3;

export interface AttemptEntry {
  readonly attempt: number;
  readonly kind: AttemptKind;
  readonly session: string;
  readonly worker: string;
  readonly pack: string;
  outcome: AttemptOutcome | null;
  /** Of the result that was reported, accepted or not; null without one. */
  fingerprint: string | null;
}

/** Only `changeTrial` writes `status`, `reason`, `failures`, `alone`, `worker`, `result`, `fingerprint`. */
export interface TrialEntry {
  readonly id: TrialId;
  readonly name: string;
  readonly params: Params;
  status: TrialStatus;
  reason: string | null;
  failures: number;
  /** Scheduled without other trials: its last pack failed, and this trial may be the cause. */
  alone: boolean;
  /** Name of the worker whose result is stored. */
  worker: string | null;
  result: TrialResult | null;
  fingerprint: string | null;
  audit: AuditVerdict | null;
  /** Failures of its audits. */
  auditFailures: number;
  readonly attempts: AttemptEntry[];
}

export type TrialChange =
  | { readonly kind: 'assigned'; readonly attempt: AttemptEntry }
  | {
      readonly kind: 'completed' | 'corrected';
      readonly by: { readonly worker: string; readonly fingerprint: string };
      readonly result: TrialResult;
    }
  | { readonly kind: 'unassigned'; readonly isFailure: boolean; readonly reason: string }
  | { readonly kind: 'cancelled'; readonly reason: string };

/**
 * Changes the state of a trial.
 *
 *                  assigned              completed
 *     waiting ----------------> running -------------> complete
 *      ^   |                     | | |  \- diverged -> failed (diverged)
 *      |   |                     | | |
 *      |   +- completed (late) --|-|-|---------------> complete or failed (diverged)
 *      |                         | | |
 *      +-- unassigned -----------+ | +- unassigned, failures = 3 --> failed (no result)
 *          failures < 3            |
 *     waiting, running ------------+- cancelled -----> cancelled
 *     failed (no result) -- completed (late), the stage is open --> complete or failed (diverged)
 *
 * A trial is a pure function of its study, so the first result completes it, whichever attempt it comes
 * from. `complete`, `cancelled` and `failed (diverged)` are final; `failed (no result)` is final once the
 * stage has closed. A result is `corrected` only if audits have shown it to be wrong while the stage is
 * open: the right result replaces it.
 */
export function changeTrial(trial: TrialEntry, change: TrialChange): void {
  const { name, status } = trial;
  switch (change.kind) {
    case 'assigned':
      assert(status === 'waiting', () => `${name} is ${status}; only waiting trials are assigned`);
      trial.status = 'running';
      trial.attempts.push(change.attempt);
      return;
    case 'completed':
    case 'corrected': {
      const isAllowed = change.kind === 'completed' ? acceptsResult(trial) : trial.result !== null;
      assert(isAllowed, () => `${name} is ${status}; it cannot be ${change.kind}`);
      const { by, result } = change;
      trial.result = result;
      trial.worker = by.worker;
      trial.fingerprint = by.fingerprint;
      trial.status = result.kind === 'complete' ? 'complete' : 'failed';
      trial.reason = result.kind === 'complete' ? null : divergedReason(result.steps);
      return;
    }
    case 'unassigned':
      assert(
        status === 'running',
        () => `${name} is ${status}; only running trials are unassigned`,
      );
      if (change.isFailure) {
        trial.failures += 1;
        // bug: failed-trial-is-packed
        trial.alone = true;
      }
      trial.status = trial.failures >= maxFailures ? 'failed' : 'waiting';
      trial.reason =
        trial.status === 'failed'
          ? `failed ${maxFailures} times; the last failure: ${change.reason}`
          : null;
      return;
    case 'cancelled':
      assert(!isEnded(trial), () => `${name} has ended; it cannot be cancelled`);
      trial.status = 'cancelled';
      trial.reason = change.reason;
      return;
    default:
      unreachable(change);
  }
}

export function isEnded({ status }: TrialEntry): boolean {
  return status === 'complete' || status === 'failed' || status === 'cancelled';
}

/** Whether a result would complete the trial, if its stage is open. */
export function acceptsResult(trial: TrialEntry): boolean {
  return trial.status === 'waiting' || trial.status === 'running' || failedWithoutResult(trial);
}

export function failedWithoutResult(trial: TrialEntry): boolean {
  return trial.status === 'failed' && trial.result === null;
}

/** The number of the trial's next attempt; numbers are never used twice. */
export function nextAttempt(trial: TrialEntry): number {
  return (trial.attempts.at(-1)?.attempt ?? 0) + 1;
}

/** Whether an attempt with this outcome counts towards `maxFailures`. */
export function countsAsFailure(outcome: AttemptOutcome | null): boolean {
  // bug: returned-counts-as-failure
  return outcome === 'lost' || outcome === 'crashed' || outcome === 'timeout';
}

export function trialEntry(record: TrialRecord): TrialEntry {
  const { id, params, status, reason, failures, worker, result, fingerprint, audit } = record;
  const entry = { id, name: trialName(id), params, status, reason, failures, alone: failures > 0 };
  return { ...entry, worker, result, fingerprint, audit, auditFailures: 0, attempts: [] };
}

export function trialRecord(trial: TrialEntry): TrialRecord {
  const { id, params, status, reason, failures, worker, result, fingerprint, audit } = trial;
  const attempts = trial.attempts.filter(({ kind }) => kind === 'search').length;
  return { id, params, status, reason, attempts, failures, worker, result, fingerprint, audit };
}

/**
 * The one place where a trial changes state.
 *
 *                    granted                    completed
 *     waiting ---------------------> running ---------------> complete
 *       ^  |                          |  |  \--- diverged --> failed (diverged)
 *       |  |                          |  |
 *       |  +-- completed (late) --+   |  +--- gave-up, charged < 3, or not charged --> waiting
 *       +-------------------------|---+
 *                                 |   +--- gave-up, charged = 3 --> failed (lost)
 *     failed (lost) -- completed (late, stage still open) --> complete
 *     waiting, running -- cancelled --> cancelled
 *
 * A completion is taken from any attempt that was granted, late or not: a trial is a pure function
 * of its spec, so the first result is as good as any. `complete`, `cancelled` and `failed (diverged)`
 * are final; `failed (lost)` is final once its stage has closed. Only when audits have shown that the
 * result of a complete or diverged trial is wrong, and its stage is open, is it `corrected`: the right
 * one takes its place.
 */
import { assert, unreachable } from '../../../base/assert.ts';
import {
  divergedReason,
  type AttemptOutcome,
  type AttemptKind,
  type AuditVerdict,
  type TrialId,
  type TrialResult,
  type TrialStatus,
} from '../../../study/trial.ts';

/** Charged attempts after which a trial is given up. */
export const maxFailures = 3;

/** One attempt, as the dispatcher remembers it. */
export interface AttemptEntry {
  readonly attempt: number;
  readonly kind: AttemptKind;
  readonly session: string;
  readonly worker: string;
  readonly pack: string;
  outcome: AttemptOutcome | null;
  /** Of the result that it gave, whatever became of it. */
  fingerprint: string | null;
}

/** One trial in the dispatcher's memory. Only `changeTrial` writes what is not readonly. */
export interface TrialEntry {
  readonly id: TrialId;
  readonly name: string;
  readonly lambda: number;
  status: TrialStatus;
  reason: string | null;
  failures: number;
  /** Granted without companions: its last pack was lost, and it may be the one that killed it. */
  alone: boolean;
  worker: string | null;
  result: TrialResult | null;
  fingerprint: string | null;
  audit: AuditVerdict | null;
  /** Charged audit attempts so far. */
  auditFailures: number;
  readonly attempts: AttemptEntry[];
}

/** Who computed a result, and its fingerprint. */
interface ResultSource {
  readonly worker: string;
  readonly fingerprint: string;
}

export type TrialChange =
  | { readonly kind: 'granted'; readonly attempt: AttemptEntry }
  | {
      readonly kind: 'completed' | 'corrected';
      readonly by: ResultSource;
      readonly result: TrialResult;
    }
  | { readonly kind: 'gave-up'; readonly charge: boolean; readonly reason: string }
  | { readonly kind: 'cancelled'; readonly reason: string };

export function changeTrial(trial: TrialEntry, change: TrialChange): void {
  switch (change.kind) {
    case 'granted':
      assert(
        trial.status === 'waiting',
        () => `only a waiting trial is granted, ${trial.name} is ${trial.status}`,
      );
      trial.status = 'running';
      trial.attempts.push(change.attempt);
      return;
    case 'completed':
    case 'corrected':
      assert(
        change.kind === 'completed' ? acceptsResult(trial) : trial.result !== null,
        () => `${trial.name} is ${trial.status}, it cannot be ${change.kind}`,
      );
      trial.result = change.result;
      trial.worker = change.by.worker;
      trial.fingerprint = change.by.fingerprint;
      trial.status = change.result.kind === 'complete' ? 'complete' : 'failed';
      trial.reason = change.result.kind === 'complete' ? null : divergedReason(change.result.steps);
      return;
    case 'gave-up':
      assert(
        trial.status === 'running',
        () => `only a running trial gives up, ${trial.name} is ${trial.status}`,
      );
      if (change.charge) {
        trial.failures += 1;
        trial.alone = true;
      }
      trial.status = trial.failures >= maxFailures ? 'failed' : 'waiting';
      trial.reason =
        trial.status === 'failed'
          ? `given up after ${maxFailures} attempts; the last: ${change.reason}`
          : null;
      return;
    case 'cancelled':
      assert(!isEnded(trial), () => `${trial.name} has ended, it cannot be cancelled`);
      trial.status = 'cancelled';
      trial.reason = change.reason;
      return;
    default:
      unreachable(change);
  }
}

export function isEnded(trial: TrialEntry): boolean {
  return trial.status === 'complete' || trial.status === 'failed' || trial.status === 'cancelled';
}

/** Whether a result would still count, as long as the trial's stage is open. */
export function acceptsResult(trial: TrialEntry): boolean {
  return trial.status === 'waiting' || trial.status === 'running' || isLost(trial);
}

/** Failed because its attempts were lost, not because of what it computed. */
export function isLost(trial: TrialEntry): boolean {
  return trial.status === 'failed' && trial.result === null;
}

/** The next number in the trial's count of attempts; never one that was used. */
export function nextAttempt(trial: TrialEntry): number {
  return (trial.attempts.at(-1)?.attempt ?? 0) + 1;
}

/** Whether an attempt that ended so counts towards the limit of its trial. */
export function countsAsFailure(outcome: AttemptOutcome | null): boolean {
  return outcome === 'lost' || outcome === 'crashed' || outcome === 'timeout';
}

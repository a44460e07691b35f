/** Trial state: a trial and its attempts in the dispatcher's memory, and the only function that changes it. */
import { assert, unreachable } from '../../../base/assert.ts';
import {
  divergedReason,
  trialName,
  type AttemptOutcome,
  type AttemptRecord,
  type TrialRecord,
  type TrialResult,
} from '../../../study/trial.ts';

/** Counted failures after which a trial, its audit or its test is not tried again. */
// bug: trials-fail-four-times
export const maxFailures = 3;

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

export type AttemptEntry = Pick<
  AttemptRecord,
  'attempt' | 'kind' | 'session' | 'worker' | 'machineId' | 'tokenId' | 'pack'
> &
  Mutable<Pick<AttemptRecord, 'outcome' | 'fingerprint'>>;

/** Only `changeTrial` writes `status`, `reason`, `failures`, `worker`, `result`, `fingerprint`. */
export interface TrialEntry
  extends
    Pick<TrialRecord, 'id' | 'params'>,
    Mutable<Omit<TrialRecord, 'id' | 'params' | 'attempts'>> {
  readonly name: string;
  /** Number of its audits that failed. */
  auditFailures: number;
  /** In order; `addAttempt` adds one. */
  attempts: readonly AttemptEntry[];
}

export type TrialChange =
  | { readonly kind: 'assigned'; readonly attempt: AttemptEntry }
  | {
      readonly kind: 'completed' | 'corrected';
      readonly worker: string;
      readonly fingerprint: string;
      readonly result: TrialResult;
    }
  | { readonly kind: 'unassigned'; readonly isFailure: boolean; readonly reason: string }
  | { readonly kind: 'failed' | 'cancelled'; readonly reason: string }
  | { readonly kind: 'retried' };

/**
 * Changes the state of a trial.
 *
 *                  assigned              completed
 *     waiting ----------------> running -------------> complete
 *      ^ | |                     | | |  \- diverged -> failed (diverged)
 *      | | |                     | | |
 *      | | +- completed (late) --|-|-|---------------> complete or failed (diverged)
 *      | |                       | | |
 *      | +--- failed (deaths) ---|-|-|---------------> failed (no result)
 *      |                         | | |
 *      +-- unassigned -----------+ | +- unassigned, failures = 3 --> failed (no result)
 *          failures < 3            |
 *     waiting, running ------------+- cancelled -----> cancelled
 *     failed (no result), cancelled -- retried ------> waiting, failures = 0
 *     failed (no result) -- completed (late), the stage is open --> complete or failed (diverged)
 *
 * The first result of any attempt completes a trial. `complete` and `failed (diverged)` are final; a user
 * may have other trials that have ended tried again, which opens their stage again if it has closed. A
 * result is `corrected` (replaced) only if audits have shown that it is wrong, while the stage is open.
 */
export function changeTrial(trial: TrialEntry, change: TrialChange): void {
  const { name, status } = trial;
  const isAllowed = {
    assigned: status === 'waiting',
    completed: acceptsResult(trial),
    corrected: trial.result !== null,
    unassigned: status === 'running',
    failed: status === 'waiting',
    cancelled: !isEnded(trial),
    retried: mayBeRetried(trial),
  };
  assert(isAllowed[change.kind], () => `${name} is ${status}; it cannot be ${change.kind}`);
  switch (change.kind) {
    case 'assigned':
      trial.status = 'running';
      addAttempt(trial, change.attempt);
      return;
    case 'completed':
    case 'corrected': {
      const { result } = change;
      const isComplete = result.kind === 'complete';
      trial.status = isComplete ? 'complete' : 'failed';
      trial.reason = isComplete ? null : divergedReason(result.steps);
      trial.worker = change.worker;
      trial.fingerprint = change.fingerprint;
      trial.result = result;
      return;
    }
    case 'unassigned':
      if (change.isFailure) trial.failures += 1;
      trial.status = trial.failures >= maxFailures ? 'failed' : 'waiting';
      if (trial.status === 'failed')
        trial.reason = `failed ${maxFailures} times; the last failure: ${change.reason}`;
      return;
    case 'failed':
    case 'cancelled':
      trial.status = change.kind;
      trial.reason = change.reason;
      return;
    case 'retried':
      trial.status = 'waiting';
      trial.reason = null;
      // bug: retried-trial-keeps-failures
      trial.failures = 0;
      return;
    default:
      unreachable(change);
  }
}

export function isEnded({ status }: TrialEntry): boolean {
  return status === 'complete' || status === 'failed' || status === 'cancelled';
}

/** Whether the trial has ended without a result. A diverged trial has one. */
export function mayBeRetried({ status, result }: Pick<TrialRecord, 'status' | 'result'>): boolean {
  return (status === 'failed' && result === null) || status === 'cancelled';
}

/** Whether a result would complete the trial, if its stage is open. A failed trial may have no result. */
export function acceptsResult(trial: TrialEntry): boolean {
  return !isEnded(trial) || (trial.status === 'failed' && trial.result === null);
}

/** An array that grows reserves memory for 16 more entries, and nearly all trials have one attempt. */
export function addAttempt(trial: TrialEntry, attempt: AttemptEntry): void {
  trial.attempts = trial.attempts.length === 0 ? [attempt] : [...trial.attempts, attempt];
}

/** The number of the trial's next attempt. */
export function nextAttempt(trial: TrialEntry): number {
  return (trial.attempts.at(-1)?.attempt ?? 0) + 1;
}

/** Whether an attempt with this outcome counts towards `maxFailures`: the trial may have caused it. */
export function countsAsFailure(outcome: AttemptOutcome | null): boolean {
  // bug: returned-counts-as-failure
  return outcome === 'crashed' || outcome === 'timeout';
}

/** Whether an attempt with this outcome ended without a result that is still needed. */
export function isSetback(outcome: AttemptOutcome | null): boolean {
  return countsAsFailure(outcome) || outcome === 'lost' || outcome === 'returned';
}

const noAttempts: readonly AttemptEntry[] = [];

/** A class, so that a million trials share one accessor of the name instead of having a text each. */
class Entry implements TrialEntry {
  readonly id: TrialRecord['id'];
  readonly params: TrialRecord['params'];
  status: TrialRecord['status'];
  reason: string | null;
  failures: number;
  worker: string | null;
  result: TrialResult | null;
  fingerprint: string | null;
  audit: TrialRecord['audit'];
  auditFailures = 0;
  attempts = noAttempts;

  constructor(record: TrialRecord) {
    this.id = record.id;
    this.params = record.params;
    this.status = record.status;
    this.reason = record.reason;
    this.failures = record.failures;
    this.worker = record.worker;
    this.result = record.result;
    this.fingerprint = record.fingerprint;
    this.audit = record.audit;
  }

  get name(): string {
    return trialName(this.id);
  }
}

export function trialEntry(record: TrialRecord): TrialEntry {
  return new Entry(record);
}

export function trialRecord(trial: TrialEntry): TrialRecord {
  const { id, params, status, reason, failures, worker, result, fingerprint, audit } = trial;
  let attempts = 0;
  for (const { kind } of trial.attempts) if (kind === 'search') attempts += 1;
  return { id, params, status, reason, attempts, failures, worker, result, fingerprint, audit };
}

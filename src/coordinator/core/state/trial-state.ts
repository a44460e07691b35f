/** Trial state: a trial and its attempts in the dispatcher's memory, and the only function that changes it. */
import { assert, unreachable } from '../../../base/assert.ts';
import { isDropped } from '../../../study/budget.ts';
import {
  divergedReason,
  stoppedReason,
  trialName,
  type AttemptOutcome,
  type AttemptRecord,
  type RungProgress,
  type RungResult,
  type StopDecision,
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
  Mutable<Pick<AttemptRecord, 'outcome' | 'fingerprint'>> & {
    /** The rung to which it trains; null: to the last step. */
    readonly toStep: number | null;
  };

/** Only `changeTrial` writes `status`, `reason`, `failures`, `worker`, `result`, `fingerprint`, `rungs`, `source`. */
export interface TrialEntry
  extends
    Pick<TrialRecord, 'id' | 'params'>,
    Mutable<Omit<TrialRecord, 'id' | 'params' | 'attempts' | 'rungs'>> {
  readonly name: string;
  /** Null if the trial is trained to its end at once. */
  rungs: RungProgress | null;
  /** Number of its audits that failed. */
  auditFailures: number;
  /** In order; `addAttempt` adds one. */
  attempts: readonly AttemptEntry[];
}

/** Where a trial is to be trained to. `step`: `toStep`, or the last step if that is null. */
interface RungTarget {
  readonly toStep: number | null;
  readonly step: number;
}

export type TrialChange =
  | { readonly kind: 'assigned'; readonly attempt: AttemptEntry }
  | {
      readonly kind: 'completed' | 'corrected';
      readonly worker: string;
      readonly fingerprint: string;
      readonly result: TrialResult;
      /** Absent: the worker trained it. */
      readonly source?: string | undefined;
    }
  | { readonly kind: 'unassigned'; readonly isFailure: boolean; readonly reason: string }
  | { readonly kind: 'failed' | 'cancelled' | 'dropped'; readonly reason: string }
  | { readonly kind: 'retried' }
  | ({ readonly kind: 'moved' } & RungTarget)
  | { readonly kind: 'stopped'; readonly stop: StopDecision };

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
 *     any ------ dropped, beyond the end of a budget -> cancelled; a result comes back if it is retried
 *     failed (no result) -- completed (late), the stage is open --> complete or failed (diverged)
 *
 *     running, waiting ------ completed to a rung ---> paused
 *     paused ------ stopped -------------------------> stopped
 *     paused ------ moved to the next rung ----------> waiting
 *     paused, complete, stopped, failed (diverged) -- moved to the first rung, as the stage gains trials
 *                                                 ---> paused, or complete, if the result there is known
 *
 * The first result, of any attempt or of another study, completes a trial. `complete` and `failed (diverged)`
 * are final; a user may have other trials that have ended tried again, which opens their stage again if it has
 * closed. A result is `corrected` only if audits have shown that it is wrong, while the stage is open.
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
    dropped: status !== 'cancelled',
    retried: mayBeRetried(trial) || isDropped(trial),
    moved: trial.rungs !== null && status !== 'running' && status !== 'cancelled',
    stopped: status === 'paused',
  };
  assert(isAllowed[change.kind], () => `${name} is ${status}; it cannot be ${change.kind}`);
  switch (change.kind) {
    case 'assigned':
      trial.status = 'running';
      addAttempt(trial, change.attempt);
      return;
    case 'completed':
    case 'corrected': {
      const { result, worker, fingerprint, source } = change;
      const isComplete = result.kind === 'complete';
      trial.status = isComplete ? statusAtStep(trial) : 'failed';
      trial.reason = isComplete ? null : divergedReason(result.steps);
      Object.assign(trial, { worker, fingerprint, result, source });
      if (trial.rungs !== null && isComplete)
        trial.rungs = withRung(trial.rungs, { result, worker, fingerprint, audit: null, source });
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
    case 'dropped':
      trial.status = change.kind === 'failed' ? 'failed' : 'cancelled';
      trial.reason = change.reason;
      return;
    case 'retried':
      return retryTrial(trial);
    case 'moved':
      return moveTrial(trial, change);
    case 'stopped':
      assert(trial.rungs, () => `${name} has rungs`);
      trial.status = 'stopped';
      trial.reason = stoppedReason(change.stop);
      trial.rungs = { ...trial.rungs, stop: change.stop };
      return;
    default:
      unreachable(change);
  }
}

/** The status of a trial with a result at the step to which it is trained. */
function statusAtStep({ rungs }: TrialEntry): 'complete' | 'paused' {
  return rungs === null || rungs.toStep === null ? 'complete' : 'paused';
}

/** A trial is taken up again; it waits, unless it was dropped with a result. */
function retryTrial(trial: TrialEntry): void {
  const { result } = trial;
  trial.status = result === null ? 'waiting' : statusAtStep(trial);
  if (result?.kind === 'diverged') trial.status = 'failed';
  trial.reason = result?.kind === 'diverged' ? divergedReason(result.steps) : null;
  // bug: retried-trial-keeps-failures
  trial.failures = 0;
}

/** Moves a trial to a rung. If its result there is known, the trial has this result, and is not trained. */
function moveTrial(trial: TrialEntry, { toStep, step }: RungTarget): void {
  const { results } = leaveRung(trial);
  trial.rungs = { toStep, results, stop: null };
  // Failures count up to a result; a late one may have come after the last of them.
  // bug: moved-trial-keeps-failures
  trial.failures = 0;
  const known: Partial<RungResult> = results.find((rung) => rung.result.steps === step) ?? {};
  const { result = null, worker = null, fingerprint = null, audit = null, source } = known;
  trial.status = result === null ? 'waiting' : statusAtStep(trial);
  trial.reason = null;
  Object.assign(trial, { result, worker, fingerprint, audit, source });
}

/** The verdict on the result that the trial has belongs to its rung from now on. */
function leaveRung({ name, rungs, result, audit }: TrialEntry): RungProgress {
  assert(rungs, () => `${name} has rungs`);
  const own = rungs.results.find((rung) => rung.result.steps === result?.steps);
  return own === undefined || result?.kind !== 'complete'
    ? rungs
    : withRung(rungs, { ...own, audit });
}

/** The result at the last rung before `step`; null if there is none. */
export function rungBefore({ rungs }: Pick<TrialEntry, 'rungs'>, step: number): RungResult | null {
  return rungs?.results.findLast(({ result }) => result.steps < step) ?? null;
}

/** The step to which attempts train the trial now; null: to its last step. */
export function toStepOf({ rungs }: Pick<TrialEntry, 'rungs'>): number | null {
  return rungs?.toStep ?? null;
}

function withRung({ results, ...rungs }: RungProgress, own: RungResult): RungProgress {
  const others = results.filter(({ result }) => result.steps !== own.result.steps);
  const sorted = [...others, own].toSorted((a, b) => a.result.steps - b.result.steps);
  return { ...rungs, results: sorted };
}

/** Whether the trial has ended, or is at its rung: it needs no attempt in the present round. */
export function isEnded({ status }: Pick<TrialEntry, 'status'>): boolean {
  return status !== 'waiting' && status !== 'running';
}

/** Whether the trial has ended without a result, and was not dropped. A diverged trial has one. */
export function mayBeRetried(trial: Pick<TrialRecord, 'status' | 'result' | 'reason'>): boolean {
  const { status, result } = trial;
  return (status === 'failed' && result === null) || (status === 'cancelled' && !isDropped(trial));
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
  rungs: RungProgress | null;
  source: string | undefined;
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
    this.rungs = record.rungs ?? null;
    this.source = record.source;
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
  const record = {
    id,
    params,
    status,
    reason,
    attempts,
    failures,
    worker,
    result,
    fingerprint,
    audit,
    ...(trial.source !== undefined && { source: trial.source }),
  };
  return trial.rungs === null ? record : { ...record, rungs: trial.rungs };
}

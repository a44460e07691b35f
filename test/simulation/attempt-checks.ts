/** Rules for attempts: one open attempt per kind, limits of failures, excluded workers. */
import type { Exclusion } from '../../src/study/exclusion.ts';
import { assert } from '../../src/base/assert.ts';
import type { StoreRow } from '../../src/store/rows.ts';
import { trialName, type AttemptOutcome, type AttemptRecord } from '../../src/study/trial.ts';
import type { ModelStudy, ModelTrial } from './model-store.ts';

type Excluded = ReadonlyMap<string, Exclusion>;

/** Attempts that count as failures: crashed, timed out. */
export function isFailure({ outcome }: { readonly outcome: AttemptOutcome | null }): boolean {
  return outcome === 'crashed' || outcome === 'timeout';
}

/** Attempts without a result that is still needed. */
export function isSetback({ outcome }: { readonly outcome: AttemptOutcome | null }): boolean {
  return isFailure({ outcome }) || outcome === 'lost' || outcome === 'returned';
}

/** Where a session or a worker runs: `w1` for `w1-7`, `w1.7` and `w1-2`, `coordinator` for `coordinator-3`. */
export function hostOf(name: string): string {
  return /^(?:w\d+|[a-z]+)/.exec(name)?.[0] ?? name;
}

const failuresMax = 3;

export function checkOpened(trial: ModelTrial, attempt: AttemptRecord, excluded: Excluded): void {
  const name = trialName(attempt.trial);
  assert(attempt.attempt === trial.log.length + 1, `attempts of ${name} are numbered in order`);
  const isOpen = trial.log.some((a) => a.outcome === null && a.kind === attempt.kind);
  assert(!isOpen, `${name} has at most one open ${attempt.kind} attempt`);
  assert(!excluded.has(attempt.session), 'an excluded worker gets no work');
  if (attempt.kind === 'search') {
    assert(trial.status === 'waiting', `${name} is waiting when it is assigned`);
    return;
  }
  assert(trial.result !== null, `${name} has a result to compare`);
  const failed = trial.log.filter(
    (other) => other.kind === 'audit' && isFailure(other) && other.toStep === attempt.toStep,
  );
  const isLimited = attempt.kind !== 'audit' || failed.length < failuresMax;
  assert(isLimited, `audits of ${name} fail at most three times`);
}

export function checkEnded(
  row: StoreRow<'attempt-closed'>,
  attempt: AttemptRecord | undefined,
  excluded: Excluded,
): asserts attempt is AttemptRecord {
  assert(attempt?.outcome === null, `${trialName(row.trial)}#${row.attempt} closes once`);
  const counts = row.fingerprint === null || !excluded.has(attempt.session);
  assert(counts, 'results of an excluded worker do not count');
  const { outcome, countsAsFailure } = row;
  assert(
    countsAsFailure === isFailure(row),
    `${outcome} ${countsAsFailure ? 'counts' : 'does not count'} as a failure`,
  );
}

/** In a closed stage only the results of excluded workers are marked. */
export function checkAudited(
  trial: ModelTrial,
  { verdict }: StoreRow<'trial-audited'>,
  excluded: Excluded,
): void {
  const by = trial.log.filter(({ fingerprint }) => fingerprint === trial.fingerprint);
  const areExcluded = by.every(({ session }) => excluded.has(session));
  assert(verdict === 'unchecked' && areExcluded, `${trialName(trial.id)}: its stage is closed`);
}

/** Results of closed stages that come from excluded workers alone are marked as unchecked. */
export function checkExcludedMarked(studies: Iterable<ModelStudy>, excluded: Excluded): void {
  for (const { record, trials } of studies) {
    if (record.endedAtMs !== null) continue;
    const closed = record.stages.filter((stage) => stage.closed).map(({ name }) => name);
    for (const { id, audit, fingerprint, log, source } of trials.values()) {
      if (fingerprint === null || !closed.includes(id.stage)) continue;
      if (audit === 'unchecked' || audit === 'disputed' || source !== undefined) continue;
      const isSupported = log.some(
        (attempt) => attempt.fingerprint === fingerprint && !excluded.has(attempt.session),
      );
      assert(isSupported, `${trialName(id)} was computed by an excluded worker and is not marked`);
    }
  }
}

/** An extended study has no winner, so no test of one is open. */
export function checkTestsClosed({ trials }: ModelStudy): void {
  for (const { id, log } of trials.values()) {
    const isOpen = log.some(({ kind, outcome }) => kind === 'test' && outcome === null);
    assert(!isOpen, `${trialName(id)} has no open test when its study is extended`);
  }
}

/** A trial with a failed attempt is trained alone. */
export function checkRetriedAlone({ trials }: ModelStudy, attempt: AttemptRecord): void {
  const name = trialName(attempt.trial);
  const { log: all, countedFrom } = trials.get(name) ?? { log: [], countedFrom: 0 };
  const before = all.slice(countedFrom, attempt.attempt - 1);
  const hasFailed = before.some((other) => other.kind === 'search' && isFailure(other));
  if (attempt.kind !== 'search' || !hasFailed) return;
  const members = [...trials.values()].filter(({ log }) =>
    log.some(({ pack }) => pack === attempt.pack),
  );
  assert(members.length === 1, `${name} has a failed attempt and is assigned alone`);
}

/** Failures, the open attempt and the status of a trial agree. */
export function checkTrialAttempts({
  failures,
  log,
  countedFrom,
  status,
  result,
  id,
  reason,
}: ModelTrial): void {
  const name = trialName(id);
  const search = log.slice(countedFrom).filter(({ kind }) => kind === 'search');
  assert(failures === search.filter(isFailure).length, `failures of ${name} are counted`);
  assert(failures <= failuresMax, `${name} fails at most three times`);
  const isOpen = search.some(({ outcome }) => outcome === null);
  assert(isOpen === (status === 'running'), `${name} runs exactly while an attempt is open`);
  const hasDied = reason?.includes('worker processes ended') === true;
  const isOther = reason?.includes('did not reproduce') === true;
  const hasReason =
    status !== 'failed' || result !== null || failures === failuresMax || hasDied || isOther;
  assert(hasReason, `${name} failed for a reason`);
}

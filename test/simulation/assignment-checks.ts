/** Rules for assignments, checked for each attempt that is opened: which worker may get which trial. */
import { assert } from '../../src/base/assert.ts';
import {
  isReferee,
  type ClusterState,
  type WorkerEntry,
} from '../../src/coordinator/core/state/cluster-state.ts';
import type { StoreRow } from '../../src/store/rows.ts';
import { trialName, type AttemptRecord } from '../../src/study/trial.ts';
import { hostOf, isFailure, isSetback } from './attempt-checks.ts';
import type { ModelStore } from './model-store.ts';
import { settings } from './simulated-coordinator.ts';
import { testsSince } from './stage-checks.ts';
import type { WorkerKind } from './simulated-worker.ts';
import type { Timeline } from './timeline.ts';

type Opened = StoreRow<'attempt-opened'>;

/** A worker as it was when an attempt was decided. */
interface WorkerView extends Pick<
  WorkerEntry,
  'name' | 'session' | 'tokenId' | 'connected' | 'draining' | 'reportedLost'
> {
  /** Connected, not draining, without failures in a row, and able to fetch data. */
  readonly isAvailable: boolean;
  /** Whether its machine has finished a trial. */
  readonly isProven: boolean;
}

/** Longest time of a commit and a tick together. */
const slackMs = 60;
/** Shortest pause of a worker after a failure. */
const pauseMs = 1_000;
const longestPauseMs = 130_000;

export class AssignmentChecks {
  readonly #timeline: Timeline;
  readonly #store: ModelStore;
  readonly #workerKind: (worker: string) => WorkerKind;
  /** By row: the workers when it was decided. Rows are stored a little later. */
  readonly #decided = new WeakMap<StoreRow, readonly WorkerView[]>();
  /** By row: whether disputes waited for the referee when it was decided. */
  readonly #refereeExpected = new WeakMap<StoreRow, boolean>();
  #workers: readonly WorkerView[] = [];
  #builtAtMs = -Infinity;
  #stoppedAtMs = -Infinity;
  /** By host: when an attempt ended without a result. */
  readonly #setbackAtMs = new Map<string, number>();
  /** By session: when a pack of it failed, when it was drained, when its stream closed. */
  readonly #failedAtMs = new Map<string, number>();
  readonly #drainedAtMs = new Map<string, number>();
  readonly #closedAtMs = new Map<string, number>();
  /** Sessions that announced that they drain. A new coordinator does not know until they repeat it. */
  readonly #leaving = new Set<string>();

  constructor(timeline: Timeline, store: ModelStore, workerKind: (worker: string) => WorkerKind) {
    this.#timeline = timeline;
    this.#store = store;
    this.#workerKind = workerKind;
  }

  /** @param runMs how long coordinators have run */
  coordinatorBuilt(runMs: number, hasStudies: boolean): void {
    this.#builtAtMs = hasStudies ? runMs : -Infinity;
    this.coordinatorStopped();
  }

  /** Decisions from before may be stored after. */
  coordinatorStopped(): void {
    for (const times of [this.#failedAtMs, this.#setbackAtMs, this.#drainedAtMs, this.#closedAtMs])
      times.clear();
    this.#stoppedAtMs = this.#timeline.nowMs;
  }

  drained(session: string): void {
    this.#drainedAtMs.set(session, this.#timeline.nowMs);
  }

  leaves(session: string): void {
    this.#leaving.add(session);
  }

  streamOpened(session: string): void {
    this.#closedAtMs.delete(session);
  }

  streamClosed(session: string): void {
    this.#closedAtMs.set(session, this.#timeline.nowMs);
  }

  /** Time since an event of the session; infinite without one. */
  #since(times: ReadonlyMap<string, number>, session: string): number {
    return this.#timeline.nowMs - (times.get(session) ?? -Infinity);
  }

  closed(row: StoreRow<'attempt-closed'>): void {
    const { study, trial, attempt, outcome, reason, fingerprint } = row;
    const session = this.#store.trial(study, trial).log[attempt - 1]?.session ?? '';
    const isLate = this.#timeline.nowMs - this.#stoppedAtMs < slackMs;
    // A result ends the pause.
    if (fingerprint !== null) this.#failedAtMs.delete(session);
    if (!isSetback({ outcome })) return;
    // A failure during an earlier pause does not prolong it.
    const mayPause = this.#since(this.#setbackAtMs, hostOf(session)) < longestPauseMs;
    this.#setbackAtMs.set(hostOf(session), this.#timeline.nowMs);
    const hasFailed = isFailure({ outcome }) || reason?.includes('not counted') === true;
    if (hasFailed && !mayPause && !isLate) this.#failedAtMs.set(session, this.#timeline.nowMs);
  }

  /** A late result ends the pause, too. */
  reported({ study, trial, attempt }: StoreRow<'attempt-reported'>): void {
    this.#failedAtMs.delete(this.#store.trial(study, trial).log[attempt - 1]?.session ?? '');
  }

  decided(rows: readonly StoreRow[], state: ClusterState): void {
    const opened = rows.filter(({ kind }) => kind === 'attempt-opened');
    if (opened.length === 0) return;
    const { workers, settings: options, refereeUntilMs, lastEventMs } = state;
    const views = [...workers.values()].map(toView);
    const referees = [...workers.values()].filter(
      (w) => isReferee(w) && w.connected && !w.draining,
    );
    const isExpected =
      options.hasReferee === true &&
      referees.every(({ datasetFailures }) => datasetFailures.size === 0) &&
      (referees.length > 0 || refereeUntilMs === null || lastEventMs < refereeUntilMs);
    for (const row of opened) {
      this.#decided.set(row, views);
      this.#refereeExpected.set(row, isExpected);
    }
  }

  check(opened: Opened, runMs: number): void {
    const { worker, session, kind } = opened.attempt;
    this.#workers = this.#decided.get(opened) ?? [];
    const isCompatible =
      this.#workerKind(worker) !== 'incompatible' || this.#takesAnyWorker(opened.study);
    assert(isCompatible, `${worker} has other arithmetic and gets no work`);
    const isRefusing = this.#workerKind(worker) === 'refusing';
    assert(!isRefusing, `${worker} does not allow the program and gets no work`);
    if (!this.#leaving.has(session)) this.#checkAvailable(worker, session);
    if (isReferee(opened.attempt)) {
      const isContested =
        kind === 'test' ? this.#isContestedTest(opened) : this.#isContested(opened);
      assert(kind !== 'search' && isContested, 'the referee settles disputes only');
    } else if (kind === 'test') {
      const isExpected = this.#refereeExpected.get(opened) === true;
      assert(
        !isExpected || !this.#isContestedTest(opened),
        'a contested test of the winner waits for the referee',
      );
    } else if (kind === 'audit') this.#checkAuditor(opened, runMs);
    if (kind === 'search') this.#checkRetry(opened);
    if (kind === 'test' && !isReferee(opened.attempt)) this.#checkTester(opened);
  }

  #checkAvailable(worker: string, session: string): void {
    const drainedMs = this.#since(this.#drainedAtMs, session);
    const isDraining = Number.isFinite(drainedMs) && drainedMs > slackMs;
    assert(!isDraining, `${worker} drains and gets no work`);
    const failedMs = this.#since(this.#failedAtMs, session);
    assert(failedMs >= pauseMs - slackMs, `${worker} failed ${failedMs} ms ago and pauses`);
  }

  #takesAnyWorker(study: string): boolean {
    return !this.#store.study(study).record.spec.reproducible;
  }

  /** Attempts that have computed the trial, to the same rung. A test of the winner does not count as a vote. */
  #votes({ study, attempt }: Opened): AttemptRecord[] {
    return this.#store
      .trial(study, attempt.trial)
      .log.filter(
        ({ fingerprint, session, kind, toStep = null }) =>
          fingerprint !== null &&
          kind !== 'test' &&
          toStep === (attempt.toStep ?? null) &&
          !this.#store.excluded.has(session),
      );
  }

  #isContested(opened: Opened): boolean {
    return new Set(this.#votes(opened).map(({ fingerprint }) => fingerprint)).size > 1;
  }

  /** Whether a test of the winner gave another result than the stored one. */
  #isContestedTest({ study, attempt: { trial: id } }: Opened): boolean {
    const model = this.#store.study(study);
    const trial = this.#store.trial(study, id);
    const isOther = ({ fingerprint, session }: AttemptRecord): boolean =>
      fingerprint !== null &&
      fingerprint !== trial.fingerprint &&
      !this.#store.excluded.has(session);
    return model.record.spec.reproducible && testsSince(model, trial).some(isOther);
  }

  /** A token audits its own trial only if there is no other one; disputes wait for the referee. */
  #checkAuditor(opened: Opened, runMs: number): void {
    const { attempt } = opened;
    const isExpected = this.#refereeExpected.get(opened) === true && this.#isContested(opened);
    assert(!isExpected, 'a disputed trial waits for the referee');
    const computed = new Set(this.#votes(opened).map(({ tokenId }) => tokenId));
    if (!computed.has(attempt.tokenId)) return;
    const sinceMs = runMs - this.#builtAtMs;
    assert(
      sinceMs >= settings.leaseMs - slackMs,
      'after a restart, audits wait for workers that may come back',
    );
    const isAway = ({ connected, reportedLost, draining, session }: WorkerView): boolean => {
      const closedMs = this.#since(this.#closedAtMs, session);
      const isKnown = closedMs > slackMs && Number.isFinite(closedMs);
      return !connected && !reportedLost && !draining && isKnown;
    };
    const others = [...this.#availableWorkers(), ...this.#workers.filter(isAway)].filter(
      (worker) =>
        !computed.has(worker.tokenId) &&
        !isReferee(worker) &&
        !this.#store.excluded.has(worker.session),
    );
    const name = others[0]?.name;
    assert(name === undefined, `${attempt.worker} audits its own trial, ${name} is available`);
  }

  /** A trial that was tried in vain on one worker goes to another one, if there is one. */
  #checkRetry({ study, attempt }: Opened): void {
    const log = this.#store.trial(study, attempt.trial).log.slice(0, attempt.attempt - 1);
    const isOtherState = ({ kind, outcome, fingerprint }: AttemptRecord): boolean =>
      kind === 'search' && outcome === 'disputed' && fingerprint === null;
    const tried = log.filter((one) => isSetback(one) || isOtherState(one));
    const triedOn = new Set(tried.map(({ worker }) => worker));
    const isProven = this.#workers.find(({ session }) => session === attempt.session)?.isProven;
    // Bad luck on a worker that works is better than a worker that may never have worked.
    const isChosen = isProven === true && log.filter(isSetback).length >= 3;
    if (!triedOn.has(attempt.worker) || isChosen) return;
    const other = this.#availableWorkers().find(({ name }) => !triedOn.has(name));
    assert(
      other === undefined,
      `a failed trial goes back to ${attempt.worker}, ${other?.name} is available`,
    );
  }

  /** The winner is tested on another worker, if there is one, and not without limit. */
  #checkTester(opened: Opened): void {
    const { study, attempt } = opened;
    const tests = testsSince(this.#store.study(study), this.#store.trial(study, attempt.trial));
    const failed = tests.filter(isFailure);
    const { replicates } = this.#store.study(study).record.spec;
    const isLimited = failed.length < 3 * replicates;
    assert(isLimited, `tests of ${trialName(attempt.trial)} have a limit`);
    const computed = new Set(this.#votes(opened).map(({ tokenId }) => tokenId));
    if (!computed.has(attempt.tokenId) || this.#takesAnyWorker(study)) return;
    const other = this.#availableWorkers().find(({ tokenId }) => !computed.has(tokenId));
    const text = `${attempt.worker} tests a trial of its token, ${other?.name} is available`;
    assert(other === undefined, text);
  }

  #availableWorkers(): WorkerView[] {
    return this.#workers.filter(
      ({ isAvailable, name, session, tokenId }) =>
        isAvailable &&
        !isReferee({ tokenId }) &&
        !['incompatible', 'refusing'].includes(this.#workerKind(name)) &&
        !this.#store.excluded.has(session),
    );
  }
}

function toView(worker: WorkerEntry): WorkerView {
  const { name, session, tokenId, connected, draining, reportedLost, machine, host } = worker;
  const isHealthy = machine.failuresInRow === 0 && host.failuresInRow === 0;
  const isAvailable = connected && !draining && worker.datasetFailures.size === 0 && isHealthy;
  const isProven = machine.finished > 0;
  return { name, session, tokenId, connected, draining, reportedLost, isAvailable, isProven };
}

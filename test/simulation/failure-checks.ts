/** Rules for failures: which attempts count against a trial, which trials may fail, and who rests. */
import { assert } from '../../src/base/assert.ts';
import type { ClusterState } from '../../src/coordinator/core/state/cluster-state.ts';
import type { StoreRow } from '../../src/store/rows.ts';
import { trialName, type AttemptRecord, type TrialId } from '../../src/study/trial.ts';
import { hostOf, isFailure, isSetback } from './attempt-checks.ts';
import type { ModelStore } from './model-store.ts';
import type { Timeline } from './timeline.ts';

/** Whether a trial may fail for good, by counted failures or by deaths of processes. */
export type MayFail = (
  study: string,
  trial: TrialId,
) => { readonly byFailures: boolean; readonly byDeaths: boolean };

/** Longest time from a decision to its commit. */
const slackMs = 60;
const restMaxMs = 60_000;
interface Loss {
  readonly session: string;
  readonly count: number;
  readonly atMs: number;
}

export class FailureChecks {
  readonly #timeline: Timeline;
  readonly #store: ModelStore;
  readonly #mayFail: MayFail;
  readonly #isDying: (worker: string) => boolean;
  /** Packs that have failed on a worker in a row, after which it is broken. */
  readonly #brokenFrom: number;
  /** Hosts whose sessions have reported a result. */
  readonly #finishedHosts = new Set<string>();
  /** By host: sessions lost in a row, of a host that has finished nothing. */
  #losses = new Map<string, Loss>();
  /** By trial: when its last attempt ended without a result. */
  #endedAtMs = new Map<string, number>();
  #stoppedAtMs = -Infinity;
  /** By host: packs that have failed since its last result. */
  readonly #failedPacks = new Map<string, Set<string>>();
  /** Sessions whose processes have ended. */
  readonly #ended = new Set<string>();
  /** Sessions that have joined since the coordinator was built: it knows where they run. */
  readonly #joined = new Set<string>();

  constructor(
    timeline: Timeline,
    store: ModelStore,
    mayFail: MayFail,
    threads: number,
    isDying: (worker: string) => boolean,
  ) {
    this.#timeline = timeline;
    this.#store = store;
    this.#mayFail = mayFail;
    this.#isDying = isDying;
    // Five failures; the first two are those of all threads.
    this.#brokenFrom = 2 * threads + 3;
  }

  /** Rests are in memory only, and decisions from before may be stored after. */
  coordinatorStopped(): void {
    this.#failedPacks.clear();
    this.#losses = new Map();
    this.#endedAtMs = new Map();
    this.#stoppedAtMs = this.#timeline.nowMs;
  }

  coordinatorBuilt(): void {
    this.#joined.clear();
  }

  streamOpened(session: string): void {
    this.#joined.add(session);
  }

  processEnded(session: string): void {
    this.#ended.add(session);
  }

  /** A trial is suspected of ending only those processes that have ended. */
  checkDeaths({ studies }: ClusterState): void {
    for (const { setbacks } of studies.values())
      for (const [{ name, attempts }, { deaths }] of setbacks) {
        const ended = attempts.filter(({ session }) => this.#ended.has(session)).length;
        assert(deaths <= ended, `${name} has ended ${ended} processes, not ${deaths}`);
      }
  }

  check(row: StoreRow): void {
    switch (row.kind) {
      case 'attempt-closed':
        return this.#closed(row);
      case 'attempt-reported': {
        const { session } = this.#attempt(row);
        return this.#finishedOn(session);
      }
      case 'trial-status':
        return this.#checkStatus(row);
      case 'attempt-opened':
        this.#checkTrialRests(row);
        return this.#checkHostRests(row);
      default:
        return;
    }
  }

  #attempt({ study, trial, attempt }: StoreRow<'attempt-closed' | 'attempt-reported'>) {
    const stored = this.#store.trial(study, trial).log[attempt - 1];
    assert(stored, `${trialName(trial)}#${attempt} is stored`);
    return stored;
  }

  #closed(row: StoreRow<'attempt-closed'>): void {
    const { worker, session, pack } = this.#attempt(row);
    const name = `${trialName(row.trial)}#${row.attempt}`;
    if (row.countsAsFailure) {
      assert(
        this.#finishedHosts.has(hostOf(session)),
        `${name} fails on ${worker}, which has finished nothing`,
      );
      const members = this.#store.attempts(row.study).filter((other) => other.pack === pack);
      assert(members.length === 1, `${name} counts a failure and was alone in its pack`);
      const isBroken = (this.#failedPacks.get(hostOf(session))?.size ?? 0) >= this.#brokenFrom;
      assert(
        !isBroken || !this.#hasUntried(row.study),
        `${name} fails on ${worker}, which is broken`,
      );
    }
    if (row.fingerprint !== null) {
      this.#finishedOn(session);
    }
    if (this.#timeline.nowMs - this.#stoppedAtMs < slackMs) return;
    if (isFailure(row) || row.reason?.includes('not counted') === true) {
      const packs = this.#failedPacks.get(hostOf(session)) ?? new Set();
      this.#failedPacks.set(hostOf(session), packs.add(pack));
    }
    if (isSetback(row))
      this.#endedAtMs.set(`${row.study} ${trialName(row.trial)}`, this.#timeline.nowMs);
    if (row.outcome === 'lost' && row.reason?.includes('connection closed') === true)
      this.#lost(session);
  }

  /** Whether a trial waits that has not been tried. */
  #hasUntried(study: string): boolean {
    const { status } = this.#store.study(study).record;
    const trials = this.#store.trials(study);
    return (
      status === 'running' &&
      trials.some((trial) => trial.status === 'waiting' && trial.attempts === 0)
    );
  }

  #finishedOn(session: string): void {
    this.#finishedHosts.add(hostOf(session));
    this.#losses.delete(hostOf(session));
    this.#failedPacks.delete(hostOf(session));
  }

  /** Sessions of a host are named after it. */
  #lost(session: string): void {
    const known = this.#losses.get(hostOf(session));
    if (known?.session === session || !this.#joined.has(session)) return;
    // The next process may have received a pack before the loss was noticed; a loss during a rest is not counted.
    const restMs = 1_000 * 2 ** ((known?.count ?? 1) - 1);
    if (known !== undefined && this.#timeline.nowMs - known.atMs < Math.max(2_000, restMs)) return;
    const count = (known?.count ?? 0) + 1;
    this.#losses.set(hostOf(session), { session, count, atMs: this.#timeline.nowMs });
  }

  #checkStatus({ study, trial, status, reason }: StoreRow<'trial-status'>): void {
    if (status !== 'failed') return;
    const { byFailures, byDeaths } = this.#mayFail(study, trial);
    const isFair = reason?.includes('processes ended') === true ? byDeaths : byFailures;
    assert(isFair, `${trialName(trial)} is healthy and does not fail (${reason})`);
  }

  /** A trial with three attempts in a row to the same rung without a result rests. */
  #checkTrialRests({ study, attempt }: StoreRow<'attempt-opened'>): void {
    if (attempt.kind !== 'search') return;
    const name = trialName(attempt.trial);
    const sinceMs = this.#timeline.nowMs - (this.#endedAtMs.get(`${study} ${name}`) ?? -Infinity);
    const { log: all, countedFrom } = this.#store.trial(study, attempt.trial);
    // A user who retries a trial does not want it to rest; at another rung it has a result.
    if (all.length - 1 === countedFrom) return;
    // At another rung the trial has a result, which may be the late one of a lost attempt.
    const log = all.filter(({ kind, toStep }) => kind === 'search' && toStep === attempt.toStep);
    // The attempt itself is the last one.
    const count = log.length - 2 - log.slice(0, -1).findLastIndex(hasResult);
    if (count < 3) return;
    const restMs = Math.min(restMaxMs, 1_000 * 2 ** (count - 3));
    assert(sinceMs >= restMs - slackMs, `${name} rests after ${count} attempts, not ${sinceMs} ms`);
  }

  /** A host that has finished nothing rests longer after each session that was lost. */
  #checkHostRests({ attempt }: StoreRow<'attempt-opened'>): void {
    const { session } = attempt;
    const loss = this.#losses.get(hostOf(session));
    if (loss === undefined || loss.session === session) return;
    // Other workers also fail in other ways: a loss during the rest after them is not counted.
    if (this.#finishedHosts.has(hostOf(session)) || !this.#isDying(attempt.worker)) return;
    const sinceMs = this.#timeline.nowMs - loss.atMs;
    // The rest may have begun with an earlier loss.
    if (loss.count < 3) return;
    const restMs = 1_000 * 2 ** (Math.min(loss.count, 8) - 3);
    assert(sinceMs >= restMs - slackMs, `${session} rests after ${loss.count} lost sessions`);
  }
}

/** Whether an attempt ended otherwise than in vain; a lost one may have reported its result later. */
function hasResult(attempt: AttemptRecord): boolean {
  return !isSetback(attempt) || attempt.fingerprint !== null;
}

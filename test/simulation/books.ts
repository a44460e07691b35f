/**
 * The books that the product does not keep: what was promised to whom, what was truly said when, and
 * whether the dispatcher kept to it. A broken promise stops the history with its name.
 *
 * Time is counted as long as the coordinator runs: what it slept through is nobody's fault.
 */
import { assert } from '../../src/base/assert.ts';
import type { ClusterState } from '../../src/coordinator/core/state/cluster-state.ts';
import type { Dispatcher } from '../../src/coordinator/core/dispatcher.ts';
import type { CoordinatorMessage, Hello, PackProgress } from '../../src/rpc/messages/messages.ts';
import type { RowOf, StoreRow } from '../../src/store/rows.ts';
import { trialName } from '../../src/study/trial.ts';
import { GrantChecks } from './grant-checks.ts';
import type { ModelStore, StoredTrial } from './model-store.ts';
import { settings } from './simulated-coordinator.ts';
import type { SimulatedWorker, WorkerKind } from './simulated-worker.ts';
import type { Timeline } from './timeline.ts';
import { trueResult } from './truth.ts';

/** Commits and ticks take their time. */
const slackMs = 60;

export class Books {
  readonly #timeline: Timeline;
  readonly #store: ModelStore;
  readonly #kindOf: (worker: string) => WorkerKind;
  readonly #grants: GrantChecks;
  /** Messages may overtake one another: then a thread may be granted twice for a moment. */
  isOrdered = true;
  acknowledged = 0;
  hasTest = true;
  #state: ClusterState | null = null;
  /** Time in which the coordinator ran, up to `#sinceMs`; null while it does not run. */
  #awakeMs = 0;
  #sinceMs: number | null = 0;
  /** By pack: how far it is known to be, since when, and how long it had stood before. */
  #progress = new Map<string, { step: number; atMs: number; stoodMs: number }>();
  /** By session: when its stream closed, as the coordinator knows it. */
  #closedAtMs = new Map<string, number>();
  /** By session: the packs that it had when it last came back. */
  readonly #held = new Map<string, Set<string>>();
  /** Packs that a worker process has trained to the end. */
  readonly #computed = new Set<string>();
  /** By pack: how many of its attempts are awaited. */
  readonly #awaited = new Map<string, number>();
  #accepted = new Map<string, number>();
  /** Sessions that were asked for a data set on the stream that they have now. */
  readonly #asked = new Set<string>();
  /** Studies that were thrown away once: messages about them may still be on their way. */
  readonly #gone = new Set<string>();

  constructor(timeline: Timeline, store: ModelStore, kindOf: (worker: string) => WorkerKind) {
    this.#timeline = timeline;
    this.#store = store;
    this.#kindOf = kindOf;
    this.#grants = new GrantChecks(timeline, store, kindOf);
    store.onApplied = (row) => this.#applied(row);
  }

  #awake(): number {
    return this.#awakeMs + (this.#sinceMs === null ? 0 : this.#timeline.nowMs - this.#sinceMs);
  }

  coordinatorStopped(isStopped: boolean): void {
    this.#grants.coordinatorStopped();
    this.#awakeMs = this.#awake();
    this.#sinceMs = isStopped ? null : this.#timeline.nowMs;
  }

  coordinatorGone(): void {
    this.#state = null;
    this.coordinatorStopped(true);
  }

  /** Every attempt that was running has one fresh lease to be claimed. */
  coordinatorBuilt({ state }: Dispatcher): void {
    this.#state = state;
    this.#grants.coordinatorBuilt(this.#awake(), state.studies.size > 0);
    this.coordinatorStopped(false);
    this.#accepted = new Map();
    this.#closedAtMs = new Map();
    this.#progress = new Map();
    for (const pack of state.packs.keys())
      this.#progress.set(pack, { step: -1, atMs: this.#awake(), stoodMs: 0 });
  }

  streamOpened({ session, held }: Hello): void {
    this.#closedAtMs.delete(session);
    this.#grants.streamOpened(session);
    this.#asked.delete(session);
    this.#held.set(session, new Set(held.map(({ pack }) => pack)));
    this.progressed(session, held);
  }

  streamClosed(session: string): void {
    this.#closedAtMs.set(session, this.#awake());
    this.#grants.streamClosed(session);
  }

  /** What a worker has said of its packs has reached the dispatcher. */
  progressed(session: string, packs: readonly PackProgress[]): void {
    for (const { pack, step } of packs) {
      const known = this.#progress.get(pack);
      if (known === undefined || this.#state?.packs.get(pack)?.session !== session) continue;
      const atMs = this.#awake();
      if (step > known.step) this.#progress.set(pack, { step, atMs, stoodMs: atMs - known.atMs });
    }
  }

  drained(session: string): void {
    this.#grants.drained(session);
  }

  leaves(session: string): void {
    this.#grants.leaves(session);
  }

  studyGone(study: string): void {
    this.#gone.add(study);
  }

  computed(pack: string): void {
    this.#computed.add(pack);
  }

  sent(session: string, message: CoordinatorMessage): void {
    if (message.kind === 'prepare') this.#asked.add(session);
    if (message.kind === 'abort')
      assert(
        (this.#awaited.get(message.pack) ?? 0) === 0,
        `${message.pack} is awaited, and stopped`,
      );
    if (message.kind !== 'answer' || message.answer === 'unknown') return;
    const { study, trial, attempt } = message.key;
    const stored = this.#store.trial(study, trial).log[attempt - 1];
    assert(stored?.session === session, 'only who was granted an attempt can report its result');
    if (message.answer === 'accepted' && stored.kind === 'search')
      this.#accepted.set(session, (this.#accepted.get(session) ?? 0) + 1);
  }

  /** What a worker hears is on disk. */
  received(worker: SimulatedWorker, message: CoordinatorMessage): void {
    const { sessionId, threads, packMax } = worker.settings;
    if (message.kind === 'answer' && ['accepted', 'duplicate'].includes(message.answer)) {
      this.acknowledged += 1;
      const { study, trial, attempt } = message.key;
      if (this.#gone.has(study)) return;
      const stored = this.#store.trial(study, trial);
      assert(stored.result !== null, `${trialName(trial)} was acknowledged, so it is stored`);
      const reported = stored.log[attempt - 1]?.fingerprint ?? null;
      assert(reported !== null, `${trialName(trial)}#${attempt}: what it reported is on record`);
    }
    if (message.kind === 'assign') {
      for (const { key } of message.assignment.members) {
        if (this.#gone.has(key.study)) continue;
        const stored = this.#store.trial(key.study, key.trial).log[key.attempt - 1];
        assert(stored?.session === sessionId, 'what is granted was stored before');
      }
      const { members } = message.assignment;
      assert(members.length <= packMax, 'a pack has no more trials than its worker takes');
      const replicates = new Set(members.map(({ key }) => key.trial.replicate));
      assert(replicates.size === 1, 'trials of a pack have one seed');
      assert(
        !this.isOrdered || worker.running.size < threads,
        'a worker is given no more packs than it has threads',
      );
    }
  }

  /** Nothing waits to be stored: memory and store say the same. */
  settled({ state }: Dispatcher): void {
    const now = this.#awake();
    for (const pack of state.packs.values()) {
      const isOpen = pack.members.some(
        ({ trial, attempt }) => trial.attempts[attempt - 1]?.outcome === null,
      );
      const known = this.#progress.get(pack.id);
      const isOver = known !== undefined && now - known.atMs > settings.leaseMs + 1_000;
      assert(!isOpen || !isOver, `${pack.id} made no progress and is still let run`);
      const isStopped = pack.aborted || state.workers.get(pack.session)?.connected !== true;
      const isCancelled = state.studies.get(pack.study)?.status === 'cancelled';
      assert(!isCancelled || isStopped, `${pack.id} runs on, and its study is cancelled`);
    }
    for (const study of state.studies.values()) {
      const stored = this.#store.study(study.name);
      assert(study.status === stored.record.status, `${study.name} is ${stored.record.status}`);
      let waiting = 0;
      for (const trial of study.trials.values()) {
        const row = stored.trials.get(trial.name);
        assert(row, `${trial.name} is stored`);
        assert(
          trial.status === row.status &&
            trial.failures === row.failures &&
            trial.fingerprint === row.fingerprint &&
            trial.audit === row.audit &&
            trial.attempts.length === row.log.length &&
            trial.attempts.every((attempt, index) => attempt.outcome === row.log[index]?.outcome),
          `memory and store agree on ${trial.name}`,
        );
        if (trial.status === 'waiting') waiting += 1;
      }
      assert(study.waiting === waiting, `${study.name} counts the trials that wait`);
      for (const { trials, open, record } of study.stages) {
        const left = trials.filter(({ status }) => status === 'waiting' || status === 'running');
        assert(open === left.length, `stage ${record.name} counts its open trials`);
      }
    }
    assert(
      state.excluded.size === this.#store.convicted.size,
      'memory and store agree on who is convicted',
    );
    for (const { session, trialsCompleted, preparing } of state.workers.values()) {
      assert(preparing === null || this.#asked.has(session), `${session} was asked for its data`);
      const accepted = this.#accepted.get(session) ?? 0;
      assert(trialsCompleted <= accepted, 'a worker has completed what was accepted of it');
    }
  }

  #count(pack: string, by: number): void {
    this.#awaited.set(pack, (this.#awaited.get(pack) ?? 0) + by);
  }

  #applied(row: StoreRow): void {
    switch (row.kind) {
      case 'attempt-opened':
        this.#progress.set(row.attempt.pack, { step: -1, atMs: this.#awake(), stoodMs: 0 });
        this.#count(row.attempt.pack, 1);
        this.#grants.check(row, this.#state?.workers.values() ?? [], this.#awake());
        return;
      case 'attempt-closed': {
        this.#grants.closed(row);
        this.#count(this.#store.trial(row.study, row.trial).log[row.attempt - 1]?.pack ?? '', -1);
        return this.#checkGivenUp(row);
      }
      case 'trial-ended':
      case 'result-replaced':
      case 'trial-audited':
        return this.#checkTruth(row.study, this.#store.trial(row.study, row.trial));
      case 'worker-quarantined':
        assert(
          ['wrong', 'garbled'].includes(this.#kindOf(row.worker)),
          `${row.worker} did nothing wrong`,
        );
        return;
      case 'winner':
        return this.#checkTests(row);
      default:
        return;
    }
  }

  /** Each replicate of a settled winner was tested by somebody who is believed. */
  #checkTests({ study, winner }: RowOf<'winner'>): void {
    if (winner?.reproduced !== true) return;
    for (const { replicate, worker } of winner.tests) {
      const trial = this.#store.trial(study, { ...winner.trial, replicate });
      const isBelieved = trial.log.some(
        ({ kind, fingerprint, worker: by, session }) =>
          kind === 'test' &&
          fingerprint === trial.fingerprint &&
          by === worker &&
          !this.#store.convicted.has(session),
      );
      assert(isBelieved, `${worker}, who tested ${trialName(winner.trial)}, is believed`);
    }
  }

  /** Nobody is given up who speaks. */
  #checkGivenUp({ study, trial, attempt: number, outcome, reason }: RowOf<'attempt-closed'>): void {
    const attempt = this.#store.trial(study, trial).log[number - 1];
    assert(attempt, 'it was opened');
    const { atMs = 0, stoodMs = 0 } = this.#progress.get(attempt.pack) ?? {};
    const sinceMs = this.#awake() - atMs;
    // Heard after it was decided, and before that was stored.
    const idleMs = sinceMs < slackMs ? sinceMs + stoodMs : sinceMs;
    if (outcome === 'timeout')
      assert(
        idleMs >= settings.leaseMs - slackMs,
        `${attempt.pack} made progress ${idleMs} ms ago`,
      );
    if (outcome !== 'lost') return;
    if (reason?.includes('without it') === true) {
      const isHeld = this.#held.get(attempt.session)?.has(attempt.pack) === true;
      assert(!isHeld, `${attempt.worker} came back with ${attempt.pack}`);
      assert(!this.#computed.has(attempt.pack), `${attempt.pack} was computed and not told`);
      return;
    }
    const closedAtMs = this.#closedAtMs.get(attempt.session) ?? Infinity;
    const goneMs = Math.max(
      idleMs - settings.leaseMs,
      this.#awake() - closedAtMs - settings.reconnectMs,
    );
    assert(goneMs >= -slackMs, `${attempt.worker} has its time to come back`);
  }

  /** A result that counts is right, unless a worker that computes wrongly gave it and nobody looked. */
  #checkTruth(study: string, { id, lambda, result, worker, audit }: StoredTrial): void {
    if (result === null || worker === null) return;
    if (this.#kindOf(worker) === 'foreign') return;
    if (this.#kindOf(worker) === 'wrong' && audit !== 'verified') return;
    const isRight =
      JSON.stringify(result) ===
      JSON.stringify(
        trueResult(id, lambda, this.#store.study(study).record.spec.test === 'all' && this.hasTest),
      );
    assert(isRight, `the result of ${trialName(id)} by ${worker} is right (${audit})`);
  }
}

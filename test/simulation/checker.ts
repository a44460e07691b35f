/**
 * Checker: records what the product itself does not keep (what was promised to which worker, what each
 * worker really reported and when) and stops the history at the first broken promise.
 *
 * It counts the time in which the coordinator runs: leases do not end while it is stopped.
 */
import { assert } from '../../src/base/assert.ts';
import type { Dispatcher } from '../../src/coordinator/core/dispatcher.ts';
import type { ClusterState, PackEntry } from '../../src/coordinator/core/state/cluster-state.ts';
import type { CoordinatorMessage, Hello, PackProgress } from '../../src/rpc/messages/messages.ts';
import { ownTokenId } from '../../src/study/own-token.ts';
import type { StoreRow } from '../../src/store/rows.ts';
import { trialName } from '../../src/study/trial.ts';
import { checkAgreement } from './agreement-checks.ts';
import { AssignmentChecks } from './assignment-checks.ts';
import { FailureChecks, type MayFail } from './failure-checks.ts';
import { FairnessCheck } from './fairness-check.ts';
import { checkUntested } from './stage-checks.ts';
import type { ModelStore, ModelTrial } from './model-store.ts';
import { settings } from './simulated-coordinator.ts';
import { correctResult, correctRungResult, rungDigest, rungTrainer } from './simulated-results.ts';
import type { SimulatedWorker, WorkerKind } from './simulated-worker.ts';
import type { Timeline } from './timeline.ts';

/** Rounding error of differences of times. */
const roundingMs = 1e-6;

interface Progress {
  readonly step: number;
  readonly atMs: number;
}

export interface HistoryFacts {
  readonly workerKind: (worker: string) => WorkerKind;
  readonly mayFail: MayFail;
  /** Of each worker. */
  readonly threads: number;
}

export class Checker {
  /** False if messages may overtake each other: then a thread may briefly have two packs. */
  isOrdered = true;
  hasTest = true;
  readonly #timeline: Timeline;
  readonly #store: ModelStore;
  readonly #workerKind: (worker: string) => WorkerKind;
  readonly #assignments: AssignmentChecks;
  readonly #failures: FailureChecks;
  readonly #fairness = new FairnessCheck();
  #state: ClusterState | null = null;
  /** Time in which the coordinator ran, up to `#sinceMs`; null while it does not run. */
  #runMs = 0;
  #sinceMs: number | null = 0;
  /** By pack: its last progress that has reached the dispatcher. */
  #progress = new Map<string, Progress>();
  /** By pack: since when it has had no right to run on. */
  readonly #overdueAtMs = new Map<string, number>();
  /** By session: when the coordinator noticed that its stream closed. */
  #closedAtMs = new Map<string, number>();
  /** By session: the packs that it held when it last came back. */
  readonly #held = new Map<string, Set<string>>();
  /** Sessions that have announced to this coordinator that they leave. */
  #leaving = new Set<string>();
  /** Packs that a worker process has trained to the end. */
  readonly #computed = new Set<string>();
  /** By pack: number of open attempts. */
  readonly #open = new Map<string, number>();
  /** By session: number of accepted search results. */
  #accepted = new Map<string, number>();
  /** Sessions that were asked for a data set on their present stream. */
  readonly #preparing = new Set<string>();
  /** Removed studies: messages about them may still be in flight. */
  readonly #removed = new Set<string>();

  constructor(
    timeline: Timeline,
    store: ModelStore,
    { workerKind, mayFail, threads }: HistoryFacts,
  ) {
    this.#timeline = timeline;
    this.#store = store;
    this.#workerKind = workerKind;
    this.#assignments = new AssignmentChecks(timeline, store, workerKind);
    this.#failures = new FailureChecks(
      timeline,
      store,
      mayFail,
      threads,
      (worker) => workerKind(worker) === 'dying',
    );
    store.onApplied = (row) => this.#applied(row);
  }

  /** How long the coordinator has run. */
  #now(): number {
    return this.#runMs + (this.#sinceMs === null ? 0 : this.#timeline.nowMs - this.#sinceMs);
  }

  coordinatorStopped(isStopped: boolean): void {
    this.#assignments.coordinatorStopped();
    this.#failures.coordinatorStopped();
    this.#runMs = this.#now();
    this.#sinceMs = isStopped ? null : this.#timeline.nowMs;
  }

  coordinatorGone(): void {
    this.#state = null;
    this.coordinatorStopped(true);
  }

  /** Running attempts have one new lease in which they can be claimed. */
  coordinatorBuilt({ state }: Dispatcher): void {
    this.#state = state;
    this.#failures.coordinatorBuilt();
    this.#assignments.coordinatorBuilt(this.#now(), state.studies.size > 0);
    this.coordinatorStopped(false);
    this.#accepted = new Map();
    this.#closedAtMs = new Map();
    this.#leaving = new Set();
    this.#progress = new Map();
    for (const pack of state.packs.keys()) this.#started(pack);
  }

  /** A decision was made; its rows are stored a little later. */
  decided(rows: readonly StoreRow[], { state }: Dispatcher): void {
    this.#assignments.decided(rows, state);
    this.#fairness.decided(rows, state);
    for (const row of rows) {
      if (row.kind === 'attempt-opened') this.#started(row.attempt.pack);
      if (row.kind === 'attempt-closed') this.#checkLost(row, state);
    }
  }

  streamOpened({ session, held }: Hello): void {
    this.#closedAtMs.delete(session);
    // A copy of another worker's farewell may have removed a session that works on.
    this.#leaving.delete(session);
    this.#assignments.streamOpened(session);
    this.#failures.streamOpened(session);
    this.#preparing.delete(session);
    this.#held.set(session, new Set(held.map(({ pack }) => pack)));
    this.progressed(session, held);
  }

  streamClosed(session: string): void {
    this.#closedAtMs.set(session, this.#now());
    this.#assignments.streamClosed(session);
  }

  /** A worker's report of progress has reached the dispatcher. */
  progressed(session: string, packs: readonly PackProgress[]): void {
    for (const { pack, step } of packs) {
      const known = this.#progress.get(pack);
      if (known === undefined || this.#state?.packs.get(pack)?.session !== session) continue;
      if (step > known.step) this.#progress.set(pack, { step, atMs: this.#now() });
    }
  }

  /** The operator drains a worker. */
  drained(session: string): void {
    this.#assignments.drained(session);
  }

  /** A worker has announced that it leaves, and has named its packs. */
  leaves(session: string, held: readonly string[]): void {
    this.#assignments.leaves(session);
    this.#leaving.add(session);
    for (const { id } of this.#state?.workers.get(session)?.packs ?? [])
      assert(held.includes(id), `${session} leaves without ${id}, which is returned`);
  }

  processEnded(session: string): void {
    this.#failures.processEnded(session);
  }

  studyRemoved(study: string): void {
    this.#removed.add(study);
  }

  computed(pack: string): void {
    this.#computed.add(pack);
  }

  sent(session: string, message: CoordinatorMessage): void {
    if (message.kind === 'prepare') this.#preparing.add(session);
    if (message.kind === 'abort')
      assert((this.#open.get(message.pack) ?? 0) === 0, `aborted ${message.pack} is not awaited`);
    if (message.kind !== 'answer' || message.answer === 'unknown') return;
    const { study, trial, attempt } = message.key;
    const stored = this.#store.trial(study, trial).log[attempt - 1];
    assert(stored?.session === session, 'only the assigned session reports a result');
    if (message.answer === 'accepted' && stored.kind === 'search')
      this.#accepted.set(session, (this.#accepted.get(session) ?? 0) + 1);
  }

  /** A worker receives only what is on disk. */
  received(worker: SimulatedWorker, message: CoordinatorMessage): void {
    const { sessionId, threads, packMax } = worker.settings;
    if (message.kind === 'answer' && ['accepted', 'duplicate'].includes(message.answer)) {
      const { study, trial, attempt } = message.key;
      if (this.#removed.has(study)) return;
      const stored = this.#store.trial(study, trial);
      const isStored = stored.result !== null || (stored.rungs?.results.length ?? 0) > 0;
      assert(isStored, `acknowledged result of ${trialName(trial)} is stored`);
      const reported = stored.log[attempt - 1]?.fingerprint ?? null;
      assert(reported !== null, `reported result of ${trialName(trial)}#${attempt} is stored`);
    }
    if (message.kind !== 'assign') return;
    const { members } = message.assignment;
    for (const { key } of members) {
      if (this.#removed.has(key.study)) continue;
      const stored = this.#store.trial(key.study, key.trial).log[key.attempt - 1];
      assert(stored?.session === sessionId, 'an assignment is stored before it is sent');
    }
    assert(members.length <= packMax, 'a pack has at most as many trials as its worker accepts');
    const replicates = new Set(members.map(({ key }) => key.trial.replicate));
    assert(replicates.size === 1, 'trials of a pack have the same seed');
    const isFree = !this.isOrdered || worker.running.size < threads;
    assert(isFree, 'a worker has at most as many packs as threads');
  }

  /** Nothing waits to be stored: memory and store agree. */
  settled(dispatcher: Dispatcher): void {
    const { state } = dispatcher;
    for (const pack of state.packs.values()) {
      const isOpen = pack.members.some(
        ({ trial, attempt }) => trial.attempts[attempt - 1]?.outcome === null,
      );
      if (isOpen) this.#checkOverdue(state, pack);
      const isStopped = pack.aborted || state.workers.get(pack.session)?.connected !== true;
      const isCancelled = state.studies.get(pack.study)?.status === 'cancelled';
      assert(!isCancelled || isStopped, `${pack.id} of a cancelled study is stopped`);
    }
    checkAgreement(state, this.#store);
    this.#failures.checkDeaths(state);
    const names = [...state.workers.values()].flatMap(({ connected, name }) =>
      connected ? [name] : [],
    );
    assert(new Set(names).size === names.length, 'connected workers have different names');
    for (const { session, trialsCompleted, preparing } of state.workers.values()) {
      const isAsked = preparing === null || this.#preparing.has(session);
      assert(isAsked, `${session} was asked for its data set on its present stream`);
      const accepted = this.#accepted.get(session) ?? 0;
      assert(trialsCompleted <= accepted, 'a worker has completed what was accepted from it');
    }
  }

  /** A pack without progress loses its lease at the next tick. */
  #checkOverdue(state: ClusterState, pack: PackEntry): void {
    const known = this.#progress.get(pack.id);
    if (known === undefined || this.#now() - known.atMs <= this.#leaseMs(state, pack)) {
      this.#overdueAtMs.delete(pack.id);
      return;
    }
    const sinceMs = this.#overdueAtMs.get(pack.id) ?? this.#now();
    this.#overdueAtMs.set(pack.id, sinceMs);
    assert(this.#now() - sinceMs <= 1_000, `the lease of ${pack.id} ends without progress`);
  }

  /** How long a pack may make no progress; longer for its first step, and if all packs of its worker are slow. */
  #leaseMs({ workers }: ClusterState, pack: PackEntry): number {
    const { leaseMs } = settings;
    const worker = workers.get(pack.session);
    const patienceMs = leaseMs * (worker?.machine.patience ?? 1);
    if ((this.#progress.get(pack.id)?.step ?? 0) <= 0) return patienceMs;
    const others = [...(worker?.packs ?? [])].filter((other) => other !== pack);
    const isQuick = ({ id }: PackEntry): boolean => {
      const known = this.#progress.get(id);
      return known !== undefined && known.step > 0 && this.#now() - known.atMs < leaseMs;
    };
    return others.length === 0 || others.some(isQuick) ? leaseMs : patienceMs;
  }

  #started(pack: string): void {
    this.#progress.set(pack, { step: -1, atMs: this.#now() });
  }

  #applied(row: StoreRow): void {
    this.#failures.check(row);
    switch (row.kind) {
      case 'attempt-opened': {
        const { pack } = row.attempt;
        this.#open.set(pack, (this.#open.get(pack) ?? 0) + 1);
        this.#assignments.check(row, this.#now());
        return;
      }
      case 'attempt-closed': {
        this.#assignments.closed(row);
        const pack = this.#store.trial(row.study, row.trial).log[row.attempt - 1]?.pack ?? '';
        this.#open.set(pack, (this.#open.get(pack) ?? 0) - 1);
        return;
      }
      case 'attempt-reported':
        return this.#assignments.reported(row);
      case 'trial-audited':
        if (row.verdict === 'verified')
          this.#checkVerified(this.#store.trial(row.study, row.trial));
        return this.#checkResult(row.study, this.#store.trial(row.study, row.trial));
      case 'trial-ended':
        this.#checkChain(row.study, this.#store.trial(row.study, row.trial));
        return this.#checkResult(row.study, this.#store.trial(row.study, row.trial));
      case 'result-replaced':
        return this.#checkResult(row.study, this.#store.trial(row.study, row.trial));
      case 'study-status':
        if (row.reason?.startsWith('the test set could not be measured') === true)
          checkUntested(this.#store.study(row.study));
        return;
      case 'worker-excluded': {
        const isFaulty = ['wrong', 'malformed'].includes(this.#workerKind(row.worker));
        return assert(
          isFaulty,
          `excluded ${row.worker} has computed a wrong result: ${row.reason}`,
        );
      }
      case 'winner':
        return this.#checkTests(row);
      default:
        return;
    }
  }

  /** Two tokens, or the coordinator itself, have computed a verified result. */
  #checkVerified({ id, log, fingerprint, source }: ModelTrial): void {
    // The study that it is from was checked.
    if (source !== undefined) return;
    const tokens = log.flatMap((attempt) =>
      attempt.fingerprint === fingerprint && attempt.kind !== 'test' ? [attempt.tokenId] : [],
    );
    const isVerified = new Set(tokens).size > 1 || tokens.includes(ownTokenId);
    assert(isVerified, `two tokens have computed ${trialName(id)}`);
  }

  /** Each replicate of a reproduced winner was tested by a worker that is not excluded. */
  #checkTests({ study, winner }: StoreRow<'winner'>): void {
    if (winner?.reproduced !== true) return;
    for (const { replicate, worker } of winner.tests) {
      const trial = this.#store.trial(study, { ...winner.trial, replicate });
      const isTested = trial.log.some(
        (attempt) =>
          attempt.kind === 'test' &&
          attempt.fingerprint === trial.fingerprint &&
          attempt.worker === worker &&
          !this.#store.excluded.has(attempt.session),
      );
      assert(isTested, `${worker}, which tested ${trialName(winner.trial)}, is not excluded`);
      this.#checkSettled(trial);
    }
  }

  /** Workers whose test differs from that of the coordinator's own worker are excluded. */
  #checkSettled({ id, log }: ModelTrial): void {
    const settled = log.find(
      ({ kind, tokenId, fingerprint }) =>
        kind === 'test' && tokenId === ownTokenId && fingerprint !== null,
    );
    if (settled === undefined) return;
    const wrong = log.find(
      ({ kind, fingerprint, session }) =>
        kind === 'test' &&
        fingerprint !== null &&
        fingerprint !== settled.fingerprint &&
        !this.#store.excluded.has(session),
    );
    assert(
      wrong === undefined,
      `${wrong?.worker}, which is wrong about ${trialName(id)}, is excluded`,
    );
  }

  /** An attempt is lost or times out only if its worker had its time. */
  #checkLost(row: StoreRow<'attempt-closed'>, { studies }: ClusterState): void {
    const trial = studies.get(row.study)?.trials.get(row.trial);
    const attempt = trial?.attempts[row.attempt - 1];
    assert(attempt, 'a closed attempt is in memory');
    const { pack, session, worker } = attempt;
    const idleMs = this.#now() - (this.#progress.get(pack)?.atMs ?? 0);
    if (row.outcome === 'timeout' || row.reason?.startsWith('no progress') === true) {
      const isStarting = (this.#progress.get(pack)?.step ?? 0) <= 0;
      const leaseMs = settings.leaseMs * (isStarting ? 4 : 1);
      assert(idleMs >= leaseMs - roundingMs, `${pack} made progress ${idleMs} ms ago`);
    }
    if (row.outcome !== 'lost') return;
    assert(!this.#leaving.has(session), `${worker} leaves in order: ${pack} counts no failure`);
    if (row.reason?.includes('without it') === true) {
      const isHeld = this.#held.get(session)?.has(pack) === true;
      assert(!isHeld, `${worker} came back with ${pack}`);
      assert(!this.#computed.has(pack), `${pack} was computed and is reported`);
      return;
    }
    const closedMs = this.#now() - (this.#closedAtMs.get(session) ?? Infinity);
    const overdueMs = Math.max(idleMs - settings.leaseMs, closedMs - settings.reconnectMs);
    assert(overdueMs >= -roundingMs, `${worker} has its time to come back`);
  }

  /** A trial that was trained again from the first step has passed the state that is stored at its last rung. */
  #checkChain(study: string, { id, params, result, rungs }: ModelTrial): void {
    const { spec } = this.#store.study(study).record;
    if (result?.kind !== 'complete' || !spec.reproducible) return;
    const before = rungs?.results.findLast((rung) => rung.result.steps < result.steps);
    const isRight = result.digest === rungDigest(id, params, result.steps);
    if (before === undefined || before.audit === 'disputed' || !isRight) return;
    const { steps, digest } = before.result;
    const isOne = digest === rungDigest(id, params, steps);
    assert(isOne, `${trialName(id)} continues the training that was compared at step ${steps}`);
  }

  /** A result that counts is correct, unless a worker with wrong results gave it and no audit was due. */
  #checkResult(study: string, trial: ModelTrial): void {
    const { id, params, result, worker, audit, rungs, source } = trial;
    if (result === null || worker === null) return;
    const kind = this.#workerKind(worker);
    if (kind === 'incompatible' || (kind === 'wrong' && audit !== 'verified')) return;
    const { spec } = this.#store.study(study).record;
    const measureTest = spec.test === 'all' && this.hasTest;
    const correct =
      spec.trainer['cycles'] === rungTrainer.cycles
        ? correctRungResult(id, params, rungs?.toStep ?? 60, measureTest)
        : correctResult(id, params, measureTest, study);
    const expected = source === undefined ? correct : { ...correct, seconds: 0 };
    const isCorrect = JSON.stringify(result) === JSON.stringify(expected);
    assert(isCorrect, `the result of ${trialName(id)} by ${worker} is correct (${audit})`);
  }
}

/**
 * The dispatcher: decides who trains what, and what counts.
 *
 * Think of a library that lends work. Every loan (a lease) has a date; heartbeats renew it, but only
 * while the reader turns pages. A loan that runs out is lent to somebody else, and a book brought
 * back late is still read: the first result counts, whoever brings it, and later ones are compared.
 *
 * Sans-io: it holds state in memory and does nothing but decide. Every event comes in with the time
 * it happened; every decision goes out as rows to persist and effects that may only follow once the
 * rows are on disk. When a commit fails, this object is thrown away and built again from the store.
 *
 * Parts: `trial-state.ts` (one trial), `results.ts` (what becomes of attempts), `granting.ts` (who is
 * next), `stage-progress.ts` (from stage to stage), `cluster-state.ts` (what is remembered).
 * Not here: sockets, timers, SQLite (`coordinator-server.ts`), and how a λ is sampled (`search`).
 */
import { assert, unreachable } from '../base/assert.ts';
import type { Hello, PackProgress, WorkerMessage } from '../rpc/messages.ts';
import type { StudySpec } from '../study/study-spec.ts';
import {
  isActive,
  isNumericallyFit,
  studyEntry,
  type ClusterState,
  type Decision,
  type Moment,
  type PackEntry,
  type StudyData,
  type StudyEntry,
  type WorkerEntry,
} from './cluster-state.ts';
import { grantAll, send } from './granting.ts';
import { restoreStudy, type StoredStudy } from './restore.ts';
import { abortPack, cancelTrials, giveUpPack, isPackDone, takeResult } from './results.ts';
import { advanceStudy, createTrials, endStudy, plannedStage } from './stage-progress.ts';

export interface DispatcherSettings {
  /** How long an attempt may make no progress before it is given to somebody else. */
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  /** How long the leases of a closed stream wait for the same session to come back. */
  readonly reconnectMs: number;
  /** How long a lost worker stays in the table, and its late results are expected. */
  readonly forgetMs: number;
  readonly knownAnswer: string;
  readonly version: string;
}

export class Dispatcher {
  readonly state: ClusterState;
  readonly #settings: DispatcherSettings;

  constructor(settings: DispatcherSettings, stored: readonly StoredStudy[], now: Moment) {
    this.#settings = settings;
    this.state = {
      studies: new Map(),
      workers: new Map(),
      packs: new Map(),
      knownAnswer: settings.knownAnswer,
    };
    for (const study of stored) this.restore(study, now);
  }

  /** Takes up a study from the store: after a restart, or when a finished one is extended. */
  restore(stored: StoredStudy, now: Moment): void {
    restoreStudy(this.state, stored, now.monotonicMs + this.#settings.leaseMs, now);
  }

  /** A new study, behind those that were submitted before it. */
  submit(spec: StudySpec, data: StudyData, details: SubmitDetails, now: Moment): Decision {
    const decision = emptyDecision();
    assert(!this.state.studies.has(spec.study), () => `study ${spec.study} is new`);
    const study = studyEntry(spec, data, 'waiting', null, now);
    for (const stage of spec.stages)
      study.stages.push({ record: plannedStage(stage), trials: [], open: 0 });
    this.state.studies.set(study.name, study);
    const stages = study.stages.map((stage) => stage.record);
    decision.persist.push({
      kind: 'study-created',
      record: {
        spec,
        status: 'waiting',
        reason: null,
        createdAtMs: now.wallMs,
        endedAtMs: null,
        knownAnswer: this.#settings.knownAnswer,
        partDigests: details.partDigests,
        officialData: details.officialData,
        stages,
        winner: null,
      },
    });
    return this.#settle(now, decision);
  }

  /** More trials in the last stage, or more stages, of a study that is here already. */
  extend(spec: StudySpec, now: Moment): Decision {
    const decision = emptyDecision();
    const study = this.#study(spec.study);
    const lastStored = study.stages.length - 1;
    study.spec = spec;
    for (const [index, stage] of spec.stages.entries()) {
      const entry = study.stages[index];
      if (entry === undefined)
        study.stages.push({ record: plannedStage(stage), trials: [], open: 0 });
      else if (index === lastStored && stage.trials > entry.record.trials) {
        entry.record = { ...entry.record, trials: stage.trials, closed: false };
      }
    }
    study.winner = null;
    study.testCharged = 0;
    study.status = 'running';
    decision.persist.push({
      kind: 'study-extended',
      spec,
      stages: study.stages.map((stage) => stage.record),
    });
    decision.persist.push({ kind: 'winner', study: spec.study, winner: null });
    decision.persist.push({
      kind: 'study-status',
      study: spec.study,
      status: 'running',
      reason: null,
      endedAtMs: null,
    });
    for (const [index, stage] of study.stages.entries()) {
      const stageSpec = spec.stages[index];
      if (stage.record.range !== null && stageSpec)
        createTrials(study, stage, stageSpec, stage.record.range, decision);
    }
    return this.#settle(now, decision);
  }

  /** A worker's stream has opened. The protocol version was checked before. */
  joined(hello: Hello, address: string, now: Moment): Decision {
    const decision = emptyDecision();
    const known = this.state.workers.get(hello.session);
    const worker = known ?? newWorker(hello, this.#freeName(hello.name));
    worker.address = address;
    worker.threads = hello.threads;
    worker.packMax = hello.packMax;
    worker.kernel = hello.kernel;
    worker.knownAnswer = hello.knownAnswer;
    worker.connected = true;
    worker.closedAtMs = null;
    worker.reportedLost = false;
    worker.preparing = null;
    worker.datasets.clear();
    for (const dataset of hello.datasets) worker.datasets.add(dataset);
    this.state.workers.set(worker.session, worker);
    send(decision, worker, {
      kind: 'welcome',
      name: worker.name,
      leaseMs: this.#settings.leaseMs,
      heartbeatMs: this.#settings.heartbeatMs,
      version: this.#settings.version,
      knownAnswer: this.#settings.knownAnswer,
    });
    this.#claim(worker, hello.held, now, decision);
    const joined = {
      kind: 'worker-joined',
      worker: worker.name,
      threads: worker.threads,
      address,
    } as const;
    decision.afterCommit.push({ kind: 'notice', notice: joined });
    this.#logEvent(
      decision,
      now,
      null,
      'worker-joined',
      `${worker.name} from ${address} with ${worker.threads} threads`,
    );
    return this.#settle(now, decision);
  }

  /** A message on an open stream. */
  received(session: string, message: Exclude<WorkerMessage, Hello>, now: Moment): Decision {
    const decision = emptyDecision();
    const worker = this.state.workers.get(session);
    assert(worker, () => `session ${session} has joined`);
    switch (message.kind) {
      case 'heartbeat':
        for (const progress of message.packs) this.#renew(progress, worker, now);
        break;
      case 'measured':
        break; // Of interest to those who watch, who see it from the server; nothing is decided by it.
      case 'pack-ended':
        for (const member of message.results) takeResult(this.state, worker, member, now, decision);
        this.#freeThread(message.pack, worker, 'its results did not come with it', now, decision);
        break;
      case 'pack-failed': {
        const pack = this.#packOf(message.pack, worker);
        if (pack !== undefined)
          giveUpPack(this.state, pack, message.outcome, message.reason, now, decision);
        this.#freeThread(message.pack, worker, message.reason, now, decision);
        break;
      }
      case 'pack-returned':
        this.#freeThread(message.pack, worker, message.reason, now, decision);
        break;
      case 'dataset-ready':
        worker.datasets.add(message.dataset);
        if (worker.preparing === message.dataset) worker.preparing = null;
        break;
      case 'dataset-failed':
        this.#datasetFailed(worker, message.dataset, message.reason, now, decision);
        break;
      case 'draining':
        worker.draining = true;
        break;
      default:
        unreachable(message);
    }
    return this.#settle(now, decision);
  }

  /** A worker's stream has closed: its leases end soon, unless the same session comes back. */
  streamClosed(session: string, reason: string, now: Moment): Decision {
    const decision = emptyDecision();
    const worker = this.state.workers.get(session);
    if (worker === undefined || !worker.connected) return decision;
    worker.connected = false;
    worker.preparing = null;
    worker.closedAtMs = now.monotonicMs;
    if (worker.draining && worker.packs.size === 0) {
      this.state.workers.delete(session);
      decision.afterCommit.push({
        kind: 'notice',
        notice: { kind: 'worker-left', worker: worker.name, reason },
      });
      this.#logEvent(decision, now, null, 'worker-left', `${worker.name}: ${reason}`);
    }
    for (const pack of worker.packs) {
      pack.deadlineMs = Math.min(pack.deadlineMs, now.monotonicMs + this.#settings.reconnectMs);
    }
    return this.#settle(now, decision);
  }

  /** Time has passed: leases run out, lost workers are forgotten. Call it a few times a second. */
  tick(now: Moment): Decision {
    const decision = emptyDecision();
    for (const pack of this.state.packs.values()) {
      if (now.monotonicMs < pack.deadlineMs || isPackDone(pack)) continue;
      const worker = this.state.workers.get(pack.session);
      const reason =
        worker?.connected === true
          ? `no progress within the lease of ${this.#settings.leaseMs} ms`
          : 'the worker was lost: its connection closed and it did not come back';
      giveUpPack(this.state, pack, 'lost', reason, now, decision);
      abortPack(this.state, pack, reason, decision);
    }
    for (const worker of this.state.workers.values()) this.#reap(worker, now, decision);
    return this.#settle(now, decision);
  }

  /** Drops a study that is over from memory. */
  forget(name: string): void {
    this.state.studies.delete(name);
  }

  pause(name: string, now: Moment): Decision {
    return this.#setStatus(name, 'paused', now);
  }

  resume(name: string, now: Moment): Decision {
    return this.#setStatus(name, 'running', now);
  }

  cancel(name: string, reason: string, now: Moment): Decision {
    const decision = emptyDecision();
    const study = this.#study(name);
    cancelTrials(this.state, study, reason, now, decision);
    endStudy(study, 'cancelled', reason, now, decision);
    return this.#settle(now, decision);
  }

  /** Asks a worker, or all of them, to finish what runs and leave. */
  drain(workerName: string | null, reason: string): Decision {
    const decision = emptyDecision();
    for (const worker of this.state.workers.values()) {
      if (workerName !== null && worker.name !== workerName) continue;
      worker.draining = true;
      if (worker.connected) send(decision, worker, { kind: 'drain', reason });
    }
    return decision;
  }

  #setStatus(name: string, status: 'paused' | 'running', now: Moment): Decision {
    const decision = emptyDecision();
    const study = this.#study(name);
    study.status = status;
    decision.persist.push({
      kind: 'study-status',
      study: name,
      status,
      reason: null,
      endedAtMs: null,
    });
    return this.#settle(now, decision);
  }

  /** What every event ends with: stages move on, free threads get work. */
  #settle(now: Moment, decision: Decision): Decision {
    for (const study of this.state.studies.values()) {
      if (isActive(study)) advanceStudy(study, now, decision);
    }
    grantAll(this.state, this.#settings, now, decision);
    return decision;
  }

  /** Packs that a returning session still runs keep their leases; those it no longer names are lost. */
  #claim(
    worker: WorkerEntry,
    held: readonly PackProgress[],
    now: Moment,
    decision: Decision,
  ): void {
    const named = new Set(held.map((progress) => progress.pack));
    for (const progress of held) {
      const pack = this.#packOf(progress.pack, worker);
      if (pack === undefined) {
        send(decision, worker, {
          kind: 'abort',
          pack: progress.pack,
          reason: 'the coordinator no longer knows it',
        });
        continue;
      }
      pack.deadlineMs = now.monotonicMs + this.#settings.leaseMs;
      pack.step = progress.step;
      pack.aborted = false;
      if (pack.members.every(({ trial }) => trial.result !== null)) {
        abortPack(this.state, pack, 'its trials have their results', decision);
      }
    }
    for (const pack of worker.packs) {
      if (!named.has(pack.id))
        this.#freeThread(pack.id, worker, 'the worker came back without it', now, decision, 'lost');
    }
  }

  #renew(progress: PackProgress, worker: WorkerEntry, now: Moment): void {
    const pack = this.#packOf(progress.pack, worker);
    if (pack === undefined || progress.step <= pack.step) return;
    pack.step = progress.step;
    pack.deadlineMs = now.monotonicMs + this.#settings.leaseMs;
  }

  /** The worker says that a pack no longer occupies a thread; what is open of it goes back. */
  #freeThread(
    id: string,
    worker: WorkerEntry,
    reason: string,
    now: Moment,
    decision: Decision,
    outcome: 'returned' | 'lost' = 'returned',
  ): void {
    const pack = this.#packOf(id, worker);
    if (pack === undefined) return;
    giveUpPack(this.state, pack, outcome, reason, now, decision);
    worker.packs.delete(pack);
    this.state.packs.delete(id);
  }

  #packOf(id: string, worker: WorkerEntry): PackEntry | undefined {
    const pack = this.state.packs.get(id);
    return pack?.session === worker.session ? pack : undefined;
  }

  #datasetFailed(
    worker: WorkerEntry,
    dataset: string,
    reason: string,
    now: Moment,
    decision: Decision,
  ): void {
    worker.datasetFailures.set(dataset, reason);
    if (worker.preparing === dataset) worker.preparing = null;
    for (const study of this.state.studies.values()) {
      if (study.searchKey !== dataset && study.testKey !== dataset) continue;
      decision.afterCommit.push({
        kind: 'notice',
        notice: { kind: 'worker-ineligible', worker: worker.name, study: study.name, reason },
      });
    }
    this.#logEvent(decision, now, null, 'worker-ineligible', `${worker.name}: ${reason}`);
  }

  /** Lost when its leases have run out; forgotten some time later, when no late result is expected. */
  #reap(worker: WorkerEntry, now: Moment, decision: Decision): void {
    if (worker.closedAtMs === null) return;
    const goneMs = now.monotonicMs - worker.closedAtMs;
    if (goneMs >= this.#settings.reconnectMs && !worker.reportedLost) {
      worker.reportedLost = true;
      const reason = 'its connection closed and it did not come back';
      decision.afterCommit.push({
        kind: 'notice',
        notice: { kind: 'worker-lost', worker: worker.name, reason },
      });
      this.#logEvent(decision, now, null, 'worker-lost', `${worker.name}: ${reason}`);
    }
    if (goneMs < this.#settings.forgetMs) return;
    for (const pack of worker.packs) this.state.packs.delete(pack.id);
    this.state.workers.delete(worker.session);
  }

  #logEvent(
    decision: Decision,
    now: Moment,
    study: string | null,
    what: string,
    detail: string,
  ): void {
    decision.persist.push({ kind: 'event', atMs: now.wallMs, study, what, detail });
  }

  #study(name: string): StudyEntry {
    const study = this.state.studies.get(name);
    assert(study, () => `study ${name} is known`);
    return study;
  }

  /** `name`, or `name-2`, `name-3`, … when another worker that is here has it. */
  #freeName(name: string): string {
    const taken = new Set(
      [...this.state.workers.values()].filter((w) => w.connected).map((w) => w.name),
    );
    for (let suffix = 1; ; suffix++) {
      const candidate = suffix === 1 ? name : `${name}-${suffix}`;
      if (!taken.has(candidate)) return candidate;
    }
  }
}

export interface SubmitDetails {
  readonly partDigests: Readonly<Record<string, string>>;
  readonly officialData: boolean | null;
}

export function emptyDecision(): Decision {
  return { persist: [], afterCommit: [] };
}

/** Why a worker is given nothing of a study, for the table of workers; null when it may be. */
export function ineligibility(state: ClusterState, worker: WorkerEntry): string | null {
  for (const study of state.studies.values()) {
    if (!isActive(study)) continue;
    if (!isNumericallyFit(state, worker, study.spec)) {
      return `its arithmetic differs (known answer ${worker.knownAnswer.slice(0, 8)}, expected ${state.knownAnswer.slice(0, 8)}): it trains nothing of ${study.name}`;
    }
    const failure = worker.datasetFailures.get(study.searchKey);
    if (failure !== undefined) return failure;
  }
  return null;
}

function newWorker(hello: Hello, name: string): WorkerEntry {
  return {
    session: hello.session,
    name,
    address: '',
    threads: hello.threads,
    packMax: hello.packMax,
    kernel: hello.kernel,
    knownAnswer: hello.knownAnswer,
    connected: false,
    draining: false,
    closedAtMs: null,
    reportedLost: false,
    datasets: new Set(),
    preparing: null,
    datasetFailures: new Map(),
    packs: new Set(),
    trialsCompleted: 0,
  };
}

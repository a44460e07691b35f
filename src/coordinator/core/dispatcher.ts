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
 * Parts: `trial-state.ts` (one trial), `results.ts` and `giving-up.ts` (what becomes of attempts),
 * `auditing.ts` (what is computed again, and what that shows), `leases.ts` (until when), `workforce.ts`
 * and `quarantine.ts` (who is here, who is given nothing), `granting.ts` and `granting-audits.ts` (who is
 * next), `intake.ts` and `stage-progress.ts` (from stage to stage), `cluster-state.ts` (what is
 * remembered).
 * Not here: sockets, timers, SQLite (`coordinator-server.ts`), and how a λ is sampled (`search`).
 */
import { assert, unreachable } from '../../base/assert.ts';
import type { Hello, WorkerMessage } from '../../rpc/messages/messages.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import {
  isActive,
  type ClusterState,
  type Decision,
  type DispatcherSettings,
  type Moment,
  type StudyData,
  type StudyEntry,
} from './state/cluster-state.ts';
import { endStudy, isPackDone, logEvent, send } from './state/decision.ts';
import { cancelTrials, failPack } from './state/failed-attempts.ts';
import { scheduleAll } from './scheduling/scheduling.ts';
import { extendStudy, submitStudy, type SubmitDetails } from './studies/submit-study.ts';
import {
  claimPacks,
  expireLeases,
  extendLeasesAfterPause,
  freeThread,
  packOf,
  renewLease,
} from './workers/leases.ts';
import { countFailure } from './workers/exclusions.ts';
import { restoreStudy, type StoredStudy } from './studies/restore.ts';
import { takeResult } from './results/results.ts';
import { advanceStudy } from './studies/stage-progress.ts';
import { datasetFailed, freeName, newWorker, reapWorker } from './workers/workers.ts';

export class Dispatcher {
  readonly state: ClusterState;

  /** @param convicted sessions whose results were shown to be wrong, and why */
  constructor(
    settings: DispatcherSettings,
    stored: readonly StoredStudy[],
    convicted: ReadonlyMap<string, string>,
    now: Moment,
  ) {
    this.state = {
      settings,
      lastEventMs: now.monotonicMs,
      returningUntilMs: now.monotonicMs + (stored.length > 0 ? settings.leaseMs : 0),
      studies: new Map(),
      workers: new Map(),
      packs: new Map(),
      excluded: new Map(convicted),
    };
    for (const study of stored) this.restore(study, now);
  }

  /** Takes up a study from the store: after a restart, or when a finished one is extended. */
  restore(stored: StoredStudy, now: Moment): void {
    restoreStudy(this.state, stored, now.monotonicMs + this.state.settings.leaseMs, now);
  }

  /** A new study, behind those that were submitted before it. */
  submit(spec: StudySpec, data: StudyData, details: SubmitDetails, now: Moment): Decision {
    const decision = this.#begin(now);
    submitStudy(this.state, spec, data, details, now, decision);
    return this.#settle(now, decision);
  }

  /** More trials in the last stage, or more stages, of a study that is here already. */
  extend(spec: StudySpec, now: Moment): Decision {
    const decision = this.#begin(now);
    extendStudy(this.state, this.#study(spec.study), spec, now, decision);
    return this.#settle(now, decision);
  }

  /** A worker's stream has opened. The protocol version was checked before. */
  joined(hello: Hello, address: string, now: Moment): Decision {
    const decision = this.#begin(now);
    const known = this.state.workers.get(hello.session);
    const worker = known ?? newWorker(hello.session, freeName(this.state, hello.name));
    worker.address = address;
    worker.threads = hello.threads;
    worker.packMax = hello.packMax;
    worker.kernel = hello.kernel;
    worker.selfTestDigest = hello.selfTestDigest;
    worker.connected = true;
    worker.closedAtMs = null;
    worker.heardAtMs = now.monotonicMs;
    worker.reportedLost = false;
    worker.preparing = null;
    worker.datasets.clear();
    for (const dataset of hello.datasets) worker.datasets.add(dataset);
    this.state.workers.set(worker.session, worker);
    send(decision, worker, {
      kind: 'welcome',
      name: worker.name,
      leaseMs: this.state.settings.leaseMs,
      heartbeatMs: this.state.settings.heartbeatMs,
      version: this.state.settings.version,
      selfTestDigest: this.state.settings.selfTestDigest,
    });
    claimPacks(this.state, worker, hello.held, now, decision);
    // It may not have heard it on its last stream.
    if (worker.draining) send(decision, worker, { kind: 'drain', reason: 'it was told so before' });
    const joined = {
      kind: 'worker-joined',
      worker: worker.name,
      threads: worker.threads,
      address,
    } as const;
    decision.afterCommit.push({ kind: 'notice', notice: joined });
    logEvent(
      decision,
      now,
      'worker-joined',
      `${worker.name} from ${address} with ${worker.threads} ${worker.threads === 1 ? 'thread' : 'threads'}`,
    );
    return this.#settle(now, decision);
  }

  /** A message on an open stream. */
  received(session: string, message: Exclude<WorkerMessage, Hello>, now: Moment): Decision {
    const decision = this.#begin(now);
    const worker = this.state.workers.get(session);
    assert(worker, () => `session ${session} has joined`);
    worker.heardAtMs = now.monotonicMs;
    switch (message.kind) {
      case 'heartbeat':
        for (const progress of message.packs) renewLease(this.state, progress, worker, now);
        return decision; // Of a thousand workers many beat each second, and nothing moves on by it.
      case 'measured':
        break; // Of interest to those who watch, who see it from the server; nothing is decided by it.
      case 'pack-ended':
        for (const member of message.results)
          takeResult(this.state, worker, message.pack, member, now, decision);
        freeThread(
          this.state,
          message.pack,
          worker,
          'its results did not come with it',
          now,
          decision,
        );
        break;
      case 'pack-failed': {
        const pack = packOf(this.state, message.pack, worker);
        if (pack !== undefined && !isPackDone(pack)) {
          countFailure(worker, message.reason, now, decision);
          failPack(this.state, pack, message.outcome, message.reason, now, decision);
        }
        freeThread(this.state, message.pack, worker, message.reason, now, decision);
        break;
      }
      case 'pack-returned':
        freeThread(this.state, message.pack, worker, message.reason, now, decision);
        break;
      case 'dataset-ready':
        worker.datasets.add(message.dataset);
        if (worker.preparing === message.dataset) worker.preparing = null;
        break;
      case 'dataset-failed':
        datasetFailed(this.state, worker, message.dataset, message.reason, now, decision);
        break;
      case 'draining':
        worker.draining = worker.leaving = true;
        break;
      default:
        unreachable(message);
    }
    return this.#settle(now, decision);
  }

  /** A worker's stream has closed: its leases end soon, unless the same session comes back. */
  streamClosed(session: string, reason: string, now: Moment): Decision {
    const decision = this.#begin(now);
    const worker = this.state.workers.get(session);
    if (worker === undefined || !worker.connected) return decision;
    worker.connected = false;
    worker.preparing = null;
    worker.closedAtMs = now.monotonicMs;
    if (worker.leaving && worker.packs.size === 0) {
      this.state.workers.delete(session);
      // Of one that was asked to leave the stream only says that the worker ended it.
      const why = worker.drainReason ?? reason;
      decision.afterCommit.push({
        kind: 'notice',
        notice: { kind: 'worker-left', worker: worker.name, reason: why },
      });
      logEvent(decision, now, 'worker-left', `${worker.name}: ${why}`);
    }
    return this.#settle(now, decision);
  }

  /** Time has passed: leases run out, lost workers are forgotten. Call it a few times a second. */
  tick(now: Moment): Decision {
    const decision = this.#begin(now);
    expireLeases(this.state, now, decision);
    for (const worker of this.state.workers.values()) reapWorker(this.state, worker, now, decision);
    return this.#settle(now, decision);
  }

  /** Studies that have been over for so long that no late result is expected. */
  pastStudies(now: Moment): string[] {
    const { settings, studies, packs } = this.state;
    const past = [...studies.values()].filter(
      ({ endedAtMs }) => endedAtMs !== null && now.monotonicMs - endedAtMs >= settings.forgetMs,
    );
    if (past.length === 0) return [];
    const running = new Set([...packs.values()].map((pack) => pack.study));
    return past.map(({ name }) => name).filter((name) => !running.has(name));
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
    const decision = this.#begin(now);
    const study = this.#study(name);
    cancelTrials(this.state, study, reason, now, decision);
    endStudy(study, 'cancelled', reason, now, decision);
    return this.#settle(now, decision);
  }

  /** Asks a worker, or all of them, to finish what runs and leave. */
  drain(workerName: string | null, reason: string): Decision {
    const decision: Decision = { persist: [], afterCommit: [] };
    for (const worker of this.state.workers.values()) {
      if (workerName !== null && worker.name !== workerName) continue;
      worker.draining = true;
      worker.drainReason = reason === '' ? 'it was drained' : reason;
      if (worker.connected) send(decision, worker, { kind: 'drain', reason });
    }
    return decision;
  }

  #setStatus(name: string, status: 'paused' | 'running', now: Moment): Decision {
    const decision = this.#begin(now);
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

  /** What every event begins with. */
  #begin(now: Moment): Decision {
    extendLeasesAfterPause(this.state, now);
    return { persist: [], afterCommit: [] };
  }

  /** What every event ends with: stages move on, free threads get work. */
  #settle(now: Moment, decision: Decision): Decision {
    for (const study of this.state.studies.values()) {
      if (isActive(study)) advanceStudy(this.state, study, now, decision);
    }
    scheduleAll(this.state, now, decision);
    return decision;
  }

  #study(name: string): StudyEntry {
    const study = this.state.studies.get(name);
    assert(study, () => `study ${name} is known`);
    return study;
  }
}

/**
 * The workers: who is here, what occupies their threads, who was lost.
 *
 * Pure: changes the cluster's state and says what to store and send.
 */
import type { Hello, PackProgress } from '../rpc/messages.ts';
import {
  isActive,
  isNumericallyFit,
  type ClusterState,
  type Decision,
  type Moment,
  type PackEntry,
  type WorkerEntry,
} from './cluster-state.ts';
import { abortPack, giveUpPack } from './giving-up.ts';
import { send } from './granting.ts';

/** Packs that a returning session still runs keep their leases; those it no longer names are lost. */
export function claimPacks(
  state: ClusterState,
  worker: WorkerEntry,
  held: readonly PackProgress[],
  now: Moment,
  decision: Decision,
): void {
  const named = new Set(held.map((progress) => progress.pack));
  for (const progress of held) {
    const pack = packOf(state, progress.pack, worker);
    if (pack === undefined) {
      send(decision, worker, {
        kind: 'abort',
        pack: progress.pack,
        reason: 'the coordinator no longer knows it',
      });
      continue;
    }
    pack.deadlineMs = now.monotonicMs + state.settings.leaseMs;
    pack.step = progress.step;
    pack.aborted = false;
    if (pack.members.every(({ trial }) => trial.result !== null)) {
      abortPack(state, pack, 'its trials have their results', decision);
    }
  }
  for (const pack of worker.packs) {
    if (!named.has(pack.id))
      freeThread(state, pack.id, worker, 'the worker came back without it', now, decision, 'lost');
  }
}

/** Only progress renews a lease: a hung thread beats as well as a busy one. */
export function renewLease(
  state: ClusterState,
  progress: PackProgress,
  worker: WorkerEntry,
  now: Moment,
): void {
  const pack = packOf(state, progress.pack, worker);
  if (pack === undefined || progress.step <= pack.step) return;
  pack.step = progress.step;
  pack.deadlineMs = now.monotonicMs + state.settings.leaseMs;
}

/** The worker says that a pack no longer occupies a thread; what is open of it goes back. */
export function freeThread(
  state: ClusterState,
  id: string,
  worker: WorkerEntry,
  reason: string,
  now: Moment,
  decision: Decision,
  outcome: 'returned' | 'lost' = 'returned',
): void {
  const pack = packOf(state, id, worker);
  if (pack === undefined) return;
  giveUpPack(state, pack, outcome, reason, now, decision);
  worker.packs.delete(pack);
  state.packs.delete(id);
}

/** A worker can only speak of packs that were granted to its own session. */
export function packOf(
  state: ClusterState,
  id: string,
  worker: WorkerEntry,
): PackEntry | undefined {
  const pack = state.packs.get(id);
  return pack?.session === worker.session ? pack : undefined;
}

/** The worker cannot get or verify a data set: it is given nothing of the studies that need it. */
export function datasetFailed(
  state: ClusterState,
  worker: WorkerEntry,
  dataset: string,
  reason: string,
  now: Moment,
  decision: Decision,
): void {
  worker.datasetFailures.set(dataset, reason);
  if (worker.preparing === dataset) worker.preparing = null;
  for (const study of state.studies.values()) {
    if (study.searchKey !== dataset && study.testKey !== dataset) continue;
    decision.afterCommit.push({
      kind: 'notice',
      notice: { kind: 'worker-ineligible', worker: worker.name, study: study.name, reason },
    });
  }
  logEvent(decision, now, 'worker-ineligible', `${worker.name}: ${reason}`);
}

/** Lost when its leases have run out; forgotten some time later, when no late result is expected. */
export function reapWorker(
  state: ClusterState,
  worker: WorkerEntry,
  now: Moment,
  decision: Decision,
): void {
  if (worker.closedAtMs === null) return;
  const goneMs = now.monotonicMs - worker.closedAtMs;
  if (goneMs >= state.settings.reconnectMs && !worker.reportedLost) {
    worker.reportedLost = true;
    const reason = 'its connection closed and it did not come back';
    decision.afterCommit.push({
      kind: 'notice',
      notice: { kind: 'worker-lost', worker: worker.name, reason },
    });
    logEvent(decision, now, 'worker-lost', `${worker.name}: ${reason}`);
  }
  if (goneMs < state.settings.forgetMs) return;
  for (const pack of worker.packs) state.packs.delete(pack.id);
  state.workers.delete(worker.session);
}

/** Written down for whoever asks later what happened. */
export function logEvent(decision: Decision, now: Moment, what: string, detail: string): void {
  decision.persist.push({ kind: 'event', atMs: now.wallMs, study: null, what, detail });
}

/** `name`, or `name-2`, `name-3`, … when another worker that is here has it. */
export function freeName(state: ClusterState, name: string): string {
  const taken = new Set([...state.workers.values()].filter((w) => w.connected).map((w) => w.name));
  for (let suffix = 1; ; suffix++) {
    const candidate = suffix === 1 ? name : `${name}-${suffix}`;
    if (!taken.has(candidate)) return candidate;
  }
}

export function newWorker(hello: Hello, name: string): WorkerEntry {
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
/** Why a worker is given nothing of a study, for the table of workers; null when it may be. */
export function ineligibility(state: ClusterState, worker: WorkerEntry): string | null {
  for (const study of state.studies.values()) {
    if (!isActive(study)) continue;
    if (!isNumericallyFit(state, worker, study.spec)) {
      return `its arithmetic differs (known answer ${worker.knownAnswer.slice(0, 8)}, expected ${state.settings.knownAnswer.slice(0, 8)}): it trains nothing of ${study.name}`;
    }
    const failure = worker.datasetFailures.get(study.searchKey);
    if (failure !== undefined) return failure;
  }
  return null;
}

/** Workers: processes that join, leave or are lost, and the data sets that they fetch. */
import type { Hello, WorkerMessage } from '../../../rpc/messages/messages.ts';
import { joinedText } from '../../../study/joined-worker.ts';
import type { WorkerSummary } from '../../../study/summaries.ts';
import { isPackDone } from '../attempts/close-attempt.ts';
import { noteDeath } from '../attempts/setbacks.ts';
import { WorkerEntry, type ClusterState, type Peer } from '../state/cluster-state.ts';
import { isActive } from '../state/study-entry.ts';
import type { Turn } from '../state/turn.ts';
import { incompatibilityReason } from './able-workers.ts';
import { exclusionReason } from './exclusions.ts';
import { claimPacks, returnOtherPacks } from './leases.ts';
import { forgetHealth, healthOf, hostOf, machineOf, proveMachine } from './machines.ts';
import { probationReason } from './probation.ts';
import { releaseUnwanted } from './release-states.ts';
import { backOffReason } from './worker-backoff.ts';

/**
 * The state of a worker, and the reason if it receives no trials or is on probation.
 *
 *     joining -- welcome, data set ready --> ready <--> busy
 *     joining, ready, busy -- stream closed --> joining -- same session in time --> ready or busy
 *                                                  \------ reconnectMs passed ----> lost
 *     ready, busy -- drain requested or announced --> draining --> (gone)
 *     any, connected -- many packs failed in a row --> backing off (until when)
 *                    -- wrong result ----------------> excluded (until the process is restarted;
 *                                                      then on probation)
 *                    -- other arithmetic, no data,
 *                       program is not allowed ------> incompatible
 */
export function workerState(
  state: ClusterState,
  worker: WorkerEntry,
): Pick<WorkerSummary, 'state' | 'reason'> {
  const excluded = exclusionReason(state, worker);
  const backingOff = backOffReason(state, worker);
  const reason = excluded ?? backingOff ?? incompatibilityReason(state, worker);
  if (!worker.connected) return { state: worker.reportedLost ? 'lost' : 'joining', reason };
  if (worker.draining) return { state: 'draining', reason };
  if (excluded !== null) return { state: 'excluded', reason };
  if (backingOff !== null) return { state: 'backing off', reason };
  if (reason !== null) return { state: 'incompatible', reason };
  const probation = probationReason(state, worker);
  if (worker.packs.size > 0) return { state: 'busy', reason: probation };
  return { state: worker.datasets.size > 0 ? 'ready' : 'joining', reason: probation };
}

/** A worker's stream has opened: a new worker, or a session that comes back. */
export function joinWorker(turn: Turn, hello: Hello, peer: Peer): void {
  const { state } = turn;
  const { session, threads, packMax, kernel, selfTestDigest, machineId, slots, memory } = hello;
  const worker = state.workers.get(session) ?? new WorkerEntry(session, hello.name);
  const { address, tokenId } = peer;
  const identity = { address, tokenId, machineId };
  const allowed = new Set(hello.allowed);
  const programs = { slots, memory, allowed };
  Object.assign(worker, { ...identity, threads, packMax, kernel, selfTestDigest, ...programs });
  // bug: returning-session-shares-a-name
  worker.name = freeName(state, worker);
  worker.machine = healthOf(state, machineOf(worker));
  proveMachine(state, worker);
  worker.host = healthOf(state, hostOf(worker));
  worker.replaced = false;
  for (const earlier of state.workers.values())
    if (earlier.machine === worker.machine && earlier !== worker) replaceWorker(turn, earlier);
  worker.connected = true;
  worker.closedAtMs = null;
  worker.heardAtMs = turn.now.monotonicMs;
  worker.reportedLost = false;
  // bug: fetch-is-not-repeated
  worker.preparing = null;
  worker.datasets.clear();
  for (const dataset of hello.datasets) worker.datasets.add(dataset);
  state.workers.set(session, worker);
  const { name } = worker;
  const { leaseMs, heartbeatMs, version, selfTestDigest: expected } = state.settings;
  const settings = { leaseMs, heartbeatMs, version, selfTestDigest: expected };
  turn.send(worker, { kind: 'welcome', name, ...settings });
  releaseUnwanted(turn, worker, hello.kept);
  claimPacks(turn, worker, hello.held);
  // The request to drain may have been lost with the old stream.
  // bug: drain-is-forgotten
  if (worker.draining) turn.send(worker, { kind: 'drain', reason: 'it was asked to drain before' });
  turn.notify({ kind: 'worker-joined', worker: name, threads });
  turn.log(
    'worker-joined',
    joinedText({ name, address, threads, kernel, processor: hello.processor }),
  );
}

/** Another process has joined in the worker's place: its own process has ended. */
function replaceWorker(turn: Turn, worker: WorkerEntry): void {
  if (worker.replaced || worker.closedAtMs === null) return;
  worker.replaced = true;
  for (const pack of worker.packs) if (isPackDone(pack)) noteDeath(turn, worker, pack);
}

/** A worker's stream has closed: its leases end soon, unless the same session comes back. */
export function disconnectWorker(turn: Turn, worker: WorkerEntry, reason: string): void {
  worker.connected = false;
  worker.preparing = null;
  worker.closedAtMs = turn.now.monotonicMs;
  if (!worker.leaving || worker.packs.size > 0) return;
  turn.state.workers.delete(worker.session);
  forgetHealth(turn.state, worker);
  // The stream's reason only names the side that closed it.
  turn.reportWorker('worker-left', worker.name, worker.drainReason ?? reason);
}

/** Reports workers lost when their leases are over; removes them when no late result is expected. */
export function removeLostWorkers(turn: Turn): void {
  const { state, now } = turn;
  for (const worker of state.workers.values()) {
    if (worker.closedAtMs === null) continue;
    const goneMs = now.monotonicMs - worker.closedAtMs;
    if (goneMs >= state.settings.reconnectMs && !worker.reportedLost) {
      worker.reportedLost = true;
      const reason = 'its connection closed and it did not come back';
      turn.reportWorker('worker-lost', worker.name, reason);
    }
    if (goneMs < state.settings.forgetMs) continue;
    for (const pack of worker.packs) state.packs.delete(pack.id);
    state.workers.delete(worker.session);
    forgetHealth(state, worker);
  }
}

/** Asks a worker, or all of them, to finish running trials and leave. */
export function drainWorkers(turn: Turn, name: string | null, reason: string): void {
  for (const worker of turn.state.workers.values()) {
    if (name !== null && worker.name !== name) continue;
    worker.draining = true;
    worker.drainReason = reason === '' ? 'it was drained' : reason;
    if (worker.connected) turn.send(worker, { kind: 'drain', reason });
  }
}

/**
 * The worker drains, and has named the packs that it holds. The answer makes sure that it leaves: a worker
 * that stays after this message would receive no trials.
 */
export function announceLeaving(turn: Turn, worker: WorkerEntry, farewell: Farewell): void {
  if (!worker.draining)
    turn.send(worker, { kind: 'drain', reason: 'it has announced that it leaves' });
  worker.draining = worker.leaving = true;
  worker.drainReason ??= farewell.reason === '' ? null : farewell.reason;
  // bug: farewell-is-ignored
  returnOtherPacks(turn, worker, farewell.held);
}

type Farewell = Pick<Extract<WorkerMessage, { kind: 'draining' }>, 'held' | 'reason'>;

export function datasetReady(worker: WorkerEntry, key: string): void {
  worker.datasets.add(key);
  if (worker.preparing === key) worker.preparing = null;
}

/** The worker could not fetch a data set, and receives no trials of active studies that need it. */
export function datasetFailed(turn: Turn, worker: WorkerEntry, key: string, reason: string): void {
  if (worker.preparing === key) worker.preparing = null;
  const studies = [...turn.state.studies.values()].filter(
    (study) => isActive(study) && (study.searchKey === key || study.testKey === key),
  );
  if (studies.length === 0) return;
  worker.datasetFailures.set(key, reason);
  for (const { name } of studies)
    turn.notify({ kind: 'worker-incompatible', worker: worker.name, study: name, reason });
  turn.log('worker-incompatible', `${worker.name}: ${reason}`);
}

/** The worker's name, or `name-2`, `name-3`, … if another worker has that name. */
function freeName(state: ClusterState, worker: WorkerEntry): string {
  const { name } = worker;
  const taken = new Set<string>();
  for (const other of state.workers.values())
    if (other !== worker && keepsName(other, worker)) taken.add(other.name);
  for (let suffix = 1; ; suffix++) {
    const free = suffix === 1 ? name : `${name}-${suffix}`;
    if (!taken.has(free)) return free;
  }
}

/** A worker that may still come back keeps its name, unless a new process of its machine replaces it. */
function keepsName(other: WorkerEntry, worker: WorkerEntry): boolean {
  return other.connected || (!other.reportedLost && other.machineId !== worker.machineId);
}

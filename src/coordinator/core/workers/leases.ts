/**
 * Leases: a worker's right to run a pack until a deadline. Granted with the pack, renewed by progress,
 * ended by a result, by the worker's word, or by time.
 *
 * In memory only, on the monotonic clock. Pure: changes the cluster's state and says what to store and
 * send.
 */
import type { PackProgress } from '../../../rpc/messages/messages.ts';
import {
  isAwaited,
  type ClusterState,
  type Decision,
  type DispatcherSettings,
  type Moment,
  type PackEntry,
  type WorkerEntry,
} from '../state/cluster-state.ts';
import { abortPack, isPackDone, send } from '../state/decision.ts';
import { failPack } from '../state/failed-attempts.ts';
import { countFailure } from './exclusions.ts';

/**
 * Packs that a returning session still runs keep their leases; those it no longer names are lost. One
 * that it has never named has not reached it, granted in the instant in which the stream or the
 * coordinator ended: its trials have harmed nobody, and wait again uncharged.
 */
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
    // An abort may have been lost with the old stream: what has run out is told again by the next tick.
    pack.aborted = false;
    renewLease(state, progress, worker, now);
    // One that was given up goes on as long as a result of it would be the first.
    const study = state.studies.get(pack.study);
    const isWanted = study && pack.members.some(({ trial }) => isAwaited(study, trial));
    if (isPackDone(pack) && isWanted !== true)
      abortPack(state, pack, 'its results are needed no more', decision);
  }
  for (const pack of worker.packs) {
    if (!named.has(pack.id))
      endPack(state, pack, worker, pack.step < 0 ? notReached : notBack, now, decision);
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
): void {
  const pack = packOf(state, id, worker);
  if (pack === undefined) return;
  if (!isPackDone(pack) && !worker.draining) countFailure(worker, reason, now, decision);
  endPack(state, pack, worker, { outcome: 'returned', reason }, now, decision);
}

interface PackEnd {
  readonly outcome: 'returned' | 'lost';
  readonly reason: string;
}

const notReached: PackEnd = { outcome: 'returned', reason: 'it did not reach the worker' };
const notBack: PackEnd = { outcome: 'lost', reason: 'the worker came back without it' };

function endPack(
  state: ClusterState,
  pack: PackEntry,
  worker: WorkerEntry,
  { outcome, reason }: PackEnd,
  now: Moment,
  decision: Decision,
): void {
  failPack(state, pack, outcome, reason, now, decision);
  worker.packs.delete(pack);
  state.packs.delete(pack.id);
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

/**
 * Gives up what made no progress in time, and what a closed connection left behind. A pack that was
 * given up and still occupies a thread (its worker came back with it) is watched in the same way.
 */
export function expireLeases(state: ClusterState, now: Moment, decision: Decision): void {
  const { reconnectMs } = state.settings;
  for (const pack of state.packs.values()) {
    const worker = state.workers.get(pack.session);
    const closedAtMs = worker?.closedAtMs ?? null;
    const isCutOff = closedAtMs !== null && now.monotonicMs >= closedAtMs + reconnectMs;
    if (now.monotonicMs < pack.deadlineMs && !isCutOff) continue;
    const { outcome, reason } = endOfLease(worker, now, state.settings);
    if (!isPackDone(pack)) {
      if (worker !== undefined && outcome === 'timeout')
        countFailure(worker, reason, now, decision);
      failPack(state, pack, outcome, reason, now, decision);
    }
    abortPack(state, pack, reason, decision);
  }
}

/** A worker that speaks while its trial stands still has a hung trial; one that is silent is lost itself. */
function endOfLease(
  worker: WorkerEntry | undefined,
  now: Moment,
  { leaseMs, heartbeatMs }: DispatcherSettings,
): { readonly outcome: 'timeout' | 'lost'; readonly reason: string } {
  if (worker === undefined || worker.closedAtMs !== null) {
    const reason = 'the worker was lost: its connection closed and it did not come back';
    return { outcome: 'lost', reason };
  }
  const silentMs = now.monotonicMs - worker.heardAtMs;
  if (silentMs > 2 * heartbeatMs) {
    const reason = `the worker was lost: nothing was heard of it for ${Math.round(silentMs)} ms`;
    return { outcome: 'lost', reason };
  }
  return { outcome: 'timeout', reason: `no progress within the lease of ${leaseMs} ms` };
}

/** Ticks come several times a second: a longer silence means that this process stood still. */
const ownPauseMs = 1_000;

/**
 * Time in which the coordinator itself stood still (stopped, swapped out) counts against nobody: what
 * workers said meanwhile is still waiting to be read. Call it first, at every event.
 */
export function extendLeasesAfterPause(state: ClusterState, now: Moment): void {
  const gapMs = now.monotonicMs - state.lastEventMs;
  state.lastEventMs = now.monotonicMs;
  if (gapMs < ownPauseMs) return;
  state.returningUntilMs += gapMs;
  for (const pack of state.packs.values()) pack.deadlineMs += gapMs;
  for (const worker of state.workers.values()) {
    if (worker.closedAtMs !== null) worker.closedAtMs += gapMs;
  }
}

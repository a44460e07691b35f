/**
 * Leases: a worker's right to run a pack until a deadline. A lease begins when the pack is assigned, is
 * renewed by progress, and ends with the results, with a message of the worker, or in time.
 *
 * In memory only, on the monotonic clock.
 */
import type { PackProgress } from '../../../rpc/messages/messages.ts';
import { abortPack, isPackDone } from '../attempts/close-attempt.ts';
import { failPack, type PackFailure } from '../attempts/failed-attempts.ts';
import type {
  ClusterState,
  DispatcherSettings,
  Moment,
  PackEntry,
  WorkerEntry,
} from '../state/cluster-state.ts';
import { isAwaited } from '../state/study-entry.ts';
import type { Turn } from '../state/turn.ts';
import { countFailure } from './worker-backoff.ts';

/**
 * A session has come back. Packs that it still runs keep their leases; the others are lost. A pack that
 * it has never reported was sent when the stream or the coordinator ended and has not arrived: its trials
 * wait again, and no failure is counted.
 */
export function claimPacks(turn: Turn, worker: WorkerEntry, held: readonly PackProgress[]): void {
  const { state } = turn;
  const named = new Set(held.map((progress) => progress.pack));
  for (const progress of held) {
    const pack = packHeldBy(state, progress.pack, worker);
    if (pack === undefined) {
      const reason = 'the coordinator no longer knows this pack';
      turn.send(worker, { kind: 'abort', pack: progress.pack, reason });
      continue;
    }
    // An abort may have been lost with the old stream; the next tick sends it again if the lease is over.
    pack.aborted = false;
    renewLease(turn, worker, progress);
    // A pack whose attempts have failed continues as long as one of its results would be the first.
    const study = state.studies.get(pack.study);
    const isWanted = study && pack.members.some(({ trial }) => isAwaited(study, trial));
    // bug: returning-audit-is-aborted
    if (isPackDone(pack) && isWanted !== true)
      abortPack(turn, pack, 'its results are no longer needed');
  }
  for (const pack of worker.packs) {
    // bug: returning-worker-loses-packs
    if (!named.has(pack.id)) endPack(turn, worker, pack, pack.step < 0 ? notArrived : notHeld);
  }
}

const notArrived: PackFailure = { outcome: 'returned', reason: 'it did not reach the worker' };
const notHeld: PackFailure = { outcome: 'lost', reason: 'the worker came back without it' };

/** Only progress renews a lease: the heartbeat of a hung thread reports the same step again. */
export function renewLease(turn: Turn, worker: WorkerEntry, progress: PackProgress): void {
  const pack = packHeldBy(turn.state, progress.pack, worker);
  // bug: unfenced-progress
  if (pack === undefined || progress.step <= pack.step) return;
  pack.step = progress.step;
  // bug: wall-clock-leases-2
  pack.deadlineMs = turn.now.monotonicMs + turn.state.settings.leaseMs;
}

/** The worker reports that a pack no longer occupies a thread: its open attempts are returned. */
export function freeThread(turn: Turn, worker: WorkerEntry, id: string, reason: string): void {
  const pack = packHeldBy(turn.state, id, worker);
  if (pack === undefined) return;
  if (!isPackDone(pack) && !worker.draining) countFailure(turn, worker, reason);
  endPack(turn, worker, pack, { outcome: 'returned', reason });
}

/** The worker reports that a pack has failed. */
export function failReportedPack(
  turn: Turn,
  worker: WorkerEntry,
  id: string,
  failure: PackFailure,
): void {
  const pack = packHeldBy(turn.state, id, worker);
  if (pack === undefined || isPackDone(pack)) return;
  countFailure(turn, worker, failure.reason);
  failPack(turn, pack, failure);
}

function endPack(turn: Turn, worker: WorkerEntry, pack: PackEntry, failure: PackFailure): void {
  failPack(turn, pack, failure);
  worker.packs.delete(pack);
  turn.state.packs.delete(pack.id);
}

/** Undefined unless the pack was assigned to this session. */
function packHeldBy(state: ClusterState, id: string, worker: WorkerEntry): PackEntry | undefined {
  const pack = state.packs.get(id);
  return pack?.session === worker.session ? pack : undefined;
}

/**
 * Fails packs that made no progress in time and packs of closed connections. A failed pack that still
 * occupies a thread, since its worker came back with it, is watched in the same way.
 */
export function expireLeases(turn: Turn): void {
  const { state, now } = turn;
  for (const pack of state.packs.values()) {
    const worker = state.workers.get(pack.session);
    const closedAtMs = worker?.closedAtMs ?? null;
    const isCutOff =
      closedAtMs !== null && now.monotonicMs >= closedAtMs + state.settings.reconnectMs;
    // bug: wall-clock-leases-3
    if (now.monotonicMs < pack.deadlineMs && !isCutOff) continue;
    const failure = leaseFailure(worker, now, state.settings);
    if (!isPackDone(pack)) {
      if (worker !== undefined && failure.outcome === 'timeout')
        countFailure(turn, worker, failure.reason);
      failPack(turn, pack, failure);
    }
    abortPack(turn, pack, failure.reason);
  }
}

/** A worker that sends messages while a pack makes no progress has a hung thread; a silent one is lost. */
function leaseFailure(
  worker: WorkerEntry | undefined,
  now: Moment,
  { leaseMs, heartbeatMs }: DispatcherSettings,
): PackFailure {
  if (worker === undefined || worker.closedAtMs !== null) {
    const reason = 'the worker was lost: its connection closed and it did not come back';
    return { outcome: 'lost', reason };
  }
  const silentMs = now.monotonicMs - worker.heardAtMs;
  if (silentMs > 2 * heartbeatMs) {
    const reason = `the worker was lost: it sent nothing for ${Math.round(silentMs)} ms`;
    return { outcome: 'lost', reason };
  }
  return { outcome: 'timeout', reason: `no progress within the lease of ${leaseMs} ms` };
}

/** Ticks come several times a second: after a longer gap, this process was stopped. */
const ownPauseMs = 1_000;

/**
 * Extends all deadlines by the time in which the coordinator itself was stopped or swapped out: messages
 * that workers sent meanwhile are still to be read. Runs first in every event.
 */
export function extendLeasesAfterPause(state: ClusterState, now: Moment): void {
  const gapMs = now.monotonicMs - state.lastEventMs;
  state.lastEventMs = now.monotonicMs;
  // bug: leases-end-after-own-pause
  if (gapMs < ownPauseMs) return;
  state.returningUntilMs += gapMs;
  for (const pack of state.packs.values()) pack.deadlineMs += gapMs;
  for (const worker of state.workers.values()) {
    if (worker.closedAtMs !== null) worker.closedAtMs += gapMs;
  }
}

/**
 * Worker backoff: a worker on which packs fail receives fewer of them, so that a defective machine does
 * not use up the attempts of trials that other workers could complete.
 *
 * Each failure pauses the worker for some seconds. After `failuresInRowMax` failures in a row it backs off
 * for minutes, unless no other worker is available: the cause may be the trials. In memory only.
 */
import type { ClusterState, WorkerEntry } from '../state/cluster-state.ts';
import type { Turn } from '../state/turn.ts';

const failuresInRowMax = 5;
const backOffMs = 600_000;
/** The pause after the first failure; each further one doubles it, up to the maximum. */
const pauseMinMs = 1_000;
const pauseMaxMs = 5_000;

/** Counts a failed pack, or one that was returned without a request. */
export function countFailure(turn: Turn, worker: WorkerEntry, reason: string): void {
  const { monotonicMs } = turn.now;
  worker.failuresInRow += 1;
  const pauseMs = Math.min(pauseMaxMs, pauseMinMs * 2 ** (worker.failuresInRow - 1));
  worker.pausedUntilMs = monotonicMs + pauseMs;
  if (worker.failuresInRow < failuresInRowMax) return;
  const wasBackingOff = monotonicMs < worker.backOffUntilMs;
  worker.backOffUntilMs = monotonicMs + backOffMs;
  if (wasBackingOff) return; // Reported before; it was tried again as no other worker was available.
  const why = `${worker.failuresInRow} packs failed in a row; the last: ${reason}`;
  turn.reportWorker('worker-backing-off', worker.name, why);
}

export function isBackingOff(state: ClusterState, worker: WorkerEntry): boolean {
  return state.lastEventMs < worker.backOffUntilMs;
}

/** Why a worker backs off, and until when; null if it does not. */
export function backOffReason(state: ClusterState, worker: WorkerEntry): string | null {
  if (!isBackingOff(state, worker)) return null;
  const minutes = Math.ceil((worker.backOffUntilMs - state.lastEventMs) / 60_000);
  return `backing off after ${worker.failuresInRow} consecutive failures; next try in ${minutes} min, or at once if no other worker is available`;
}

/**
 * Worker backoff: a worker on which packs fail, or whose process is lost again and again, rests before it
 * receives the next pack, so that a defective machine does not use up attempts.
 *
 * Failures in a row are counted per machine over all of its sessions, and for machines that have finished
 * nothing also per host. The rest grows with each failure. From the second failure on, a worker receives
 * one pack at a time; from the fifth on, it receives none for minutes if another worker is available.
 * A result ends all of it. In memory only.
 */
import type { ClusterState, WorkerEntry } from '../state/cluster-state.ts';
import type { Health } from '../state/health.ts';
import type { Turn } from '../state/turn.ts';
import { isProven } from './machines.ts';

const backOffFrom = 5;
/** How long a worker backs off if another one is available. */
const backOffMs = 600_000;
/** The rest after the first failure; each further one doubles it, up to the maximum. */
const restMinMs = 1_000;
const restMaxMs = 600_000;
/** The longest rest of a machine that has finished trials: the cause may be the trials that are left. */
const provenRestMaxMs = 120_000;
/** Failures in a row after which a machine that has finished nothing counts as unusable. */
const unusableFrom = 8;

/** Counts a failed pack, one that was returned without a request, or a lost worker. */
export function countFailure(turn: Turn, worker: WorkerEntry, reason: string): void {
  // Packs that fail together are one failure.
  if (isResting(turn.state, worker)) return;
  for (const health of healthsOf(worker)) {
    health.failuresInRow += 1;
    health.failedAtMs = turn.now.monotonicMs;
    health.reason = reason;
  }
  const failures = failuresInRow(worker);
  const why = `${failures} failures in a row; the last: ${reason}`;
  if (failures === backOffFrom) turn.reportWorker('worker-backing-off', worker.name, why);
  if (failures === unusableFrom && !isProven(worker))
    turn.reportWorker('worker-unusable', worker.name, why);
}

/** Counts a result: the machine works. */
export function countResult({ machine, host }: WorkerEntry): void {
  machine.finished += 1;
  machine.failuresInRow = host.failuresInRow = 0;
}

/** What applies to the worker: its machine, and its host as long as the machine has finished nothing. */
function healthsOf(worker: WorkerEntry): readonly Health[] {
  const { machine, host } = worker;
  // bug: new-name-escapes-backoff
  return isProven(worker) ? [machine] : [machine, host];
}

function worst(worker: WorkerEntry): Health {
  const { machine } = worker;
  return (
    healthsOf(worker).find((health) => health.failuresInRow > machine.failuresInRow) ?? machine
  );
}

/** Failures in a row that apply to the worker. */
export function failuresInRow(worker: WorkerEntry): number {
  return worst(worker).failuresInRow;
}

/** Time until the worker may receive the next pack. */
function restLeftMs(state: ClusterState, worker: WorkerEntry): number {
  const { failuresInRow: failures, failedAtMs } = worst(worker);
  if (failures === 0) return 0;
  const maxMs = isProven(worker) ? provenRestMaxMs : restMaxMs;
  const restMs = Math.min(maxMs, restMinMs * 2 ** (failures - 1));
  return Math.max(0, failedAtMs + restMs - state.lastEventMs);
}

/** Whether the worker receives no pack at the moment, even if no other worker is available. */
export function isResting(state: ClusterState, worker: WorkerEntry): boolean {
  return restLeftMs(state, worker) > 0;
}

/** Whether the worker receives packs only if no other worker is available. */
export function isBackingOff(state: ClusterState, worker: WorkerEntry): boolean {
  const health = worst(worker);
  return health.failuresInRow >= backOffFrom && state.lastEventMs < health.failedAtMs + backOffMs;
}

/** Whether so much has failed on the worker in a row that the cause may be the worker. */
export function isInDoubt(worker: WorkerEntry): boolean {
  return failuresInRow(worker) >= backOffFrom;
}

/** Whether the machine has finished nothing, and so much has failed on it that only its operator can help. */
export function isUnusable(worker: WorkerEntry): boolean {
  return !isProven(worker) && failuresInRow(worker) >= unusableFrom;
}

/** Why a worker backs off, and until when; null if it does not. */
export function backOffReason(state: ClusterState, worker: WorkerEntry): string | null {
  if (!isBackingOff(state, worker)) return null;
  const { failuresInRow: failures, failedAtMs, reason } = worst(worker);
  const minutes = Math.ceil((failedAtMs + backOffMs - state.lastEventMs) / 60_000);
  const seconds = Math.ceil(restLeftMs(state, worker) / 1_000);
  const alone = seconds === 0 ? 'at once' : `in ${seconds} s`;
  const help = isUnusable(worker)
    ? '; this machine has finished no trial: look for the cause there, or start a worker on another machine'
    : '';
  return `backing off after ${failures} consecutive failures (the last: ${reason}); next try in ${minutes} min, or ${alone} if no other worker is available${help}`;
}

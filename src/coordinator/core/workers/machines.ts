/**
 * Machines: where worker processes run, and what is known about each place over all of its processes.
 *
 * A restarted worker is a new session on the same machine. A worker whose name changes with each restart
 * (a pod) is a new machine on the same host. Neither escapes a backoff, because failures are counted for
 * both.
 */
import { type ClusterState, type WorkerEntry } from '../state/cluster-state.ts';
import { newHealth, type Health } from '../state/health.ts';

/** Identity of the machine of a worker. Machines that share a cache directory differ by their names. */
export function machineOf({ machineId, name }: Pick<WorkerEntry, 'machineId' | 'name'>): string {
  return `${machineId} ${name}`;
}

/** Identity of the host of a worker: its address without the port. */
export function hostOf({ address }: Pick<WorkerEntry, 'address'>): string {
  return address.replace(/:\d+$/, '');
}

/** The health of a machine or of a host; a new one if nothing is known about it. */
export function healthOf(state: ClusterState, place: string): Health {
  const health = state.health.get(place) ?? newHealth();
  state.health.set(place, health);
  return health;
}

/** A machine that has finished trials under another name is proven under this one as well. */
export function proveMachine(state: ClusterState, { machine, machineId }: WorkerEntry): void {
  if (machine.finished > 0 || machineId === '') return;
  for (const [place, { finished }] of state.health)
    if (finished > 0 && place.startsWith(`${machineId} `)) machine.finished = 1;
}

/** How long failures of a machine are remembered after its last worker has left. */
const rememberMs = 600_000;

/**
 * Forgets the machine and the host of a worker that has left, if nothing depends on them: a machine that
 * has finished trials is remembered.
 */
export function forgetHealth(state: ClusterState, worker: WorkerEntry): void {
  for (const place of [machineOf(worker), hostOf(worker)]) {
    const health = state.health.get(place);
    if (health === undefined || health.finished > 0) continue;
    const isUsed = [...state.workers.values()].some(
      ({ machine, host }) => machine === health || host === health,
    );
    const isOld = state.lastEventMs - health.failedAtMs >= rememberMs;
    if ((isOld || health.failuresInRow === 0) && !isUsed) state.health.delete(place);
  }
}

/** Whether the machine of a worker has finished a trial: only then may a failure on it count against a trial. */
export function isProven({ machine }: WorkerEntry): boolean {
  // bug: unproven-machine-counts
  return machine.finished > 0;
}

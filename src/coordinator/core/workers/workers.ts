/**
 * The workers: who is here, who was lost, who is given nothing and why.
 *
 * Pure: changes the cluster's state and says what to store. What occupies their threads: `leases.ts`.
 */
import {
  isActive,
  isArithmeticCompatible,
  type ClusterState,
  type Decision,
  type Moment,
  type WorkerEntry,
} from '../state/cluster-state.ts';
import { logEvent } from '../state/decision.ts';

/**
 * The worker cannot get or verify a data set: it is given nothing of the studies that need it. Where none
 * does any more, as after a cancellation, the data were taken away from it, and it may be asked again.
 */
export function datasetFailed(
  state: ClusterState,
  worker: WorkerEntry,
  dataset: string,
  reason: string,
  now: Moment,
  decision: Decision,
): void {
  if (worker.preparing === dataset) worker.preparing = null;
  const studies = [...state.studies.values()].filter(
    (study) => isActive(study) && (study.searchKey === dataset || study.testKey === dataset),
  );
  if (studies.length === 0) return;
  worker.datasetFailures.set(dataset, reason);
  for (const study of studies) {
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

/** `name`, or `name-2`, `name-3`, … when another worker that is here has it. */
export function freeName(state: ClusterState, name: string): string {
  const taken = new Set([...state.workers.values()].filter((w) => w.connected).map((w) => w.name));
  for (let suffix = 1; ; suffix++) {
    const candidate = suffix === 1 ? name : `${name}-${suffix}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** Known by its session only; `hello` says the rest. */
export function newWorker(session: string, name: string): WorkerEntry {
  return {
    session,
    name,
    address: '',
    threads: 0,
    packMax: 1,
    kernel: '',
    selfTestDigest: '',
    connected: false,
    draining: false,
    leaving: false,
    drainReason: null,
    closedAtMs: null,
    heardAtMs: 0,
    reportedLost: false,
    datasets: new Set(),
    preparing: null,
    datasetFailures: new Map(),
    packs: new Set(),
    trialsCompleted: 0,
    failuresInRow: 0,
    backOffUntilMs: 0,
    suspendedUntilMs: 0,
  };
}

/** Why a worker is given nothing of a study, for the table of workers; null when it may be. */
export function incompatibilityReason(state: ClusterState, worker: WorkerEntry): string | null {
  for (const study of state.studies.values()) {
    if (!isActive(study)) continue;
    if (!isArithmeticCompatible(state, worker, study.spec)) {
      return `its arithmetic differs (known answer ${worker.selfTestDigest.slice(0, 8)}, expected ${state.settings.selfTestDigest.slice(0, 8)}): it trains nothing of ${study.name}`;
    }
    const failure = worker.datasetFailures.get(study.searchKey);
    if (failure !== undefined) return failure;
  }
  return null;
}

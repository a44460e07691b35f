/** Able workers: which workers may run trials of a study, and how many threads they have free. */
import {
  isReferee,
  type ClusterState,
  type Moment,
  type StudyEntry,
  type WorkerEntry,
} from '../state/cluster-state.ts';
import { isActive, isReproducible } from '../state/study-entry.ts';
import { memoryText } from '../../../study/memory-size.ts';
import { allowOption, meetsNeeds } from '../../../study/program-needs.ts';
import { failuresInRow, isBackingOff, isResting } from './worker-backoff.ts';

/** Connected workers that may run trials of the study, whether or not they have its data and a free thread. */
export function ableWorkers(state: ClusterState, study: StudyEntry): WorkerEntry[] {
  // In one pass, since it is called at each event.
  const [able, steady]: [WorkerEntry[], WorkerEntry[]] = [[], []];
  for (const worker of state.workers.values()) {
    if (!isAble(state, worker, study)) continue;
    // bug: referee-trains-trials
    if (isReferee(worker)) continue;
    able.push(worker);
    if (!isBackingOff(state, worker)) steady.push(worker);
  }
  return steady.length > 0 ? steady : able;
}

/** Connected referees that may compute contested trials of the study. */
export function ableReferees(state: ClusterState, study: StudyEntry): WorkerEntry[] {
  return [...state.workers.values()].filter(
    (worker) => isReferee(worker) && isAble(state, worker, study),
  );
}

/** Whether a referee computes the contested trials of the study, now or soon. */
export function expectsReferee(
  state: ClusterState,
  study: StudyEntry,
  now: Pick<Moment, 'monotonicMs'>,
): boolean {
  const { settings, refereeUntilMs } = state;
  // A referee runs no programs.
  if (settings.hasReferee !== true || study.needs !== null) return false;
  if (ableReferees(state, study).length > 0) return true;
  const isStarting = refereeUntilMs === null || now.monotonicMs < refereeUntilMs;
  const hasFailed = someWorker(
    state,
    (worker) => isReferee(worker) && worker.connected && !worker.draining,
  );
  return isStarting && !hasFailed;
}

/** Whether a referee tests a contested winner of the study, now or soon. */
export function expectsRefereeTest(
  state: ClusterState,
  study: StudyEntry,
  now: Pick<Moment, 'monotonicMs'>,
): boolean {
  const { testKey } = study;
  if (testKey === null || !isReproducible(study)) return false;
  const hasNoData = ableReferees(state, study).some(({ datasetFailures }) =>
    datasetFailures.has(testKey),
  );
  return !hasNoData && expectsReferee(state, study, now);
}

/** Whether the worker is connected and may run trials of the study, unless it backs off. */
export function isAble(state: ClusterState, worker: WorkerEntry, study: StudyEntry): boolean {
  return (
    worker.connected &&
    !worker.draining &&
    !state.excluded.has(worker.session) &&
    hasRightArithmetic(state, worker, study) &&
    // bug: unallowed-worker-gets-work
    meetsNeeds(worker.allowed, study.needs) &&
    hasMemory(worker, study) &&
    !worker.datasetFailures.has(study.searchKey)
  );
}

export function someWorker(state: ClusterState, is: (worker: WorkerEntry) => boolean): boolean {
  for (const worker of state.workers.values()) if (is(worker)) return true;
  return false;
}

/** Threads of the worker that may run trials of the study. */
export function freeThreads(state: ClusterState, worker: WorkerEntry, study: StudyEntry): number {
  const free = freeThreadsOf(state, worker);
  if (free === 0 || study.needs === null) return free;
  const programs = [...worker.packs].filter((pack) => {
    const other = state.studies.get(pack.study);
    return other === undefined || other.needs !== null;
  });
  return Math.max(0, Math.min(free, worker.slots - programs.length));
}

/** Threads of the worker that run nothing and may be used. */
export function freeThreadsOf(state: ClusterState, worker: WorkerEntry): number {
  if (!worker.connected || worker.draining) return 0;
  // After failures in a row, one pack shows whether the machine works.
  const threads = failuresInRow(worker) > 1 ? 1 : worker.threads;
  // bug: worker-gets-extra-pack
  const free = threads - worker.packs.size;
  // Called at each event, when most workers are busy.
  if (free <= 0 || state.reserved.has(worker)) return 0;
  // bug: failed-worker-does-not-pause
  if (isResting(state, worker)) return 0;
  for (const pack of worker.packs) if (pack.isolated) return 0;
  return free;
}

/** Why a worker may not run trials of an active study; null if it may run all. */
export function incompatibilityReason(state: ClusterState, worker: WorkerEntry): string | null {
  for (const study of state.studies.values()) {
    const reason = isActive(study) ? incompatibleWith(state, worker, study) : null;
    if (reason !== null) return reason;
  }
  return null;
}

/** Why a worker may not run trials of the study; null if it may. */
export function incompatibleWith(
  state: ClusterState,
  worker: WorkerEntry,
  study: StudyEntry,
): string | null {
  if (!hasRightArithmetic(state, worker, study)) {
    const [found, expected] = [worker.selfTestDigest, state.settings.selfTestDigest];
    return `its arithmetic differs (self-test digest ${found.slice(0, 8)}, expected ${expected.slice(0, 8)}): it receives no trials of ${study.name}`;
  }
  if (!meetsNeeds(worker.allowed, study.needs))
    return `it does not allow the program of ${study.name}; if you trust the program, start the worker with ${allowOption(study.needs ?? '')}`;
  if (!hasMemory(worker, study))
    return `its machine has ${memoryText(worker.memory)} of memory, and a trial of ${study.name} may use ${memoryText(study.memory)} (trainer.memory)`;
  return worker.datasetFailures.get(study.searchKey) ?? null;
}

function hasMemory({ memory }: WorkerEntry, study: StudyEntry): boolean {
  return memory === 0 || memory >= study.memory;
}

function hasRightArithmetic(state: ClusterState, worker: WorkerEntry, study: StudyEntry): boolean {
  // bug: incompatible-worker-gets-work
  return !isReproducible(study) || worker.selfTestDigest === state.settings.selfTestDigest;
}

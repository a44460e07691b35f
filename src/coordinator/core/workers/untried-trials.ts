/**
 * Untried trials: trials whose attempts have not failed. They show whether a worker works on which several
 * trials have failed, so such a worker receives them first, and then the trials in turn: those with the
 * fewest failed attempts. Otherwise a trial that always fails could be all that a machine ever tries.
 */
import { isResting, mustBeIsolated, setbacksInRow } from '../attempts/setbacks.ts';
import { isForOthers } from '../scheduling/preferred-workers.ts';
import type { ClusterState, StudyEntry, WorkerEntry } from '../state/cluster-state.ts';
import { isActive } from '../state/study-entry.ts';
import { ableWorkers, isAble } from './able-workers.ts';

/** Whether an untried trial waits that the worker may run. */
export function hasUntriedTrials(state: ClusterState, worker: WorkerEntry): boolean {
  return fewestSetbacks(state, worker) === 0;
}

/**
 * The fewest setbacks in a row of the trials that the worker may run now next to others; Infinity if there
 * is none.
 */
export function fewestSetbacks(state: ClusterState, worker: WorkerEntry): number {
  const { studies, settings } = state;
  let fewest = Infinity;
  for (const study of studies.values()) {
    const isScheduled = study.name === (settings.onlyStudy ?? study.name) && isActive(study);
    if (!isScheduled || study.winner !== null || study.waiting === 0) continue;
    if (!worker.datasets.has(study.searchKey) || !isAble(state, worker, study)) continue;
    fewest = Math.min(fewest, fewestIn(state, worker, study));
    if (fewest === 0) return 0;
  }
  return fewest;
}

function fewestIn(state: ClusterState, worker: WorkerEntry, study: StudyEntry): number {
  let fewest = Infinity;
  let workers: readonly WorkerEntry[] | undefined;
  for (const trial of study.queue) {
    if (trial.status !== 'waiting') continue;
    const count = setbacksInRow(trial);
    if (count === 0) return 0;
    if (count >= fewest || mustBeIsolated(study, trial)) continue;
    if (isResting(study, trial, state.lastEventMs)) continue;
    workers ??= ableWorkers(state, study);
    if (!isForOthers(trial, worker, workers)) fewest = count;
  }
  return fewest;
}

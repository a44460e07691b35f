/**
 * Untried trials: trials whose attempts have not failed. They show whether a worker works on which several
 * trials have failed, so such a worker receives them first.
 */
import { setbacksInRow } from '../attempts/setbacks.ts';
import type { ClusterState, WorkerEntry } from '../state/cluster-state.ts';
import { isActive } from '../state/study-entry.ts';
import { isAble } from './able-workers.ts';

/** Whether an untried trial waits that the worker may run. */
export function hasUntriedTrials(state: ClusterState, worker: WorkerEntry): boolean {
  const { studies, settings } = state;
  return [...studies.values()].some(
    (study) =>
      isActive(study) &&
      study.name === (settings.onlyStudy ?? study.name) &&
      study.winner === null &&
      worker.datasets.has(study.searchKey) &&
      isAble(state, worker, study) &&
      study.queue.some((trial) => trial.status === 'waiting' && setbacksInRow(trial) === 0),
  );
}

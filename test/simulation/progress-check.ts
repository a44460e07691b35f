/**
 * What is said of a study's progress, against counting it all anew: the coordinator keeps the best it
 * has found, and looks again only where something has changed.
 */
import type { Dispatcher } from '../../src/coordinator/core/dispatcher.ts';
import { studyProgress } from '../../src/coordinator/core/studies/summaries.ts';

/** @throws where what was kept is not what there is */
export function checkProgress({ state }: Dispatcher): void {
  for (const study of state.studies.values()) {
    const told = studyProgress(study);
    const stage = study.stages.find((entry) => !entry.record.closed);
    const counted = {
      ...studyProgress({ ...study, best: undefined }),
      running: (stage?.trials ?? []).filter((trial) => trial.status === 'running').length,
    };
    if (JSON.stringify(told) !== JSON.stringify(counted))
      throw new Error(`told ${JSON.stringify(told)}, there is ${JSON.stringify(counted)}`);
  }
}

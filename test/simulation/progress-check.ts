/**
 * Compares the reported progress of studies with a full count: the coordinator keeps the best
 * configuration and searches it again only after a change.
 */
import { assert } from '../../src/base/assert.ts';
import type { Dispatcher } from '../../src/coordinator/core/dispatcher.ts';
import { studyProgress } from '../../src/coordinator/core/studies/summaries.ts';

/** @throws if they differ */
export function checkProgress({ state }: Dispatcher): void {
  for (const study of state.studies.values()) {
    const reported = studyProgress(study);
    const { best } = study;
    study.best = undefined;
    const searched = studyProgress(study);
    study.best = best;
    const running = [...study.trials.values()].filter((trial) => trial.status === 'running').length;
    const counted = { ...searched, running };
    assert(
      JSON.stringify(reported) === JSON.stringify(counted),
      () => `reported ${JSON.stringify(reported)}, counted ${JSON.stringify(counted)}`,
    );
  }
}

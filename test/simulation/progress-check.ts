/**
 * What is said of a study's progress, against counting it all anew: the coordinator keeps the best it
 * has found, and looks again only where the dispatcher says that something has changed.
 */
import type { Dispatcher } from '../../src/coordinator/dispatcher.ts';
import { LiveStudies } from '../../src/coordinator/progress.ts';

/** Finding takes no time on it, so that what is kept is never allowed to be old. */
const stillClock = { monotonicMs: () => 0, wallMs: () => 0 };

export class ProgressCheck {
  readonly #kept = new LiveStudies(stillClock);

  /** @throws where what was kept is not what there is */
  look({ state }: Dispatcher): void {
    for (const study of state.studies.values()) {
      const told = this.#kept.progress(study);
      const stage = study.stages.find((entry) => !entry.record.closed);
      const counted = {
        ...new LiveStudies(stillClock).progress(study),
        running: (stage?.trials ?? []).filter((trial) => trial.status === 'running').length,
      };
      if (JSON.stringify(told) !== JSON.stringify(counted))
        throw new Error(`told ${JSON.stringify(told)}, there is ${JSON.stringify(counted)}`);
    }
  }
}

/** Unfit workers: ends a search whose only workers receive no trials, when no other can join from elsewhere. */
import { RidgelineError } from '../../base/errors.ts';
import type { Coordinator } from '../../coordinator/shell/coordinator-server.ts';

type Watched = Pick<Coordinator, 'listen' | 'workers'>;

/**
 * Calls `end` once if all local workers have joined and may run no trial of the study.
 *
 * @param localWorkers number of local worker processes that run
 * @returns stops watching
 */
export function watchUnfitWorkers(
  coordinator: Watched,
  localWorkers: () => number,
  end: (error: RidgelineError) => void,
): () => void {
  return coordinator.listen(({ kind }) => {
    if (kind !== 'worker-incompatible') return;
    const workers = coordinator.workers().filter(({ state }) => state !== 'lost');
    if (workers.length < localWorkers()) return;
    if (workers.some(({ state }) => state !== 'incompatible')) return;
    const reason = workers[0]?.reason ?? 'it is not known why';
    end(
      new RidgelineError(
        'NO_WORKER',
        `No worker can train this study: ${reason.replace(/\.$/, '')}.`,
        'Correct the cause, and run the command again to resume; `ridgeline doctor` checks this machine.',
      ),
    );
  });
}

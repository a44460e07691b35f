/** Unfit workers: ends a search whose only workers receive no trials, when no other can join from elsewhere. */
import { RidgelineError } from '../../base/errors.ts';
import type { WorkerSummary } from '../../study/summaries.ts';
import type { Coordinator } from '../../coordinator/shell/coordinator-server.ts';

type Watched = Pick<Coordinator, 'listen' | 'workers'>;

/**
 * Calls `end` once if all local workers have joined and none can train: each is incompatible, excluded, or on
 * a machine on which everything has failed.
 *
 * @param localWorkers number of local worker processes that run
 * @returns stops watching
 */
export function watchUnfitWorkers(
  coordinator: Watched,
  localWorkers: () => number,
  end: (error: RidgelineError) => void,
): () => void {
  const unusable = new Set<string>();
  return coordinator.listen((event) => {
    if (event.kind === 'worker-unusable') unusable.add(event.worker);
    else if (event.kind !== 'worker-incompatible' && event.kind !== 'worker-excluded') return;
    const workers = coordinator.workers().filter(({ state }) => state !== 'lost');
    if (workers.length < localWorkers()) return;
    const isUnfit = ({ state, name }: WorkerSummary): boolean =>
      state === 'incompatible' ||
      state === 'excluded' ||
      (state === 'backing off' && unusable.has(name));
    if (!workers.every(isUnfit)) return;
    const reason = workers[0]?.reason ?? 'everything has failed on every worker';
    end(
      new RidgelineError(
        'NO_WORKER',
        `No worker can train this study: ${reason.replace(/\.$/, '')}.`,
        'Correct the cause, and run the command again to resume; `ridgeline doctor` checks this machine.',
      ),
    );
  });
}

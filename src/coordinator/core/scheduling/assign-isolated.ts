/**
 * Isolated trials: trials whose worker processes ended several times are trained alone in a process, so that
 * a trial that ends its process takes no others with it, and can be distinguished from them.
 *
 * A worker is kept free for such a trial: it receives no more packs, and the trial when its packs have
 * ended.
 */
import { isResting, mustBeIsolated, setbacksInRow } from '../attempts/setbacks.ts';
import type { StudyEntry } from '../state/cluster-state.ts';
import type { Turn } from '../state/turn.ts';
import { ableWorkers, freeThreads } from '../workers/able-workers.ts';
import { fewestSetbacks } from '../workers/untried-trials.ts';
import { isInDoubt } from '../workers/worker-backoff.ts';
import { assignPack } from './assign-pack.ts';
import { isForOthers } from './preferred-workers.ts';

/** Assigns the isolated trials of a study, or reserves workers for them. */
export function assignIsolated(turn: Turn, study: StudyEntry): void {
  const { state, now } = turn;
  if (study.setbacks.size === 0 || study.winner !== null) return;
  const due = [...study.setbacks.keys()].filter(
    (trial) =>
      trial.status === 'waiting' &&
      mustBeIsolated(study, trial) &&
      !isResting(study, trial, now.monotonicMs),
  );
  for (const trial of due.toSorted((a, b) => setbacksInRow(a) - setbacksInRow(b))) {
    const setbacks = setbacksInRow(trial);
    const able = ableWorkers(state, study);
    const possible = able.filter(
      (worker) =>
        worker.datasets.has(study.searchKey) &&
        !state.reserved.has(worker) &&
        // Otherwise trials that end their processes would keep others waiting.
        !(
          (isInDoubt(worker) || worker.machine.wasIsolated) &&
          fewestSetbacks(state, worker) < setbacks
        ) &&
        !isForOthers(trial, worker, able),
    );
    const idle = possible.find(
      (worker) => worker.packs.size === 0 && freeThreads(state, worker, study) > 0,
    );
    const [next] = possible.toSorted((a, b) => a.packs.size - b.packs.size);
    if (idle !== undefined) {
      study.queue = study.queue.filter((other) => other !== trial);
      assignPack(turn, { study, worker: idle, trials: [trial], kind: 'search', isolated: true });
    } else if (next !== undefined) state.reserved.add(next);
  }
}

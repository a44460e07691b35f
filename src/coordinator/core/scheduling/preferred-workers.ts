/** Preferred workers: which workers may run a trial whose attempts ended without a result. */
import { isSetback, setbacksInRow } from '../attempts/setbacks.ts';
import type { WorkerEntry } from '../state/cluster-state.ts';
import type { TrialEntry } from '../state/trial-state.ts';
import { isProven } from '../workers/machines.ts';

/** Attempts without a result after which a trial goes to workers that have finished trials, if there are any. */
const provenFrom = 3;

/**
 * Whether the trial is left for another worker.
 *
 * It prefers workers on which it has not been tried in vain, and among them those that have finished trials.
 * After several attempts without a result, workers that have finished nothing come last: they may be one
 * defective machine that joins under a new name after each loss.
 */
export function isForOthers(
  trial: TrialEntry,
  worker: WorkerEntry,
  workers: readonly WorkerEntry[],
): boolean {
  if (trial.attempts.length === 0) return false;
  // `disputed`: the worker did not reproduce the state of the trial at its last rung.
  const tried = trial.attempts.filter(
    ({ kind, outcome, fingerprint }) =>
      isSetback(outcome) || (kind === 'search' && outcome === 'disputed' && fingerprint === null),
  );
  if (tried.length === 0) return false;
  const triedOn = new Set(tried.map((attempt) => attempt.worker));
  const isNew = ({ name }: WorkerEntry): boolean => !triedOn.has(name);
  const groups =
    setbacksInRow(trial) < provenFrom
      ? [workers.filter(isNew)]
      : [workers.filter((other) => isNew(other) && isProven(other)), workers.filter(isProven)];
  const preferred = [...groups, workers.filter(isNew)].find(({ length }) => length > 0) ?? workers;
  // bug: failed-trial-returns-to-worker
  return !preferred.includes(worker);
}

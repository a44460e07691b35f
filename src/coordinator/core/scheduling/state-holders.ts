/**
 * State holders: workers keep the states of trials at rungs, so a trial is left for a worker that has its
 * state, if that worker will soon have a thread for it. Any other worker trains it from the first step, which
 * gives the same result later.
 */
import { rungBeforeAttempt } from '../results/rung-states.ts';
import { uploadedState } from '../results/uploaded-states.ts';
import type { ClusterState, StudyEntry, WorkerEntry } from '../state/cluster-state.ts';
import { toStepOf, type TrialEntry } from '../state/trial-state.ts';
import { freeThreads } from '../workers/able-workers.ts';
import { isInDoubt } from '../workers/worker-backoff.ts';
import { isForOthers } from './preferred-workers.ts';

/** Whether the trial is left for another one of the workers, which has its state. */
export function isHeldByOther(
  state: ClusterState,
  study: StudyEntry,
  trial: TrialEntry,
  worker: WorkerEntry,
  workers: readonly WorkerEntry[],
): boolean {
  const holders = stateHolders(state, study, trial);
  if (holders.size === 0 || holders.has(worker.session)) return false;
  // bug: trial-waits-for-its-state
  return workers.some(
    (other) =>
      holders.has(other.session) &&
      (freeThreads(state, other, study) > 0 ||
        [...other.packs].some((pack) => pack.study === study.name)) &&
      !isInDoubt(other) &&
      !isForOthers(trial, other, workers),
  );
}

/** The sessions that have computed the result at the last rung of the trial; none if any worker can fetch it. */
function stateHolders(
  state: ClusterState,
  study: StudyEntry,
  trial: TrialEntry,
): ReadonlySet<string> {
  const { spec, data } = study;
  if (trial.rungs === null || data.trainer.continues?.(spec.trainer) === false) return none;
  const attempt = { kind: 'search', toStep: toStepOf(trial) } as const;
  const rung = rungBeforeAttempt(study, trial, attempt);
  if (rung === null || uploadedState(state, study, trial, rung) !== null) return none;
  return new Set(
    trial.attempts.flatMap(({ session, fingerprint }) =>
      fingerprint === rung.fingerprint ? [session] : [],
    ),
  );
}

const none: ReadonlySet<string> = new Set();

/**
 * Who computes which trial again: a worker that has not computed it yet, where there is one.
 *
 * Pure: changes the cluster's state and says what to store and send. Which trials are due, and what
 * follows from the results, is in `auditing.ts`.
 */
import { isBeingAudited, isContested, mayComeElsewhere, openAudits, votersOf } from './auditing.ts';
import {
  freeThreads,
  type ClusterState,
  type Decision,
  type Moment,
  type StudyEntry,
  type WorkerEntry,
} from './cluster-state.ts';
import { grantPack, packLimit } from './granting-packs.ts';
import { ableWorkers } from './quarantine.ts';
import { chargedMax, type TrialEntry } from './trial-state.ts';

export function grantAudits(
  state: ClusterState,
  study: StudyEntry,
  now: Moment,
  decision: Decision,
): void {
  const stage = study.stages.find((entry) => !entry.record.closed);
  // While trials of the stage are open, nobody knows yet who is among the best.
  if (stage === undefined || stage.open > 0 || stage.trials.length < stage.record.trials) return;
  const waiting = openAudits(state, study, stage).filter(isWaiting);
  if (waiting.length === 0) return;
  const able = ableWorkers(state, study);
  const workers = able.filter((worker) => worker.datasets.has(study.searchKey));
  const threads = workers.reduce((sum, worker) => sum + worker.threads, 0);
  for (const worker of workers) {
    while (freeThreads(state, worker) > 0) {
      const fit = waiting.filter(
        (trial) => isWaiting(trial) && mayAudit(state, study, worker, trial, now),
      );
      const first = fit[0];
      if (first === undefined) break;
      const size = Math.min(packLimit(study, fit.length, threads), worker.packMax);
      const trials = fit
        .filter((trial) => trial.id.replicate === first.id.replicate)
        .slice(0, first.auditCharged > 0 ? 1 : size);
      grantPack(state, { study, worker, trials, purpose: 'audit' }, now, decision);
    }
  }
}

function isWaiting(trial: TrialEntry): boolean {
  return trial.auditCharged < chargedMax && !isBeingAudited(trial);
}

/** Its own trials only where nobody else can, and where that would still tell something. */
function mayAudit(
  state: ClusterState,
  study: StudyEntry,
  worker: WorkerEntry,
  trial: TrialEntry,
  now: Moment,
): boolean {
  if (!votersOf(state, trial).has(worker.name)) return true;
  return !isContested(state, trial) && !mayComeElsewhere(state, study, trial, now);
}

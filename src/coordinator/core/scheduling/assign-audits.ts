/**
 * Who computes which trial again: a worker that has not computed it yet, where there is one.
 *
 * Pure: changes the cluster's state and says what to store and send. Which trials are due, and what
 * follows from the results, is in `auditing.ts`.
 */
import {
  isBeingAudited,
  isContested,
  mayComeElsewhere,
  openAudits,
  votersFor,
} from '../results/audits.ts';
import {
  freeThreads,
  type ClusterState,
  type Decision,
  type Moment,
  type StudyEntry,
  type WorkerEntry,
} from '../state/cluster-state.ts';
import { assignPack, packLimit } from './assign-pack.ts';
import { ableWorkers } from '../workers/exclusions.ts';
import { maxFailures, type TrialEntry } from '../state/trial-state.ts';

export function assignAudits(
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
  let left = waiting.length;
  for (const worker of workers) {
    while (left > 0 && freeThreads(state, worker) > 0) {
      const size = Math.min(packLimit(study, left, threads), worker.packMax);
      const trials = firstOf(waiting, size, (trial) => mayAudit(state, study, worker, trial, now));
      if (trials.length === 0) break;
      left -= trials.length;
      assignPack(state, { study, worker, trials, kind: 'audit' }, now, decision);
    }
  }
}

function isWaiting(trial: TrialEntry): boolean {
  return trial.auditFailures < maxFailures && !isBeingAudited(trial);
}

/** Up to `size` that wait, of one replicate; one whose audit was charged is computed alone. */
function firstOf(
  trials: readonly TrialEntry[],
  size: number,
  isFit: (trial: TrialEntry) => boolean,
): TrialEntry[] {
  const taken: TrialEntry[] = [];
  for (const trial of trials) {
    if (taken.length >= size) break;
    const [first] = taken;
    const isApart = trial.auditFailures > 0 || trial.id.replicate !== first?.id.replicate;
    if ((first !== undefined && isApart) || !isWaiting(trial) || !isFit(trial)) continue;
    taken.push(trial);
    if (trial.auditFailures > 0) break;
  }
  return taken;
}

/** Its own trials only where nobody else can, and where that would still tell something. */
function mayAudit(
  state: ClusterState,
  study: StudyEntry,
  worker: WorkerEntry,
  trial: TrialEntry,
  now: Moment,
): boolean {
  if (!votersFor(state, trial).has(worker.name)) return true;
  return !isContested(state, trial) && !mayComeElsewhere(state, study, trial, now);
}

/**
 * Assigning audits: trials are computed again by a worker that has not computed them, if there is one.
 *
 * Not here: which trials are audited, and what follows from the results (`results/audits.ts`).
 */
import { canOthersCompute, isBeingAudited, openAudits } from '../results/audits.ts';
import { isContested, votersFor } from '../results/votes.ts';
import type { StudyEntry, WorkerEntry } from '../state/cluster-state.ts';
import { openStage } from '../state/study-entry.ts';
import { maxFailures, type TrialEntry } from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { ableWorkers, freeThreads } from '../workers/able-workers.ts';
import { assignPack, packShape } from './assign-pack.ts';

export function assignAudits(turn: Turn, study: StudyEntry): void {
  const { state } = turn;
  const stage = openStage(study);
  // The best trials of the stage are known once all have ended.
  if (stage === undefined || stage.open > 0) return;
  const waiting = openAudits(state, study, stage).filter(isWaiting);
  if (waiting.length === 0) return;
  const workers = ableWorkers(state, study).filter(({ datasets }) => datasets.has(study.searchKey));
  const threads = workers.reduce((sum, worker) => sum + worker.threads, 0);
  let left = waiting.length;
  for (const worker of workers) {
    while (left > 0 && freeThreads(state, worker) > 0) {
      const mayRun = (trial: TrialEntry): boolean =>
        isWaiting(trial) && mayAudit(turn, study, worker, trial);
      const trials = fillPack(study, waiting.filter(mayRun), {
        waiting: left,
        threads,
        packMax: worker.packMax,
      });
      if (trials.length === 0) break;
      left -= trials.length;
      assignPack(turn, { study, worker, trials, kind: 'audit' });
    }
  }
}

function isWaiting(trial: TrialEntry): boolean {
  return trial.auditFailures < maxFailures && !isBeingAudited(trial);
}

/** Trials for one pack; a trial whose audit has failed is computed alone. */
function fillPack(
  study: StudyEntry,
  trials: readonly TrialEntry[],
  limits: Parameters<typeof packShape>[2],
): TrialEntry[] {
  const [first] = trials;
  if (first === undefined) return [];
  if (first.auditFailures > 0) return [first];
  const shape = packShape(study, first, limits);
  return trials
    .filter((trial) => trial.auditFailures === 0 && shape.matches(trial))
    .slice(0, shape.size);
}

/** A worker computes its own trials again only if no other worker can and the result is not contested. */
function mayAudit(turn: Turn, study: StudyEntry, worker: WorkerEntry, trial: TrialEntry): boolean {
  // bug: worker-audits-itself
  if (!votersFor(turn.state, trial).has(worker.name)) return true;
  return !isContested(turn.state, trial) && !canOthersCompute(turn, study, trial);
}

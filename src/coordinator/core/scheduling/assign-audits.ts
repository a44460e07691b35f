/**
 * Assigning audits: trials are computed again by a worker of another token, if there is one; contested ones
 * by the referee (`results/referee.ts`), if it is available.
 */
import { canOthersCompute, isBeingAudited, openAudits } from '../results/audits.ts';
import { isContested, votersFor } from '../results/votes.ts';
import { isReferee, type StudyEntry, type WorkerEntry } from '../state/cluster-state.ts';
import { openStage } from '../state/study-entry.ts';
import { maxFailures, type TrialEntry } from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { ableReferees, ableWorkers, expectsReferee, freeThreads } from '../workers/able-workers.ts';
import { assignPack, packShape, type PackLimits } from './assign-pack.ts';

/** Assigns the audits of a study: one pack before each `yield`. */
export function* assignAudits(turn: Turn, study: StudyEntry): Generator<void> {
  const { state } = turn;
  const stage = openStage(study);
  // The best trials of the stage are known once all have ended.
  if (stage === undefined || stage.open > 0) return;
  let waiting = openAudits(turn, study, stage).filter(isWaiting);
  if (waiting.length === 0) return;
  const able = [...ableWorkers(state, study), ...ableReferees(state, study)];
  const workers = able.filter(({ datasets }) => datasets.has(study.searchKey));
  const threads = workers.reduce((sum, worker) => sum + worker.threads, 0);
  for (const worker of workers) {
    const { packMax } = worker;
    while (freeThreads(state, worker, study) > 0) {
      const possible = waiting.filter((trial) => mayAudit(turn, study, worker, trial));
      const trials = selectPack(study, possible, { waiting: waiting.length, threads, packMax });
      if (trials.length === 0) break;
      assignPack(turn, { study, worker, trials, kind: 'audit' });
      yield;
      waiting = waiting.filter(isWaiting);
    }
  }
}

function isWaiting(trial: TrialEntry): boolean {
  return trial.auditFailures < maxFailures && !isBeingAudited(trial);
}

/** Trials for one pack; a trial whose audit has failed is computed alone. */
function selectPack(
  study: StudyEntry,
  [first, ...others]: readonly TrialEntry[],
  limits: PackLimits,
): TrialEntry[] {
  if (first === undefined) return [];
  if (first.auditFailures > 0) return [first];
  const { size, matches } = packShape(study, first, limits);
  const matching = others.filter((trial) => trial.auditFailures === 0 && matches(trial));
  return [first, ...matching.slice(0, size - 1)];
}

/** A token computes its own trials again only if no other one can and the result is not contested. */
function mayAudit(turn: Turn, study: StudyEntry, worker: WorkerEntry, trial: TrialEntry): boolean {
  if (isReferee(worker)) return isContested(turn.state, trial);
  // bug: dispute-does-not-wait-for-referee
  if (isContested(turn.state, trial) && expectsReferee(turn.state, study, turn.now)) return false;
  // bug: worker-audits-itself
  if (!votersFor(turn.state, trial).has(worker.tokenId)) return true;
  return !isContested(turn.state, trial) && !canOthersCompute(turn, study, trial);
}

/**
 * Retrying: trials that ended without a result get new attempts, and a study that is over is taken up again.
 *
 * Closed stages with such trials are open again; their search spaces and those of later stages stay as
 * they are, so trials that have results stay as well. Diverged trials have results.
 */
import { isDropped } from '../../../study/budget.ts';
import { isOver } from '../../../study/trial.ts';
import { storeRanks } from '../attempts/close-attempt.ts';
import { closeObsoleteTests } from '../attempts/failed-attempts.ts';
import { setWinner } from '../attempts/winner-tests.ts';
import type { StageEntry, StudyEntry } from '../state/cluster-state.ts';
import { updateTrial } from '../state/study-entry.ts';
import type { TrialEntry } from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { sortQueue } from './restore.ts';

/** A study that is over is running again; its end is forgotten. */
export function reopenStudy(turn: Turn, study: StudyEntry): void {
  if (!isOver(study.status)) return;
  turn.persist({ kind: 'study-reopened', study: study.name });
  turn.log('study-reopened', '', study.name);
  study.status = 'running';
  study.endedAtMs = null;
}

/** A closed stage is open again. */
export function reopenStage(stage: StageEntry): void {
  stage.record = { ...stage.record, closed: false };
  stage.audits = null;
  stage.belowTarget = 0;
  stage.plannedAt = null;
}

/** @param retried trials that ended without a result (`mayBeRetried`) */
export function retryTrials(turn: Turn, study: StudyEntry, retried: readonly TrialEntry[]): void {
  closeObsoleteTests(turn, study);
  reopenStudy(turn, study);
  const stages = new Set(retried.map(({ id }) => id.stage));
  // bug: retry-leaves-stage-closed
  const reopened = study.stages.filter(({ record }) => record.closed && stages.has(record.name));
  for (const stage of reopened) {
    reopenStage(stage);
  }
  if (reopened.length > 0) {
    const records = study.stages.map(({ record }) => record);
    turn.persist({ kind: 'study-extended', spec: study.spec, stages: records });
  }
  // Cancelled trials may still be in the queue.
  // bug: retried-trial-is-queued-twice
  study.queue = study.queue.filter(({ status }) => status === 'waiting');
  // Trials beyond the end of a budget had no later stage: nothing was decided without them.
  const again = retried.filter((trial) => !isDropped(trial));
  for (const trial of retried) {
    updateTrial(study, trial, { kind: 'retried' });
    study.setbacks.delete(trial);
    const own = { study: study.name, trial: trial.id };
    const { status, reason } = trial;
    if (status === 'complete' || status === 'paused' || status === 'failed')
      turn.persist({ kind: 'trial-restored', ...own, status, reason });
    else turn.persist({ kind: 'trial-retried', ...own });
    if (status === 'waiting') study.queue.push(trial);
  }
  sortQueue(study);
  study.best = undefined;
  if (study.winner !== null) setWinner(turn, study, null);
  if (again.length > 0)
    turn.log('trials-retried', again.map(({ name }) => name).join(', '), study.name);
  storeRanks(turn, study);
}

/**
 * How attempts and trials end without a result: given up, cancelled, aborted.
 *
 * Pure: changes the cluster's state and says what to store and send. Results are in `results.ts`.
 */
import type { AttemptKind } from '../../../study/trial.ts';
import {
  stageOf,
  trialRecord,
  type ClusterState,
  type Decision,
  type Moment,
  type PackEntry,
  type StudyEntry,
} from './cluster-state.ts';
import { abortPack, closeAttempt, endStudy, isPackDone } from './decision.ts';
import { changeTrial, countsAsFailure, isEnded, type TrialEntry } from './trial-state.ts';
import { hasTestFailed, winnerTrials } from './winner-tests.ts';

/** Closes a pack's open members as given up; their trials wait again, or fail when charged too often. */
export function failPack(
  state: ClusterState,
  pack: PackEntry,
  outcome: 'returned' | 'lost' | 'crashed' | 'timeout',
  reason: string,
  now: Moment,
  decision: Decision,
): void {
  const charge = countsAsFailure(outcome);
  const study = state.studies.get(pack.study);
  // Back to front: the queue's end is granted next, and the first of the pack should be.
  for (const { trial, attempt: number } of pack.members.toReversed()) {
    const attempt = trial.attempts.find((entry) => entry.attempt === number);
    if (study === undefined || attempt === undefined || attempt.outcome !== null) continue;
    closeAttempt(study, trial, attempt, { outcome, reason }, now, decision);
    decision.afterCommit.push({
      kind: 'notice',
      notice: {
        kind: 'attempt-lost',
        study: study.name,
        trial: trial.id,
        attempt: number,
        worker: attempt.worker,
        reason,
      },
    });
    if (pack.kind === 'test') failTest(state, study, reason, now, decision);
    else if (pack.kind === 'audit') trial.auditFailures += Number(charge);
    else failTrial(study, trial, charge, reason, decision);
  }
}

export function failTest(
  state: ClusterState,
  study: StudyEntry,
  reason: string,
  now: Moment,
  decision: Decision,
): void {
  if (hasTestFailed(study))
    endTests(state, study, `the test set could not be measured: ${reason}`, now, decision);
}

/** The study is complete, and no test attempt of it is of use any more. */
export function endTests(
  state: ClusterState,
  study: StudyEntry,
  reason: string | null,
  now: Moment,
  decision: Decision,
): void {
  for (const trial of winnerTrials(study))
    closeObsolete(state, study, trial, 'test', now, decision);
  endStudy(study, 'complete', reason, now, decision);
}

/** Open attempts whose result is of no use any more: closed without a charge, aborted where alone. */
export function closeObsolete(
  state: ClusterState,
  study: StudyEntry,
  trial: TrialEntry,
  kind: AttemptKind,
  now: Moment,
  decision: Decision,
): void {
  for (const attempt of trial.attempts) {
    if (attempt.outcome !== null || attempt.kind !== kind) continue;
    const reason = 'its result is needed no more';
    closeAttempt(study, trial, attempt, { outcome: 'superseded', reason }, now, decision);
    const pack = state.packs.get(attempt.pack);
    if (pack !== undefined && isPackDone(pack)) abortPack(state, pack, reason, decision);
  }
}

function failTrial(
  study: StudyEntry,
  trial: TrialEntry,
  charge: boolean,
  reason: string,
  decision: Decision,
): void {
  changeTrial(trial, { kind: 'gave-up', charge, reason });
  decision.persist.push({
    kind: 'trial-status',
    study: study.name,
    trial: trial.id,
    status: trial.status === 'failed' ? 'failed' : 'waiting',
    reason: trial.reason,
  });
  if (trial.status === 'waiting') {
    study.queue.push(trial);
    study.waiting += 1;
    return;
  }
  stageOf(study, trial).open -= 1;
  study.best = undefined;
  decision.afterCommit.push({
    kind: 'notice',
    notice: { kind: 'trial-ended', study: study.name, trial: trialRecord(trial) },
  });
}

/** Ends everything of a study that has not ended. */
export function cancelTrials(
  state: ClusterState,
  study: StudyEntry,
  reason: string,
  now: Moment,
  decision: Decision,
): void {
  for (const trial of study.trials.values()) {
    for (const attempt of trial.attempts) {
      if (attempt.outcome === null)
        closeAttempt(study, trial, attempt, { outcome: 'cancelled', reason }, now, decision);
    }
    if (isEnded(trial)) continue;
    if (trial.status === 'waiting') study.waiting -= 1;
    const stage = stageOf(study, trial);
    stage.open -= 1;
    stage.cancelled += 1;
    study.best = undefined;
    changeTrial(trial, { kind: 'cancelled', reason });
    decision.persist.push({
      kind: 'trial-status',
      study: study.name,
      trial: trial.id,
      status: 'cancelled',
      reason,
    });
  }
  for (const pack of state.packs.values()) {
    if (pack.study === study.name) abortPack(state, pack, reason, decision);
  }
}

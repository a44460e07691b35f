/** Attempts without a result: failed, returned, cancelled or obsolete, and what follows for their trials. */
import { assert } from '../../../base/assert.ts';
import type { AttemptKind } from '../../../study/trial.ts';
import type { PackEntry, StudyEntry } from '../state/cluster-state.ts';
import { updateTrial } from '../state/study-entry.ts';
import {
  countsAsFailure,
  isEnded,
  toStepOf,
  trialRecord,
  type TrialEntry,
} from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { expectsRefereeTest } from '../workers/able-workers.ts';
import { isProven } from '../workers/machines.ts';
import { hasUntriedTrials } from '../workers/untried-trials.ts';
import { isInDoubt } from '../workers/worker-backoff.ts';
import {
  abortPack,
  closeAttempt,
  isPackDone,
  setStudyStatus,
  storeRanks,
  type TrialPlace,
} from './close-attempt.ts';
import { restTrial } from './setbacks.ts';
import {
  contestedTests,
  contradictingTest,
  hasTestFailed,
  isBeingTested,
  setWinner,
  winnerTrials,
} from './winner-tests.ts';

/** How a pack ended without results. */
export interface PackFailure {
  readonly outcome: 'returned' | 'lost' | 'crashed' | 'timeout';
  readonly reason: string;
  /** Whether the cause is known to be the worker and not the trials. */
  readonly isWorkersFault?: boolean;
}

/** Closes the open attempts of a pack; their trials wait again, or fail after `maxFailures` counted failures. */
export function failPack(turn: Turn, pack: PackEntry, failure: PackFailure): void {
  const study = turn.state.studies.get(pack.study);
  if (study === undefined) return;
  const { outcome, reason } = countedFailure(turn, pack, failure);
  const isFailure = countsAsFailure(outcome);
  const hasFailed = countsAsFailure(failure.outcome) && failure.isWorkersFault !== true;
  // Last member first: then the first member is at the end of the queue, and is scheduled first.
  for (const { trial, attempt: number } of pack.members.toReversed()) {
    const attempt = trial.attempts.find((entry) => entry.attempt === number);
    if (attempt === undefined || attempt.outcome !== null) continue;
    closeAttempt(turn, { study, trial, attempt }, { outcome, reason });
    const { worker } = attempt;
    const lost = { study: study.name, trial: trial.id, attempt: number, worker, reason };
    turn.notify({ kind: 'attempt-lost', ...lost });
    if (pack.kind === 'test') failTest(turn, study, reason);
    else if (pack.kind === 'audit') {
      // Audits of a rung that the trial has left do not count.
      if (attempt.toStep === toStepOf(trial)) trial.auditFailures += Number(isFailure);
    } else unassignTrial(turn, study, trial, { isFailure, hasFailed, reason });
  }
}

/** The failure as it is stored: a crash or timeout that does not count against the trials is `returned`. */
function countedFailure(turn: Turn, pack: PackEntry, failure: PackFailure): PackFailure {
  const { outcome, reason } = failure;
  const why = countsAsFailure(outcome) ? whyNotCounted(turn, pack, failure) : null;
  if (why === null) return failure;
  const what = outcome === 'crashed' ? `crashed: ${reason}` : reason;
  return { outcome: 'returned', reason: `${what} (not counted as a failure: ${why})` };
}

/** Why a crash or timeout does not count against the trials of the pack; null if it does. */
function whyNotCounted(turn: Turn, pack: PackEntry, failure: PackFailure): string | null {
  const worker = turn.state.workers.get(pack.session);
  if (failure.isWorkersFault === true) return 'all packs of the worker were slow';
  // bug: crash-in-company-counts
  if (pack.members.length > 1) return 'the pack had several trials';
  if (worker === undefined || !isProven(worker)) return 'the worker has not finished a trial';
  // A program has ended with an error; what a worker lacks is `returned`.
  const needs = turn.state.studies.get(pack.study)?.needs ?? null;
  if (needs !== null && failure.outcome === 'crashed') return null;
  // bug: broken-worker-counts
  if (isInDoubt(worker) && hasUntriedTrials(turn.state, worker))
    return 'several trials failed on the worker';
  return null;
}

function unassignTrial(
  turn: Turn,
  study: StudyEntry,
  trial: TrialEntry,
  end: { readonly isFailure: boolean; readonly hasFailed: boolean; readonly reason: string },
): void {
  const { isFailure, hasFailed, reason } = end;
  updateTrial(study, trial, { kind: 'unassigned', isFailure, reason });
  const status = trial.status === 'failed' ? 'failed' : 'waiting';
  const row = { study: study.name, trial: trial.id, status, reason: trial.reason } as const;
  turn.persist({ kind: 'trial-status', ...row });
  if (status === 'failed') {
    study.best = undefined;
    turn.notify({ kind: 'trial-ended', study: study.name, trial: trialRecord(trial) });
    return;
  }
  restTrial(turn, study, trial, { hasFailed });
  // After a crash, other trials show first whether the worker works.
  if (hasFailed) study.queue.unshift(trial);
  else study.queue.push(trial);
}

/** A test of the winner has failed. After too many failures, the study completes without a test result. */
export function failTest(turn: Turn, study: StudyEntry, reason: string): void {
  if (hasTestFailed(study)) endTests(turn, study, `the test set could not be measured: ${reason}`);
}

/**
 * Ends the test of a winner that another result contradicts, if no referee is to decide.
 *
 * @returns whether the study is over
 */
export function endContestedTest(turn: Turn, study: StudyEntry): boolean {
  const { state, now } = turn;
  const [trial] = contestedTests(state, study);
  if (trial === undefined || isBeingTested(trial) || expectsRefereeTest(state, study, now))
    return false;
  const test = contradictingTest(state, study, trial);
  assert(test, () => `${trial.name} is contested`);
  endContradictedTests(turn, study, test.worker);
  return true;
}

/** Another training of the winner gave another result than the stored one. */
export function endContradictedTests(turn: Turn, study: StudyEntry, testWorker: string): void {
  assert(study.winner, () => `study ${study.name} has a winner`);
  setWinner(turn, study, { ...study.winner, testWorker, reproduced: false });
  endTests(turn, study, null);
}

/** Completes the study; closes the open tests of its winner. */
export function endTests(turn: Turn, study: StudyEntry, reason: string | null): void {
  closeObsoleteTests(turn, study);
  setStudyStatus(turn, study, 'complete', reason);
}

export function closeObsoleteTests(turn: Turn, study: StudyEntry): void {
  for (const trial of winnerTrials(study)) closeObsolete(turn, { study, trial }, 'test');
}

/** Closes open attempts whose result is no longer needed, and aborts their packs if nothing else is open. */
export function closeObsolete(turn: Turn, { study, trial }: TrialPlace, kind: AttemptKind): void {
  const reason = 'the result is no longer needed';
  for (const attempt of trial.attempts) {
    if (attempt.outcome !== null || attempt.kind !== kind) continue;
    // bug: obsolete-attempts-stay-open
    closeAttempt(turn, { study, trial, attempt }, { outcome: 'obsolete', reason });
    const pack = turn.state.packs.get(attempt.pack);
    if (pack !== undefined && isPackDone(pack)) abortPack(turn, pack, reason);
  }
}

/** Ends a study, with all of its trials and attempts that have not ended. */
export function cancelStudy(
  turn: Turn,
  study: StudyEntry,
  reason: string,
  status: 'cancelled' | 'failed' = 'cancelled',
): void {
  for (const trial of study.trials.values()) {
    for (const attempt of trial.attempts) {
      if (attempt.outcome === null)
        closeAttempt(turn, { study, trial, attempt }, { outcome: 'cancelled', reason });
    }
    if (isEnded(trial)) continue;
    updateTrial(study, trial, { kind: 'cancelled', reason });
    const row = { study: study.name, trial: trial.id, status: 'cancelled' as const, reason };
    turn.persist({ kind: 'trial-status', ...row });
  }
  study.best = undefined;
  for (const pack of turn.state.packs.values()) {
    // bug: cancelled-study-runs-on
    if (pack.study === study.name) abortPack(turn, pack, reason);
  }
  setStudyStatus(turn, study, status, reason);
  storeRanks(turn, study);
}

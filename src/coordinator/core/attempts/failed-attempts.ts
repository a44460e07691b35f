/** Attempts without a result: failed, returned, cancelled or obsolete, and what follows for their trials. */
import type { AttemptKind } from '../../../study/trial.ts';
import type { PackEntry, StudyEntry } from '../state/cluster-state.ts';
import { updateTrial } from '../state/study-entry.ts';
import { countsAsFailure, isEnded, trialRecord, type TrialEntry } from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import {
  abortPack,
  closeAttempt,
  isPackDone,
  setStudyStatus,
  storeRanks,
  type TrialPlace,
} from './close-attempt.ts';
import { hasTestFailed, winnerTrials } from './winner-tests.ts';

/** How a pack ended without results. */
export interface PackFailure {
  readonly outcome: 'returned' | 'lost' | 'crashed' | 'timeout';
  readonly reason: string;
}

/** Closes the open attempts of a pack; their trials wait again, or fail after `maxFailures` failures. */
export function failPack(turn: Turn, pack: PackEntry, { outcome, reason }: PackFailure): void {
  const study = turn.state.studies.get(pack.study);
  if (study === undefined) return;
  const isFailure = countsAsFailure(outcome);
  // Last member first: then the first member is at the end of the queue, and is scheduled first.
  for (const { trial, attempt: number } of pack.members.toReversed()) {
    const attempt = trial.attempts.find((entry) => entry.attempt === number);
    if (attempt === undefined || attempt.outcome !== null) continue;
    closeAttempt(turn, { study, trial, attempt }, { outcome, reason });
    const { worker } = attempt;
    const lost = { study: study.name, trial: trial.id, attempt: number, worker, reason };
    turn.notify({ kind: 'attempt-lost', ...lost });
    if (pack.kind === 'test') failTest(turn, study, reason);
    else if (pack.kind === 'audit') trial.auditFailures += Number(isFailure);
    else unassignTrial(turn, study, trial, { isFailure, reason });
  }
}

function unassignTrial(
  turn: Turn,
  study: StudyEntry,
  trial: TrialEntry,
  end: { readonly isFailure: boolean; readonly reason: string },
): void {
  updateTrial(study, trial, { kind: 'unassigned', ...end });
  const status = trial.status === 'failed' ? 'failed' : 'waiting';
  const { reason } = trial;
  turn.persist({ kind: 'trial-status', study: study.name, trial: trial.id, status, reason });
  if (status === 'failed') {
    study.best = undefined;
    turn.notify({ kind: 'trial-ended', study: study.name, trial: trialRecord(trial) });
  } else study.queue.push(trial);
}

/** A test of the winner has failed. After too many failures, the study completes without a test result. */
export function failTest(turn: Turn, study: StudyEntry, reason: string): void {
  if (hasTestFailed(study)) endTests(turn, study, `the test set could not be measured: ${reason}`);
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

/** Cancels a study with all of its trials and attempts that have not ended. */
export function cancelStudy(turn: Turn, study: StudyEntry, reason: string): void {
  for (const trial of study.trials.values()) {
    for (const attempt of trial.attempts) {
      if (attempt.outcome === null)
        closeAttempt(turn, { study, trial, attempt }, { outcome: 'cancelled', reason });
    }
    if (isEnded(trial)) continue;
    updateTrial(study, trial, { kind: 'cancelled', reason });
    const row = { study: study.name, trial: trial.id, status: 'cancelled', reason } as const;
    turn.persist({ kind: 'trial-status', ...row });
  }
  study.best = undefined;
  for (const pack of turn.state.packs.values()) {
    // bug: cancelled-study-runs-on
    if (pack.study === study.name) abortPack(turn, pack, reason);
  }
  setStudyStatus(turn, study, 'cancelled', reason);
  storeRanks(turn, study);
}

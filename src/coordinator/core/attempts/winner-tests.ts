/**
 * Winner tests: every replicate of the winner is trained again with the test set, and must reproduce its
 * result. The reported test metrics are means over the replicates, since the winner was chosen by a mean.
 */
import { assert } from '../../../base/assert.ts';
import { meanOfAll } from '../../../search/statistics/mean.ts';
import { isDropped } from '../../../study/budget.ts';
import type { WinnerRecord, WinnerTest } from '../../../study/study-record.ts';
import { trialName } from '../../../study/trial.ts';
import type { ClusterState, StudyEntry } from '../state/cluster-state.ts';
import { isReproducible } from '../state/study-entry.ts';
import {
  countsAsFailure,
  maxFailures,
  type AttemptEntry,
  type TrialEntry,
} from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';

export function setWinner(turn: Turn, study: StudyEntry, winner: WinnerRecord | null): void {
  const isNew = study.winner === null;
  study.winner = winner;
  turn.persist({ kind: 'winner', study: study.name, winner });
  if (winner !== null && isNew) turn.log('winner-chosen', trialName(winner.trial), study.name);
}

/** The replicates of the winner; empty if there is no winner. */
export function winnerTrials({ winner, trials }: StudyEntry): TrialEntry[] {
  const found: TrialEntry[] = [];
  if (winner === null) return found;
  for (let { replicate } = winner.trial; ; replicate++) {
    const trial = trials.get({ ...winner.trial, replicate });
    if (trial === undefined || isDropped(trial)) break;
    found.push(trial);
  }
  assert(found.length > 0, () => `the winner ${trialName(winner.trial)} is a trial of the study`);
  return found;
}

/** Replicates of the winner without a test result; empty if the test has ended. */
export function dueTests(study: StudyEntry): TrialEntry[] {
  const { winner } = study;
  if (winner === null || winner.reproduced !== null) return [];
  const tested = new Set(winner.tests.map(({ replicate }) => replicate));
  return winnerTrials(study).filter(({ id }) => !tested.has(id.replicate));
}

/** Attempts to test a replicate since the winner was chosen. */
function testsOf({ winner }: StudyEntry, { id, attempts }: TrialEntry): AttemptEntry[] {
  // bug: retried-winner-has-no-tests
  const before = winner?.attemptsBefore[id.replicate - 1] ?? 0;
  return attempts.filter(({ kind, attempt }) => kind === 'test' && attempt > before);
}

/** Replicates of the winner whose test gave another result than the stored one, so that one of them is wrong. */
export function contestedTests(state: ClusterState, study: StudyEntry): TrialEntry[] {
  if (!isReproducible(study)) return [];
  return dueTests(study).filter((trial) => contradictingTest(state, study, trial) !== undefined);
}

export function isBeingTested({ attempts }: TrialEntry): boolean {
  return attempts.some(({ kind, outcome }) => kind === 'test' && outcome === null);
}

/** The attempt whose result differs from the stored one of the trial. */
export function contradictingTest(
  state: ClusterState,
  study: StudyEntry,
  trial: TrialEntry,
): AttemptEntry | undefined {
  return testsOf(study, trial).find(
    ({ fingerprint, session }) =>
      fingerprint !== null && fingerprint !== trial.fingerprint && !state.excluded.has(session),
  );
}

/** Whether tests of this winner have failed `maxFailures` times per replicate since it was chosen. */
export function hasTestFailed(study: StudyEntry): boolean {
  const trials = winnerTrials(study);
  const tests = trials.flatMap((trial) => testsOf(study, trial));
  const failures = tests.filter(
    ({ outcome }) => countsAsFailure(outcome) || outcome === 'disputed',
  );
  // bug: winner-tested-without-limit
  return failures.length >= maxFailures * Math.max(1, trials.length);
}

/** The winner with one more reproduced replicate; with means once all replicates are reproduced. */
export function addTest(study: StudyEntry, winner: WinnerRecord, test: WinnerTest): WinnerRecord {
  const tests = [...winner.tests, test].toSorted((a, b) => a.replicate - b.replicate);
  // bug: winner-settled-by-first-test
  if (tests.length < winnerTrials(study).length) return { ...winner, tests };
  return {
    ...winner,
    tests,
    testAccuracy: meanOfAll(tests.map(({ accuracy }) => accuracy)),
    testLoss: meanOfAll(tests.map(({ loss }) => loss)),
    testWorker: [...new Set(tests.map(({ worker }) => worker))].join(', '),
    reproduced: true,
  };
}

/**
 * The test of the winner: each of its replicates is trained once more, with the test set, and must give
 * what it gave before. What is reported is the mean over them, since the winner was chosen by a mean.
 *
 * Pure. Who trains them is decided in `granting.ts`, what their results mean in `results.ts`.
 */
import { assert } from '../../../base/assert.ts';
import { meanOfAll } from '../../../search/statistics/mean.ts';
import type { WinnerRecord, WinnerTest } from '../../../study/study-record.ts';
import { trialName } from '../../../study/trial.ts';
import type { StudyEntry } from './cluster-state.ts';
import { maxFailures, countsAsFailure, type TrialEntry } from './trial-state.ts';

/** The winner before anybody has tested it. */
export function untestedWinner({ id }: Pick<TrialEntry, 'id'>): WinnerRecord {
  return {
    trial: id,
    testAccuracy: null,
    testLoss: null,
    testWorker: null,
    reproduced: null,
    tests: [],
  };
}

/** The winner's trials, one a replicate; none while there is no winner. */
export function winnerTrials({ winner, trials }: StudyEntry): TrialEntry[] {
  const found: TrialEntry[] = [];
  if (winner === null) return found;
  for (let { replicate } = winner.trial; ; replicate++) {
    const trial = trials.get(trialName({ ...winner.trial, replicate }));
    if (trial === undefined) break;
    found.push(trial);
  }
  assert(found.length > 0, () => `${trialName(winner.trial)} is one of the study's trials`);
  return found;
}

/** Those that nobody has tested yet; none when the winner is settled. */
export function dueTests(study: StudyEntry): TrialEntry[] {
  const { winner } = study;
  if (winner === null || winner.reproduced !== null) return [];
  const tested = new Set(winner.tests.map(({ replicate }) => replicate));
  return winnerTrials(study).filter(({ id }) => !tested.has(id.replicate));
}

/** As many charged attempts as each of its trials may have; those of a former winner are not counted. */
export function hasTestFailed(study: StudyEntry): boolean {
  const trials = winnerTrials(study);
  const charged = trials
    .flatMap(({ attempts }) => attempts)
    .filter(
      ({ kind, outcome }) =>
        kind === 'test' && (countsAsFailure(outcome) || outcome === 'disputed'),
    );
  return charged.length >= maxFailures * Math.max(1, trials.length);
}

/** With one more replicate reproduced; settled when it is the last one. */
export function withTested(
  study: StudyEntry,
  winner: WinnerRecord,
  test: WinnerTest,
): WinnerRecord {
  const tests = [...winner.tests, test].toSorted((a, b) => a.replicate - b.replicate);
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

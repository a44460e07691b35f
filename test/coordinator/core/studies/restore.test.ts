/** What a restart finds in the store is what was in memory before. */
import { expect, test } from 'vitest';
import { Dispatcher } from '../../../../src/coordinator/core/dispatcher.ts';
import type { StoredStudy } from '../../../../src/coordinator/core/studies/restore.ts';
import { hasTestFailed } from '../../../../src/coordinator/core/state/winner-tests.ts';
import { waitingTrial, type AttemptRecord, type TrialId } from '../../../../src/study/trial.ts';
import { attemptOf, completeResult, studyRecord } from '../../../store/support/records.ts';
import { settings } from '../../../simulation/simulated-coordinator.ts';
import { exampleStudy, twoStages } from '../../../study/support/example-study.ts';

const split = { kind: 'count', count: 20 } as const;
const reference = {
  parts: [{ name: 'all', digest: 'a'.repeat(64), bytes: 1, count: 60 }],
  seed: 1,
  train: split,
  validation: split,
  test: split,
};
const formerWinner: TrialId = { stage: 'coarse', index: 1, replicate: 1 };
const winner: TrialId = { stage: 'coarse', index: 2, replicate: 1 };

const lostTest = (trial: TrialId, attempt: number): AttemptRecord => ({
  ...attemptOf(trial, attempt, 'test'),
  endedAtMs: 1,
  outcome: 'lost',
  reason: 'its worker was lost',
});

const winnerRecord = {
  trial: winner,
  testAccuracy: null,
  testLoss: null,
  testWorker: null,
  reproduced: null,
  tests: [],
};

/** Of a study whose winner is being tested. */
function isGivenUp(tests: readonly AttemptRecord[]): boolean {
  const spec = exampleStudy();
  const stored: StoredStudy = {
    record: { ...studyRecord(spec), status: 'running', winner: winnerRecord },
    data: { search: reference, test: reference, validationCount: 20 },
    trials: [formerWinner, winner].map((id) => ({
      ...waitingTrial(id, 1e-3),
      status: 'complete',
      worker: 'node-1',
      result: completeResult(),
      fingerprint: 'f'.repeat(64),
    })),
    attempts: tests,
  };
  const dispatcher = new Dispatcher(settings, [stored], new Map(), { monotonicMs: 0, wallMs: 0 });
  return hasTestFailed(dispatcher.state.studies.get(spec.study)!);
}

test('tests that were lost count against the winner that was to be tested, not against a later one', () => {
  const former = [2, 3, 4].map((attempt) => lostTest(formerWinner, attempt));
  expect(isGivenUp([...former, lostTest(winner, 2), lostTest(winner, 3)])).toBe(false);
  expect(isGivenUp([2, 3, 4].map((attempt) => lostTest(winner, attempt)))).toBe(true);
});

test('a study that is made longer says which results are those of a worker that was convicted meanwhile', () => {
  const spec = exampleStudy({ stages: twoStages(1, 1) });
  const longer = { ...spec, stages: twoStages(1, 2) };
  const range = { min: 1e-9, max: 1e-1 };
  const ids = ['coarse', 'fine'].map((stage): TrialId => ({ stage, index: 1, replicate: 1 }));
  const fingerprint = 'f'.repeat(64);
  const stored: StoredStudy = {
    record: {
      ...studyRecord(spec),
      status: 'complete',
      endedAtMs: 1,
      stages: studyRecord(spec).stages.map((stage) => ({ ...stage, range, closed: true })),
    },
    data: { search: reference, test: null, validationCount: 20 },
    trials: ids.map((id) => ({
      ...waitingTrial(id, 1e-3),
      status: 'complete',
      worker: 'node-1',
      result: completeResult(),
      fingerprint,
    })),
    attempts: ids.map((id) => ({ ...attemptOf(id, 1), outcome: 'accepted', fingerprint })),
  };
  const now = { monotonicMs: 0, wallMs: 0 };
  const dispatcher = new Dispatcher(settings, [], new Map([['session-1', 'it lied']]), now);
  dispatcher.restore(stored, now);
  const audited = dispatcher
    .extend(longer, now)
    .persist.flatMap((row) =>
      row.kind === 'trial-audited' ? [{ stage: row.trial.stage, verdict: row.verdict }] : [],
    );
  // What is open again is not marked, but computed again.
  expect(audited).toEqual([{ stage: 'coarse', verdict: 'unchecked' }]);
});

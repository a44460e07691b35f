/** Results that are reported twice, contradict an earlier one, or lack the objective. */
import { expect, test } from 'vitest';
import type { TrialResult } from '../../../../src/study/trial.ts';
import {
  answersIn,
  coarse,
  completeResult,
  later,
  oneWorker,
  rowsIn,
  start,
} from '../../support/small-cluster.ts';

const key = { study: 'example', trial: coarse(1), attempt: 1 };

test('a second, different result of one attempt excludes its worker, and the first result stays stored', () => {
  const { dispatcher, pack } = oneWorker();
  const first = completeResult();
  const report = (result: TrialResult): string[] =>
    answersIn(
      dispatcher.received(
        's',
        { kind: 'pack-ended', pack, results: [{ key, result, passed: null }] },
        start,
      ),
    );
  expect(report(first)).toEqual(['accepted']);
  expect(report(first)).toEqual(['duplicate']);
  expect(dispatcher.state.excluded.size).toBe(0);
  expect(report(completeResult('b'.repeat(64)))).toEqual(['disputed']);
  expect(dispatcher.state.excluded.get('s')?.reason).toMatch(
    /two results for attempt 1 of coarse\/1/,
  );
  expect(report(first)).toEqual(['cancelled']);
  const trial = dispatcher.state.studies.get('example')?.trials.get(coarse(1));
  expect(trial?.result).toMatchObject({ digest: 'c'.repeat(64) });
});

test('a complete result without the objective is a crash of its pack', () => {
  const { dispatcher, pack } = oneWorker();
  const curve = [{ step: 10, metrics: { validation_loss: 1.5 } }];
  const result = { ...completeResult(), curve };
  const message = { kind: 'pack-ended', pack, results: [{ key, result, passed: null }] } as const;
  const decision = dispatcher.received('s', message, start);
  expect(answersIn(decision)).toEqual(['cancelled']);
  expect(rowsIn(decision, 'attempt-closed')).toMatchObject([
    {
      outcome: 'returned',
      reason: expect.stringMatching(
        /^crashed: the result of coarse\/1 has no finite validation_accuracy \(not counted/,
      ),
    },
  ]);
  expect(dispatcher.state.excluded.size).toBe(0);
});

test.for<[string, Partial<ReturnType<typeof completeResult>>, RegExp]>([
  ['of another length', { steps: 5 }, /has 5 steps instead of 400/],
  [
    'that took longer than since its assignment',
    { seconds: 60 },
    /took 60 s, but was assigned 0 s ago/,
  ],
  ['without all validation bits', { validationCorrect: new Uint8Array(49) }, /for each of 400/],
  ['with another accuracy', { validationCorrect: new Uint8Array(50) }, /0.5, but 0 of 400/],
])('a result %s excludes its worker, with the reason', ([, changes, reason]) => {
  const { dispatcher, pack } = oneWorker();
  const results = [{ key, passed: null, result: completeResult(undefined, changes) }];
  const decision = dispatcher.received('s', { kind: 'pack-ended', pack, results }, start);
  expect(answersIn(decision)).toEqual(['cancelled']);
  expect(dispatcher.state.excluded.get('s')?.reason).toMatch(
    /^its result of coarse\/1 in example /,
  );
  expect(dispatcher.state.excluded.get('s')?.reason).toMatch(reason);
});

test('a result that took as long as since its assignment is accepted', () => {
  const { dispatcher, pack } = oneWorker();
  const results = [{ key, passed: null, result: completeResult(undefined, { seconds: 60 }) }];
  const message = { kind: 'pack-ended', pack, results } as const;
  expect(answersIn(dispatcher.received('s', message, later(60_000)))).toEqual(['accepted']);
});

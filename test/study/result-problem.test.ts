/** Results that contradict themselves, their study or their request. */
import { describe, expect, test } from 'vitest';
import { classificationMetrics } from '../../src/study/metrics.ts';
import { evenlySpaced, resultProblem, type ResultRules } from '../../src/study/result-problem.ts';
import type { TrialResult } from '../../src/study/trial.ts';

type Complete = Extract<TrialResult, { kind: 'complete' }>;

const rules: ResultRules = {
  metrics: classificationMetrics,
  schedule: [4, 8, 10],
  measuresAnyStep: false,
  isThinned: () => false,
  progressAt: (step) => ({ epoch: step / 2 }),
  validationCount: 12,
  measuresTest: false,
};

const point = (step: number, more = {}) => ({
  step,
  metrics: { epoch: step / 2, validation_accuracy: 0.75, ...more },
});

function complete(changes: Partial<Complete> = {}): Complete {
  return {
    kind: 'complete',
    steps: 10,
    seconds: 1,
    digest: 'a'.repeat(64),
    curve: [point(4), point(8), point(10)],
    validationCorrect: Uint8Array.of(0b1111_1111, 0b0001),
    ...changes,
  };
}

const diverged = (steps: number, at: readonly number[]): TrialResult => {
  return { kind: 'diverged', steps, seconds: 1, curve: at.map((step) => point(step)) };
};

describe('a result', () => {
  test('that agrees with its study and itself has no problem', () => {
    expect(resultProblem(complete(), rules)).toBe(null);
    for (const each of [
      diverged(3, []),
      diverged(8, [4]),
      diverged(8, [4, 8]),
      diverged(9, [4, 8]),
    ])
      expect(resultProblem(each, rules)).toBe(null);
  });

  test.for<[string, TrialResult]>([
    ['has 5 steps instead of 10', complete({ steps: 5, curve: [point(5)] })],
    ['took 1e+300 s', complete({ seconds: 1e300 })],
    ['has 11 steps instead of at most 10', diverged(11, [4, 8, 10])],
    ['has 1 measurements instead of 3', complete({ curve: [point(10)] })],
    [
      'has a measurement at step 7, without one being due',
      complete({ curve: [point(4), point(7), point(10)] }),
    ],
    ['has 0 measurements instead of 1', diverged(6, [])],
    [
      'has epoch 80 at step 4 instead of 2',
      complete({ curve: [point(4, { epoch: 80 }), point(8), point(10)] }),
    ],
    [
      'has luck, which the trainer does not measure',
      complete({ curve: [point(4), point(8), point(10, { luck: 1 })] }),
    ],
    [
      'has test_accuracy at step 10, which was not requested',
      complete({ curve: [point(4), point(8), point(10, { test_accuracy: 1 })] }),
    ],
    [
      'has validation_accuracy 0.75, but 12 of 12 validation records are marked as correct',
      complete({ validationCorrect: Uint8Array.of(255, 15) }),
    ],
    [
      'does not state for each of 12 validation records whether it was classified correctly',
      complete({ validationCorrect: Uint8Array.of(255) }),
    ],
    [
      'does not state for each of 12 validation records whether it was classified correctly',
      complete({ validationCorrect: Uint8Array.of(255, 17) }),
    ],
  ])('%s', ([problem, result]) => {
    expect(resultProblem(result, rules)).toBe(problem);
  });

  test('has test metrics at the last step, and only there, if they were requested', () => {
    const tested = { ...rules, measuresTest: true };
    const test = { test_accuracy: 0.5, test_loss: 1 };
    const curve = [point(4), point(8), point(10, test)];
    expect(resultProblem(complete({ curve }), tested)).toBe(null);
    expect(resultProblem(complete(), tested)).toBe('has no test_loss');
    const early = [point(4, test), point(8), point(10, test)];
    expect(resultProblem(complete({ curve: early }), tested)).toMatch(/at step 4, which was not/);
  });

  test('whose curve is too long for a message has evenly spaced measurements of it', () => {
    const schedule = Array.from({ length: 100 }, (_, index) => index + 1);
    const long = { ...rules, schedule, isThinned: (points: number) => points > 50 };
    const curve = (steps: readonly number[]) =>
      complete({ steps: 100, curve: steps.map((step) => point(step)) });
    expect(resultProblem(curve(evenlySpaced(schedule, 40)), long)).toBe(null);
    expect(resultProblem(curve(schedule.slice(60)), long)).not.toBe(null);
    const short = { ...long, isThinned: () => false };
    expect(resultProblem(curve(evenlySpaced(schedule, 40)), short)).not.toBe(null);
  });

  test('of a trainer that does not classify has no validation bits', () => {
    const other = { ...rules, metrics: rules.metrics.filter(({ kind }) => kind === 'progress') };
    const curve = rules.schedule.map((step) => ({ step, metrics: { epoch: step / 2 } }));
    const result = complete({ curve, validationCorrect: new Uint8Array(0) });
    expect(resultProblem(result, other)).toBe(null);
    expect(resultProblem(complete({ curve }), other)).toMatch(/does not state/);
  });
});

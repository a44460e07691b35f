import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RandomStream } from '../../src/base/philox.ts';
import { narrowRange } from '../../src/search/narrowing.ts';
import { standardError } from '../../src/search/standard-error.ts';
import { rankTrials, winnerOf } from '../../src/search/ranking.ts';
import { sampleLambda } from '../../src/search/sampler.ts';
import type { Objective } from '../../src/study/study-spec.ts';
import type { TrialRecord } from '../../src/study/trial.ts';

const objective: Objective = { metric: 'validation_accuracy', direction: 'maximize' };
const coarse = { min: 1e-9, max: 1e-1 };

export function completedTrial(k: number, lambda: number, accuracy: number): TrialRecord {
  const zero = {
    step: 1,
    epoch: 1,
    learningRate: 0,
    trainLoss: 1,
    trainCost: 1,
    trainAccuracy: 0.5,
  };
  const rest = { validationLoss: 1, validationCost: 1, testLoss: null, testAccuracy: null };
  return {
    id: { stage: 'coarse', k, replicate: 1 },
    lambda,
    status: 'complete',
    reason: null,
    attempts: 1,
    charged: 0,
    worker: 'w',
    result: {
      kind: 'complete',
      steps: 1,
      seconds: 1,
      digest: 'a'.repeat(64),
      curve: [{ ...zero, ...rest, validationAccuracy: accuracy }],
      validationCorrect: new Uint8Array(0),
    },
  };
}

const trials = fc
  .array(
    fc.tuple(
      fc.double({ min: -8.9, max: -1.1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ),
    {
      minLength: 3,
      maxLength: 40,
    },
  )
  .map((points) =>
    points.map(([power, accuracy], index) => completedTrial(index + 1, 10 ** power, accuracy)),
  );

describe('narrowing', () => {
  test('always contains the best λ, stays inside the coarse range, and has a width', () => {
    fc.assert(
      fc.property(trials, fc.integer({ min: 10, max: 100_000 }), (records, validationCount) => {
        const { range } = narrowRange(records, { range: coarse, validationCount, objective });
        const best = winnerOf(records, objective, ['coarse'])!;
        expect(range.min).toBeLessThanOrEqual(best.lambda);
        expect(range.max).toBeGreaterThanOrEqual(best.lambda);
        expect(range.min).toBeGreaterThanOrEqual(coarse.min);
        expect(range.max).toBeLessThanOrEqual(coarse.max);
        expect(range.min).toBeLessThan(range.max);
      }),
    );
  });

  test('does not depend on the order in which results came', () => {
    fc.assert(
      fc.property(trials, (records) => {
        const input = { range: coarse, validationCount: 10_000, objective };
        expect(narrowRange(records.toReversed(), input)).toEqual(narrowRange(records, input));
      }),
    );
  });

  test('stops where the next two trials fall below two standard errors, and reaches to the first left out', () => {
    const accuracies = [0.2, 0.2, 0.4, 0.5, 0.499, 0.4, 0.2];
    const records = accuracies.map((accuracy, i) => completedTrial(i + 1, 10 ** (i - 8), accuracy));
    const { range, reason, warnings } = narrowRange(records, {
      range: coarse,
      validationCount: 10_000,
      objective,
    });
    expect(range).toEqual({ min: 10 ** -6, max: 10 ** -4 });
    expect(reason).toContain('the best trial is coarse/4');
    expect(warnings).toEqual([]);
  });

  test('warns when the best lies at an edge, and says which range to try', () => {
    const records = [0.2, 0.3, 0.4, 0.5].map((accuracy, i) =>
      completedTrial(i + 1, 10 ** (i - 4.5), accuracy),
    );
    const { warnings } = narrowRange(records, {
      range: coarse,
      validationCount: 10_000,
      objective,
    });
    expect(warnings.join()).toMatch(/above the coarse range.*1\.00e-1.*try max: 1\.00e\+1/);
  });

  test('ranks a loss from the small end', () => {
    const records = [0.9, 0.5, 0.1].map((accuracy, i) =>
      completedTrial(i + 1, 10 ** (i - 5), accuracy),
    );
    expect(
      rankTrials(records, { metric: 'validation_accuracy', direction: 'minimize' }, []).map(
        ({ trial }) => trial.id.k,
      ),
    ).toEqual([3, 2, 1]);
  });

  /** Mean validation accuracy over four seeds of the 50-node network on CIFAR-10, by log10 λ. */
  const measured = [
    [-9, 0.4475],
    [-3.52, 0.4475],
    [-3, 0.4525],
    [-2.49, 0.4576],
    [-2, 0.4698],
    [-1.74, 0.472],
    [-1.49, 0.463],
    [-1.25, 0.4341],
    [-1, 0.389],
  ] as const;
  const curve = (logLambda: number): number => {
    for (let i = 1; i < measured.length; i++) {
      const [x0, y0] = measured[i - 1]!;
      const [x1, y1] = measured[i]!;
      if (logLambda <= x1) return y0 + ((y1 - y0) * (logLambda - x0)) / (x1 - x0);
    }
    return 0.389;
  };

  test('holds the true optimum of the measured CIFAR-10 curve in most stages of 30 trials', () => {
    let held = 0;
    const widths: number[] = [];
    for (let seed = 1; seed <= 300; seed++) {
      const noise = new RandomStream(seed, 'split', 9);
      const records = Array.from({ length: 30 }, (_, i) => {
        const lambda = sampleLambda(seed, 'coarse', i + 1, coarse);
        const mean = curve(Math.log10(lambda));
        const deviation = Math.hypot(standardError(mean, 10_000), 0.004) * 0.8;
        return completedTrial(i + 1, lambda, mean + deviation * noise.normalAt(i));
      });
      const { range } = narrowRange(records, { range: coarse, validationCount: 10_000, objective });
      if (range.min <= 10 ** -1.74 && 10 ** -1.74 <= range.max) held += 1;
      widths.push(Math.log10(range.max / range.min));
    }
    expect(held / 300).toBeGreaterThanOrEqual(0.85);
    expect(widths.toSorted((a, b) => a - b)[150]).toBeLessThan(3);
  });
});

describe('ranking', () => {
  const order = ['coarse'];

  test('is a permutation, by value, and then by k as a number', () => {
    fc.assert(
      fc.property(trials, (records) => {
        const ranked = rankTrials(records.toReversed(), objective, order);
        expect(ranked.map(({ rank }) => rank)).toEqual(records.map((_, i) => i + 1));
        expect(new Set(ranked.map(({ trial }) => trial.id.k)).size).toBe(records.length);
        for (let i = 1; i < ranked.length; i++) {
          const [a, b] = [ranked[i - 1]!, ranked[i]!];
          expect(a.value! > b.value! || (a.value === b.value && a.trial.id.k < b.trial.id.k)).toBe(
            true,
          );
        }
      }),
    );
  });

  test('puts failed and cancelled trials last, without a rank', () => {
    const failed: TrialRecord = { ...completedTrial(1, 1e-3, 0), status: 'failed', result: null };
    const ranked = rankTrials([failed, completedTrial(2, 1e-3, 0.1)], objective, order);
    expect(ranked.map(({ rank, trial }) => [rank, trial.id.k])).toEqual([
      [1, 2],
      [null, 1],
    ]);
  });
});

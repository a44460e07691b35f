import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RandomStream } from '../../../src/base/philox.ts';
import { narrowRange } from '../../../src/search/planning/narrowing.ts';
import { rankConfigurations } from '../../../src/search/ranking/ranking.ts';
import { sampleTrials } from '../../../src/search/samplers/sample-trials.ts';
import { standardError } from '../../../src/search/statistics/standard-error.ts';
import { numberParam } from '../../../src/study/search-space.ts';
import type { Objective } from '../../../src/study/spec/study-spec.ts';
import type { TrialRecord } from '../../../src/study/trial.ts';
import { completedTrial } from '../support/completed-trial.ts';

const accuracy: Objective = { metric: 'validation_accuracy', direction: 'maximize' };
const loss: Objective = { metric: 'validation_loss', direction: 'minimize' };
const coarse = { min: 1e-9, max: 1e-1 };
const input = {
  parameter: 'lambda',
  range: { distribution: 'log_uniform' as const, ...coarse },
  validationCount: 10_000,
  objective: accuracy,
};
const space = { lambda: { distribution: 'log_uniform', ...coarse } } as const;

/** Trials with these accuracies, one decade apart, from λ = 10^first. */
const ladder = (first: number, accuracies: readonly number[]): TrialRecord[] =>
  accuracies.map((validationAccuracy, i) =>
    completedTrial(i + 1, Number(`1e${first + i}`), { validation_accuracy: validationAccuracy }),
  );

const bounded = fc.double({ min: -9, max: -1, noNaN: true }).map((power) => {
  return Math.min(coarse.max, Math.max(coarse.min, 10 ** power));
});
// The bounds and repeated values too.
const lambda = fc.oneof(bounded, fc.constantFrom(1e-9, 1e-5, 1e-1));
const score = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(0, 0.44, 0.46, 0.47, 1),
);
const trials = fc.array(fc.tuple(lambda, score), { minLength: 3, maxLength: 40 }).map((points) =>
  points.map(([value, metric], index) =>
    completedTrial(index + 1, value, {
      validation_accuracy: metric,
      validation_loss: 3 - 2 * metric,
    }),
  ),
);

describe('a narrowed range', () => {
  test.each([accuracy, loss])(
    'by $metric contains the best trial that was sampled first, stays inside the coarse range and is not empty',
    (objective) => {
      fc.assert(
        fc.property(trials, fc.integer({ min: 10, max: 100_000 }), (records, validationCount) => {
          const { range } = narrowRange(records, { ...input, validationCount, objective });
          const [best] = rankConfigurations(records, objective, [], { equal: 'sampled' });
          const { params } = best!.trial;
          expect(range.min).toBeLessThanOrEqual(numberParam(params, 'lambda'));
          expect(range.max).toBeGreaterThanOrEqual(numberParam(params, 'lambda'));
          expect(range.min).toBeGreaterThanOrEqual(coarse.min);
          expect(range.max).toBeLessThanOrEqual(coarse.max);
          expect(range.min).toBeLessThan(range.max);
        }),
      );
    },
  );

  test('of a range of few numbers is not empty', () => {
    for (const min of [0.01, 1, 1e-6, 3e-5]) {
      const range = {
        distribution: 'log_uniform' as const,
        min,
        max: min * (1 + Number.EPSILON * 2),
      };
      const records = [range.min, range.max, range.min].map((value, index) =>
        completedTrial(index + 1, value, { validation_accuracy: 0.5 + index / 10 }),
      );
      for (const count of [3, 60]) {
        const filled = Array.from({ length: count }, (_, index) => ({
          ...records[index % 3]!,
          id: { ...records[0]!.id, index: index + 1 },
        }));
        const narrowed = narrowRange(filled, { ...input, range }).range;
        expect(narrowed.min).toBeLessThan(narrowed.max);
      }
    }
  });

  test('does not depend on the order of results', () => {
    fc.assert(
      fc.property(trials, fc.constantFrom(accuracy, loss), (records, objective) => {
        const given = { ...input, objective };
        expect(narrowRange(records.toReversed(), given)).toEqual(narrowRange(records, given));
      }),
    );
  });

  test('ends at the first trial outside on each side, with the reason', () => {
    // Two standard errors of 0.5 on 10,000 images are 0.01: (0.499 + 0.495) / 2 is within, no other pair.
    const records = ladder(-8, [0.2, 0.2, 0.4, 0.5, 0.499, 0.495, 0.2]);
    expect(narrowRange(records, input)).toEqual({
      range: { min: 1e-6, max: 1e-3 },
      reason:
        'Range 1.00e-6 to 1.00e-3: starts at the best trial, coarse/4 (λ 1.00e-5, 50.00 %), and extends on each side until the mean of the next two trials is more than 2 standard errors (1.00 points) worse',
    });
  });

  test('that starts at one of several best trials says that it is the first of them', () => {
    const records = ladder(-8, [0.2, 0.4, 0.5, 0.499, 0.5, 0.2]);
    expect(narrowRange(records, input).reason).toContain(
      'starts at coarse/3 (λ 1.00e-6, 50.00 %), the first of 2 trials with the best value, and extends',
    );
  });

  test('of a linear range has decimals in its reason', () => {
    const range = { distribution: 'uniform', min: 0.1, max: 0.95 } as const;
    const records = [0.2, 0.4, 0.6, 0.8].map((at, index) =>
      completedTrial(index + 1, at, { validation_accuracy: at === 0.6 ? 0.9 : 0.1 }),
    );
    expect(narrowRange(records, { ...input, range }).reason).toMatch(
      /^Range 0\.4 to 0\.8: starts at the best trial, coarse\/3 \(λ 0\.6, 90\.00 %\)/,
    );
  });

  test('by a loss has its reason in nats and its noise from neighbouring trials', () => {
    const records = [1.9, 1.7, 1.5, 1.6, 1.8].map((validationLoss, i) =>
      completedTrial(i + 1, Number(`1e${i - 6}`), { validation_loss: validationLoss }),
    );
    // Neighbours differ by 0.2, 0.2, 0.1, 0.2: a deviation of 0.2 / (√2 · 0.6745), twice that.
    const { range, reason } = narrowRange(records, { ...input, objective: loss });
    expect(reason).toBe(
      'Range 2.51e-8 to 1.00e-1: starts at the best trial, coarse/3 (λ 1.00e-4, 1.500), and extends on each side until the mean of the next two trials is worse by more than 0.419, about twice the typical step between neighbouring λ, or to the bound',
    );
    // One mean spacing, 8 decades / 5 trials, beyond the last trial; clipped above.
    expect(range).toEqual({ min: expect.closeTo(1e-6 / 10 ** (8 / 5), 15), max: 1e-1 });
  });

  test('crosses one bad trial between two good ones: the mean of two decides', () => {
    const records = ladder(-8, [0.2, 0.2, 0.5, 0.485, 0.499, 0.499, 0.2]);
    expect(narrowRange(records, input).range).toEqual({ min: 1e-7, max: 1e-3 });
  });

  test('ignores failed trials but counts them in the mean spacing', () => {
    const failed: TrialRecord = { ...completedTrial(9, 1e-5, {}), status: 'failed', result: null };
    const records = ladder(-7, [0.2, 0.2, 0.5]);
    const narrowed = narrowRange([...records, failed], input);
    expect(narrowed.range.min).toBe(1e-6);
    // Beyond the last trial: ln(1e8) / 4 further, two decades.
    expect(narrowed.range.max).toBeCloseTo(1e-3, 10);
  });

  test('is wider with fewer validation images', () => {
    const records = ladder(-8, [0.3, 0.45, 0.45, 0.5, 0.45, 0.45, 0.3]);
    const few = narrowRange(records, { ...input, validationCount: 100 }).range;
    const many = narrowRange(records, input).range;
    expect(few.max / few.min).toBeGreaterThan(many.max / many.min);
  });

  test('treats an accuracy of 100 % as uncertain by half an image', () => {
    const records = ladder(-8, [0.9, 0.9, 0.9975, 0.9975, 1, 0.9975, 0.9975, 0.9]);
    const { range } = narrowRange(records, { ...input, validationCount: 400 });
    expect(range).toEqual({ min: 1e-6, max: 1e-2 });
    expect(standardError(1, 400)).toBe(standardError(1 - 0.5 / 400, 400));
    expect(standardError(0, 400)).toBe(standardError(0.5 / 400, 400));
  });

  test('needs three completed trials: fewer fail an assertion', () => {
    expect(() => narrowRange(ladder(-5, [0.1, 0.2]), input)).toThrow(/needs 3 completed trials/);
  });
});

describe('on CIFAR-10', () => {
  /** Mean validation accuracy over four seeds of a network of 50 hidden units, by λ. */
  const measured: readonly (readonly [number, number])[] = [
    [1e-9, 0.4475],
    [3e-4, 0.4475],
    [1e-3, 0.4525],
    [3.2e-3, 0.4576],
    [1e-2, 0.4698],
    [1.8e-2, 0.472],
    [3.2e-2, 0.463],
    [5.6e-2, 0.4341],
    [1e-1, 0.389],
  ];
  const optimum = 1.8e-2;
  /** Standard deviation from seed to seed, as measured. */
  const deviation = 0.004;

  /** The accuracy between the measured λ, linear in log λ. */
  function accuracyAt(at: number): number {
    const after = Math.max(
      1,
      measured.findIndex(([value]) => at <= value),
    );
    const [low, lowAccuracy] = measured[after - 1]!;
    const [high, highAccuracy] = measured[after]!;
    const share = Math.log(at / low) / Math.log(high / low);
    return lowAccuracy + share * (highAccuracy - lowAccuracy);
  }

  test.each([accuracy, loss])(
    'narrowing by $metric keeps the true optimum in at least 85 % of stages of 30 trials, within about a decade',
    (objective) => {
      const ranges = Array.from({ length: 400 }, (_, seed) => {
        const noise = new RandomStream(seed, 'split', 9);
        const stage = { name: 'coarse', trials: 30 };
        const sampled = sampleTrials({ seed, racing: false, replicates: 1 }, stage, space);
        const records = sampled.map(({ params }, i) => {
          const value = numberParam(params, 'lambda');
          const validationAccuracy = accuracyAt(value) + deviation * noise.normalAt(i);
          const validationLoss = 2 - validationAccuracy;
          return completedTrial(i + 1, value, {
            validation_accuracy: validationAccuracy,
            validation_loss: validationLoss,
          });
        });
        return narrowRange(records, { ...input, objective }).range;
      });
      const held = ranges.filter(({ min, max }) => min <= optimum && optimum <= max).length;
      expect(held / ranges.length).toBeGreaterThanOrEqual(0.85);
      const decades = ranges.map(({ min, max }) => Math.log10(max / min)).toSorted((a, b) => a - b)[
        ranges.length / 2
      ]!;
      expect(decades).toBeGreaterThan(0.5);
      expect(decades).toBeLessThan(1.2);
    },
  );
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RandomStream } from '../../../src/base/philox.ts';
import {
  choiceEstimator,
  numberEstimator,
  type ParzenEstimator,
} from '../../../src/search/samplers/parzen.ts';

const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const values = fc.array(unit, { maxLength: 20 });

describe('the estimator of a number', () => {
  test('has a density with integral 1', () => {
    const steps = 20_000;
    fc.assert(
      fc.property(values, (given) => {
        const estimator = numberEstimator(given);
        let sum = 0;
        for (let step = 0; step < steps; step++)
          sum += Math.exp(estimator.logDensity((step + 0.5) / steps)) / steps;
        expect(sum).toBeCloseTo(1, 4);
      }),
      { numRuns: 20 },
    );
  });

  test('draws numbers in [0, 1) with its density', () => {
    fc.assert(
      fc.property(values, fc.nat(), (given, seed) => {
        const estimator = numberEstimator(given);
        const drawn = draws(estimator, seed, 4_000);
        expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
        const expected = integral(estimator, 0.3);
        const found = drawn.filter((value) => value < 0.3).length / drawn.length;
        expect(Math.abs(found - expected)).toBeLessThan(0.05);
      }),
      { numRuns: 20 },
    );
  });

  test('has the same bits for every order of its values', () => {
    fc.assert(
      fc.property(values, unit, fc.nat(), (given, at, seed) => {
        const random = new RandomStream(seed, 'split');
        const shuffled = [...random.permutation(given.length)].map((place) => given[place]!);
        expect(numberEstimator(shuffled).logDensity(at)).toBe(
          numberEstimator(given).logDensity(at),
        );
      }),
    );
  });

  test('is flat without values, and densest near them otherwise', () => {
    expect(numberEstimator([]).logDensity(0.7)).toBe(0);
    const estimator = numberEstimator([0.2, 0.22, 0.25]);
    expect(estimator.logDensity(0.22)).toBeGreaterThan(0.7);
    expect(estimator.logDensity(0.9)).toBeLessThan(-0.7);
    expect(estimator.logDensity(0.9)).toBeGreaterThan(Math.log(1 / 4) - 1e-9);
  });

  test('keeps kernels of equal values wider than a point', () => {
    const estimator = numberEstimator([0.5, 0.5, 0.5]);
    expect(estimator.draw(0, 0.25)).toBeLessThan(0.5);
    expect(estimator.draw(0, 0.25)).toBeGreaterThan(0.2);
  });
});

describe('the estimator of a choice', () => {
  test('has probabilities with sum 1, and draws with them', () => {
    const estimator = choiceEstimator([0, 0, 2], 3);
    const probabilities = [0, 1, 2].map((value) => Math.exp(estimator.logDensity(value)));
    for (const [value, expected] of [7 / 12, 1 / 12, 4 / 12].entries())
      expect(probabilities[value]).toBeCloseTo(expected, 12);
    const drawn = draws(estimator, 5, 6_000);
    for (const [value, expected] of probabilities.entries()) {
      const found = drawn.filter((one) => one === value).length / drawn.length;
      expect(Math.abs(found - expected)).toBeLessThan(0.03);
    }
  });
});

function draws(estimator: ParzenEstimator, seed: number, count: number): number[] {
  const random = new RandomStream(seed, 'split');
  return Array.from({ length: count }, (_, index) =>
    estimator.draw(random.uniformAt(2 * index), random.uniformAt(2 * index + 1)),
  );
}

/** Probability below `end`. */
function integral(estimator: ParzenEstimator, end: number): number {
  const steps = 3_000;
  let sum = 0;
  for (let step = 0; step < steps; step++)
    sum += (Math.exp(estimator.logDensity(((step + 0.5) / steps) * end)) / steps) * end;
  return sum;
}

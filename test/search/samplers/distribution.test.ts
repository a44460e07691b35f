import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantile } from '../../../src/search/samplers/distribution.ts';
import type { NumberDistribution } from '../../../src/study/search-space.ts';

const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const wholeRange = fc
  .tuple(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 1_000_000 }))
  .map(([min, width]) => ({ min, max: min + width }));
const anyNumber: fc.Arbitrary<NumberDistribution> = fc
  .tuple(fc.constantFrom('log_uniform', 'uniform', 'integer', 'log_integer'), wholeRange)
  .map(([distribution, range]) => ({ distribution, ...range }));

describe('the quantile of a distribution', () => {
  test('is inside of the bounds, and does not fall as u rises', () => {
    fc.assert(
      fc.property(anyNumber, unit, unit, (distribution, u, v) => {
        const [low, high] = [Math.min(u, v), Math.max(u, v)].map((at) =>
          Number(quantile(distribution, at)),
        );
        expect(low).toBeGreaterThanOrEqual(distribution.min);
        expect(high).toBeLessThanOrEqual(distribution.max);
        expect(high).toBeGreaterThanOrEqual(low!);
      }),
    );
  });

  test.each(['integer', 'log_integer'] as const)('of an %s is a whole number', (distribution) => {
    fc.assert(
      fc.property(wholeRange, unit, (range, u) =>
        Number.isInteger(quantile({ distribution, ...range }, u)),
      ),
    );
  });

  test('of whole numbers and of a list gives each value the same share', () => {
    const shares = (at: (u: number) => unknown): number[] => {
      const counts = new Map<unknown, number>();
      for (let i = 0; i < 3_000; i++) {
        const value = at((i + 0.5) / 3_000);
        counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      return [...counts.values()];
    };
    expect(shares((u) => quantile({ distribution: 'integer', min: 5, max: 7 }, u))).toEqual([
      1000, 1000, 1000,
    ]);
    const values = ['relu', 'tanh', true] as const;
    expect(shares((u) => quantile({ distribution: 'values', values }, u))).toEqual([
      1000, 1000, 1000,
    ]);
  });

  test('is the middle of a uniform range for u = 0.5, and covers both ends of a range with 0', () => {
    expect(quantile({ distribution: 'uniform', min: 0, max: 0.5 }, 0.5)).toBe(0.25);
    expect(quantile({ distribution: 'uniform', min: -1, max: 1 }, 0)).toBe(-1);
    expect(quantile({ distribution: 'integer', min: 0, max: 3 }, 0.999)).toBe(3);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gridLevels, gridSize } from '../../src/study/grid.ts';
import type { Distribution, SearchSpace } from '../../src/study/search-space.ts';

const range = (
  distribution: 'log_uniform' | 'uniform' | 'integer' | 'log_integer',
  min: number,
  max: number,
): Distribution => ({ distribution, min, max });
const levels = (space: SearchSpace, points: number): Record<string, readonly unknown[]> =>
  Object.fromEntries(gridLevels(space, points).map(({ name, values }) => [name, values]));

describe('a grid', () => {
  test('has evenly spaced levels from bound to bound, in equal ratios if the range is logarithmic', () => {
    const found = levels({ lambda: range('log_uniform', 1e-4, 1e-1) }, 4)['lambda']!;
    for (const [place, expected] of [1e-4, 1e-3, 1e-2, 1e-1].entries())
      expect(found[place]).toBeCloseTo(expected, 12);
    expect([found[0], found[3]]).toEqual([1e-4, 1e-1]);
    expect(levels({ rate: range('uniform', 0, 1) }, 5)).toEqual({ rate: [0, 0.25, 0.5, 0.75, 1] });
  });

  test('has the middle of a range as its only level', () => {
    const space: SearchSpace = {
      hidden: { distribution: 'values', values: [20, 50] },
      rate: range('uniform', 0, 1),
    };
    expect(levels(space, 3)).toEqual({ hidden: [20, 50], rate: [0.5] });
  });

  test('has all values of a list, and as many levels of each range as fit, more of the first names', () => {
    const space: SearchSpace = {
      rate: range('uniform', 0, 1),
      hidden: { distribution: 'values', values: [20, 50, 100] },
      dropout: range('uniform', 0, 0.5),
    };
    const counts = (points: number): number[] =>
      gridLevels(space, points).map(({ values }) => values.length);
    expect(gridLevels(space, 12).map(({ name }) => name)).toEqual(['dropout', 'hidden', 'rate']);
    expect(counts(12)).toEqual([2, 3, 2]);
    expect(counts(18)).toEqual([3, 3, 2]);
    expect(counts(26)).toEqual([3, 3, 2]);
    expect(counts(27)).toEqual([3, 3, 3]);
  });

  test('has each whole number once', () => {
    expect(levels({ batch: range('integer', 1, 4) }, 9)).toEqual({ batch: [1, 2, 3, 4] });
    expect(levels({ hidden: range('log_integer', 1, 16) }, 5)).toEqual({
      hidden: [1, 2, 4, 8, 16],
    });
    expect(levels({ hidden: range('log_integer', 1, 3) }, 50)).toEqual({ hidden: [1, 2, 3] });
  });

  test('has at most the given number of points, if its lists allow it', () => {
    const anyRange = fc
      .tuple(
        fc.constantFrom('log_uniform', 'uniform', 'integer', 'log_integer'),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 500 }),
      )
      .map(([distribution, min, width]) => range(distribution, min, min + width));
    const anyValues = fc
      .uniqueArray(fc.integer(), { minLength: 1, maxLength: 4 })
      .map((values): Distribution => ({ distribution: 'values', values }));
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), fc.oneof(anyRange, anyValues), {
          minKeys: 1,
          maxKeys: 5,
        }),
        fc.integer({ min: 1, max: 400 }),
        (space, points) => {
          const least = Object.values(space).reduce(
            (product, one) => product * (one.distribution === 'values' ? one.values.length : 1),
            1,
          );
          const size = gridSize(gridLevels(space, points));
          if (least <= points) expect(size).toBeLessThanOrEqual(points);
          // The number that an error names is one that fits.
          expect(gridSize(gridLevels(space, size))).toBe(size);
        },
      ),
    );
  });
});

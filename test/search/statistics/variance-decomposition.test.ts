/** Variance of regression trees: the exact sums next to a fine grid over the cube. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { growTree, type Leaf } from '../../../src/search/statistics/regression-tree.ts';
import { decomposeVariance } from '../../../src/search/statistics/variance-decomposition.ts';

/** Every split of these trees is at a multiple of 1/8. */
const grid = 8;
const size = 3;
const cells = Array.from({ length: grid ** size }, (_, index) => [
  ((index % grid) + 0.5) / grid,
  ((Math.floor(index / grid) % grid) + 0.5) / grid,
  (Math.floor(index / grid ** 2) + 0.5) / grid,
]);

function valueAt(leaves: readonly Leaf[], at: readonly number[]): number {
  const inside = leaves.filter(({ low, high }) =>
    at.every((place, d) => low[d]! <= place && place < high[d]!),
  );
  expect(inside).toHaveLength(1);
  return inside[0]!.value;
}

/** Variance of the mean over the dimensions that are not kept. */
function varianceOf(values: readonly number[], kept: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const groups = Map.groupBy(cells.keys(), (cell) => kept.map((d) => cells[cell]![d]).join());
  let sum = 0;
  for (const group of groups.values()) {
    const own = group.reduce((all, cell) => all + values[cell]!, 0) / group.length;
    sum += group.length * (own - mean) ** 2;
  }
  return sum / values.length;
}

const points = fc.array(
  fc.tuple(
    ...Array.from({ length: size }, () => fc.integer({ min: 0, max: grid - 1 })),
    fc.integer({ min: -5, max: 5 }),
  ),
  { minLength: 2, maxLength: 20 },
);

test('the decomposition of a tree equals the variances over a grid that its splits do not cut', () => {
  fc.assert(
    fc.property(points, (rows) => {
      const leaves = growTree(
        Array.from({ length: size }, () => ({ cells: grid })),
        {
          columns: [0, 1, 2].map((d) => Float64Array.from(rows, (row) => (row[d]! + 0.5) / grid)),
          values: Float64Array.from(rows, (row) => row[size]!),
        },
        Int32Array.from(rows.keys()),
        { order: [0, 1, 2], leafMin: 1 },
      );
      const values = cells.map((at) => valueAt(leaves, at));
      const { variance, first, total, pairs } = decomposeVariance(leaves, size);
      expect(variance).toBeCloseTo(varianceOf(values, [0, 1, 2]), 9);
      for (const d of [0, 1, 2]) {
        const others = [0, 1, 2].filter((other) => other !== d);
        expect(first[d]).toBeCloseTo(varianceOf(values, [d]), 9);
        expect(total[d]).toBeCloseTo(variance - varianceOf(values, others), 9);
      }
      const together = varianceOf(values, [0, 2]) - first[0]! - first[2]!;
      expect(pairs[2]).toBeCloseTo(together, 9);
    }),
    { numRuns: 30 },
  );
});

test('a leaf has as many points as asked for, and the mean of its points', () => {
  const values = Float64Array.from({ length: 30 }, (_, index) => index % 7);
  const column = Float64Array.from({ length: 30 }, (_, index) => index / 30);
  const leaves = growTree(
    [{ cells: null }],
    { columns: [column], values },
    Int32Array.from(values.keys()),
    { order: [0], leafMin: 4 },
  );
  expect(leaves.length).toBeGreaterThan(2);
  for (const { low, high, value } of leaves) {
    const own = [...values].filter((_, i) => column[i]! >= low[0]! && column[i]! < high[0]!);
    expect(own.length).toBeGreaterThanOrEqual(4);
    expect(value).toBeCloseTo(own.reduce((a, b) => a + b, 0) / own.length, 12);
  }
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sobolDimensionsMax } from '../../../src/search/samplers/sobol.ts';
import { spreadUnits } from '../../../src/search/samplers/spread.ts';

const seed = fc.nat();
const dimension = fc.integer({ min: 1, max: sobolDimensionsMax });
const units = (of: (k: number) => number, trials: number): number[] =>
  Array.from({ length: trials }, (_, place) => of(place + 1));

describe('spread units', () => {
  test('are in [0, 1), one in each of 2^m intervals for 2^m trials', () => {
    fc.assert(
      fc.property(seed, dimension, fc.integer({ min: 0, max: 8 }), (s, d, m) => {
        const cells = units(spreadUnits(s, 'coarse', d), 2 ** m).map((u) => {
          expect(u).toBeGreaterThanOrEqual(0);
          expect(u).toBeLessThan(1);
          return Math.floor(u * 2 ** m);
        });
        expect(new Set(cells).size).toBe(2 ** m);
      }),
    );
  });

  test('keep the distances of the sequence: 12 trials leave no gap above two twelfths', () => {
    fc.assert(
      fc.property(seed, (s) => {
        const sorted = units(spreadUnits(s, 'coarse', 1), 12).toSorted((a, b) => a - b);
        const gaps = sorted.map((u, index) => u - (sorted[index - 1] ?? 0));
        expect(Math.max(...gaps)).toBeLessThan(2 / 12);
      }),
    );
  });

  test('differ between seeds, stages and dimensions', () => {
    const first = (s: number, stage: string, d: number): number => spreadUnits(s, stage, d)(1);
    expect(new Set([first(1, 'a', 1), first(2, 'a', 1), first(1, 'b', 1)]).size).toBe(3);
    const dimensions = Array.from({ length: sobolDimensionsMax }, (_, d) => first(1, 'a', d + 1));
    expect(new Set(dimensions).size).toBe(sobolDimensionsMax);
  });

  test('have the same values in every release', () => {
    expect(units(spreadUnits(7, 'coarse', 1), 3)).toMatchInlineSnapshot(`
      [
        0.23577615641988814,
        0.7357761564198881,
        0.48577615641988814,
      ]
    `);
    expect(units(spreadUnits(7, 'coarse', 2), 3)).toMatchInlineSnapshot(`
      [
        0.006544160190969706,
        0.5065441601909697,
        0.7565441601909697,
      ]
    `);
  });
});

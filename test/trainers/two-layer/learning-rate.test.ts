import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { learningRateAt } from '../../../src/trainers/two-layer/learning-rate.ts';

describe('the cyclical learning rate', () => {
  test('rises from 1e-5 to 1e-1 and falls back within 2 · n_s = 1000 steps', () => {
    const rate = { min: 1e-5, max: 1e-1, stepSize: 500, cycleMultiplier: 1 };
    const at = (steps: number): number => learningRateAt(rate, steps);
    expect([at(0), at(500), at(1000), at(1500)]).toEqual([1e-5, 1e-1, 1e-5, 1e-1]);
    expect(at(250)).toBeCloseTo(0.050005, 15);
    expect(at(750)).toBeCloseTo(0.050005, 15);
    expect(at(1)).toBeCloseTo(0.00020998, 15);
    expect(at(999)).toBe(at(1));
    expect(at(1001)).toBe(at(1));
  });

  test('stays between min and max, repeats every cycle and falls as it rises', () => {
    const rate = fc.record({
      min: fc.double({ min: 0, max: 0.01, noNaN: true }),
      max: fc.double({ min: 0.01, max: 10, noNaN: true }),
      stepSize: fc.integer({ min: 1, max: 5000 }),
      cycleMultiplier: fc.constant(1),
    });
    fc.assert(
      fc.property(rate, fc.nat(100_000), (r, t) => {
        const eta = learningRateAt(r, t);
        const cycle = 2 * r.stepSize;
        const mirrored = (cycle - (t % cycle)) % cycle;
        return (
          r.min <= eta &&
          eta <= r.max * (1 + 2 ** -52) &&
          eta === learningRateAt(r, t + cycle) &&
          eta === learningRateAt(r, mirrored)
        );
      }),
    );
  });

  test('with a multiplier has cycles that are each longer than the last by that factor, and end at the lowest rate', () => {
    const rate = { min: 1e-5, max: 1e-1, stepSize: 10, cycleMultiplier: 3 };
    const at = (steps: number): number => learningRateAt(rate, steps);
    expect([0, 20, 80, 260].map(at)).toEqual([1e-5, 1e-5, 1e-5, 1e-5]); // 20 + 60 + 180
    expect([10, 50, 170].map(at)).toEqual([1e-1, 1e-1, 1e-1]);
    for (let step = 0; step <= 20; step++) expect(at(20 + 3 * step)).toBe(at(step));
  });
});

/** The steps of a study before it starts. */
import { describe, expect, test } from 'vitest';
import { plannedCost } from '../../../src/search/planning/planned-cost.ts';
import { exampleStudy, twoStages } from '../../study/support/example-study.ts';

const stages = twoStages(12, 8);
const rungs = [1_000, 2_000, 3_000, 4_000];

describe('the planned cost of a study', () => {
  test('is that of all trials to their end, at most the budget of steps', () => {
    expect(plannedCost(exampleStudy({ stages }), rungs)).toEqual({ most: 80_000, expected: null });
    const limited = exampleStudy({ stages, replicates: 3, budget: { steps: 100_000 } });
    expect(plannedCost(limited, rungs).most).toBe(100_000);
  });

  test('has the measured share of steps of studies that stop trials, for 2 and 4 rungs', () => {
    const stopping = exampleStudy({ stages, stop: 'clearly_worse' });
    expect(plannedCost(stopping, rungs).expected).toEqual({ low: 41_667, high: 54_000 });
    expect(plannedCost(stopping, rungs.slice(0, 2)).expected).toEqual({
      low: 34_667,
      high: 36_000,
    });
    expect(plannedCost(stopping, rungs.slice(0, 3)).expected).toBe(null);
  });
});

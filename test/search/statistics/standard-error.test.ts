import { describe, expect, test } from 'vitest';
import { RandomStream } from '../../../src/base/philox.ts';
import {
  neighbourDeviation,
  standardError,
} from '../../../src/search/statistics/standard-error.ts';

describe('the standard error', () => {
  test('of an accuracy is binomial', () => {
    expect(standardError(0.5, 10_000)).toBeCloseTo(0.005, 12);
    expect(standardError(0.4698, 10_000)).toBeCloseTo(0.00499, 5);
    expect(standardError(1, 10)).toBeCloseTo(Math.sqrt((0.05 * 0.95) / 10), 12);
  });

  test('of values along a smooth curve is recovered from neighbours', () => {
    const noise = new RandomStream(5, 'split');
    const values = Array.from({ length: 2_000 }, (_, i) => {
      return Math.sin(i / 200) + 0.1 * noise.normalAt(i);
    });
    expect(neighbourDeviation(values)).toBeGreaterThan(0.095);
    expect(neighbourDeviation(values)).toBeLessThan(0.105);
    expect(neighbourDeviation([1, 1, 1, 5])).toBe(0);
  });
});

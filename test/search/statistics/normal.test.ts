import { expect, test } from 'vitest';
import { normalTail, studentWidth } from '../../../src/search/statistics/normal.ts';

test('the normal and Student’s t distribution have the quantiles of published tables', () => {
  expect(normalTail(0)).toBeCloseTo(0.5, 15);
  expect(normalTail(1.959963984540054)).toBeCloseTo(0.025, 14);
  expect(normalTail(-1)).toBeCloseTo(0.841344746068543, 14);
  // Abramowitz and Stegun, table 26.2: Q(5) and Q(10).
  expect(normalTail(5) / 2.866515719e-7).toBeCloseTo(1, 8);
  expect(normalTail(10) / 7.619853024e-24).toBeCloseTo(1, 6);
  expect(studentWidth(4)).toBeCloseTo(2.776, 2);
  expect(studentWidth(10)).toBeCloseTo(2.2281, 4);
  expect(studentWidth(30)).toBeCloseTo(2.0423, 4);
});

/** Time between the ends of trials. */
import { expect, test } from 'vitest';
import { StudyPaces } from '../../../src/coordinator/shell/study-paces.ts';

test('the pace follows the latest trials, and starts over after a pause', () => {
  const paces = new StudyPaces();
  const end = (...timesMs: number[]): void => {
    for (const timeMs of timesMs) paces.trialEnded('s', timeMs);
  };
  end(0, 0, 0, 0);
  expect(paces.msPerTrial('s')).toBe(null);
  end(6_000, 6_000);
  expect(paces.msPerTrial('s')).toBe(6_000 / 5);
  for (let index = 1; index <= 40; index++) end(6_000 + 3_000 * index);
  expect(paces.msPerTrial('s')).toBe(3_000);
  end(10_000_000, 10_010_000);
  expect(paces.msPerTrial('s')).toBe(10_000);
  paces.forget('s');
  expect(paces.msPerTrial('s')).toBe(null);
});

/** Time between the ends of trials. */
import { expect, test } from 'vitest';
import { StudyPaces } from '../../../src/coordinator/shell/study-paces.ts';

test('the pace follows the latest trials, and starts over after a pause', () => {
  const paces = new StudyPaces();
  const end = (...timesMs: number[]): void => {
    for (const timeMs of timesMs) paces.trialEnded('s', 1, timeMs);
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

test('the pace leaves out the time in which the study was paused, also if a running trial ended in it', () => {
  const paces = new StudyPaces();
  for (const timeMs of [0, 30_000, 60_000]) paces.trialEnded('s', 1, timeMs);
  paces.paused('s', 70_000);
  paces.trialEnded('s', 1, 90_000);
  paces.resumed('s', 250_000);
  expect(paces.msPerTrial('s')).toBeLessThanOrEqual(30_000);
  paces.trialEnded('s', 1, 270_000);
  expect(paces.msPerTrial('s')).toBeCloseTo(22_500, -3);
});

test('the pace starts over when the number of threads changes', () => {
  const paces = new StudyPaces();
  for (const timeMs of [0, 30_000, 60_000]) paces.trialEnded('s', 1, timeMs);
  for (const timeMs of [70_000, 80_000, 90_000]) paces.trialEnded('s', 3, timeMs);
  expect(paces.msPerTrial('s')).toBe(10_000);
});

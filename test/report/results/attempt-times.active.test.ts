/** The time in which a study was trained. */
import { expect, test } from 'vitest';
import { activeMs } from '../../../src/report/results/attempt-times.ts';
import { openAttempt } from '../../store/support/records.ts';

const attempt = (from: number, to: number | null, outcome: 'accepted' | 'lost' | null) => ({
  ...openAttempt({ stage: 'coarse', index: 1, replicate: 1 }, 1),
  assignedAtMs: from,
  endedAtMs: to,
  outcome,
});

test('the active time of a study counts parallel attempts once, and neither pauses nor lost attempts', () => {
  expect(activeMs([])).toBe(0);
  expect(
    activeMs([
      attempt(100, 200, 'accepted'),
      attempt(0, 20, 'accepted'),
      attempt(10, 30, 'accepted'),
      attempt(150, 160, 'accepted'),
      attempt(25, 90, 'lost'),
      attempt(300, null, null),
    ]),
  ).toBe(130);
});

/** Time without gaps. */
import { expect, test } from 'vitest';
import { ActiveTime } from '../../../src/cli/training/active-time.ts';

test('the time in which the process was stopped does not count as active time', () => {
  const time = new ActiveTime();
  expect(time.read(1_000)).toBe(0);
  expect(time.read(1_200)).toBe(200);
  expect(time.read(61_200)).toBe(200);
  expect(time.read(61_400)).toBe(400);
});

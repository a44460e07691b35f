/** Durations and times in options. */
import { describe, expect, test } from 'vitest';
import { parseLifetime, parseUntil, schedulerEnd } from '../../../src/cli/process/durations.ts';

const now = new Date(2026, 4, 1, 12, 30).getTime();
const minute = 60_000;

describe('--lifetime', () => {
  test.each([
    ['90m', 90 * minute],
    ['1h30m', 90 * minute],
    ['1d', 1_440 * minute],
    ['5400', 90 * minute],
    ['01:30:00', 90 * minute],
    ['120:00:00', 7_200 * minute],
  ])('%s is %d ms', (text, ms) => {
    expect(parseLifetime(text)).toBe(ms);
  });

  test.each(['', '0', '-5m', '1.5h', '5 m', '1:99:00', 'soon'])('"%s" is refused', (text) => {
    expect(() => parseLifetime(text)).toThrow('--lifetime must be a duration');
  });
});

describe('--until', () => {
  test.each([
    ['18:00', new Date(2026, 4, 1, 18).getTime()],
    ['12:30', new Date(2026, 4, 2, 12, 30).getTime()],
    ['9:05', new Date(2026, 4, 2, 9, 5).getTime()],
    ['2026-05-03T08:00', new Date(2026, 4, 3, 8).getTime()],
    ['2026-05-03T08:00Z', Date.UTC(2026, 4, 3, 8)],
    ['+1h30m', now + 90 * minute],
    ['1777640400', 1_777_640_400_000],
    ['never', Infinity],
  ])('%s is understood', (text, ms) => {
    expect(parseUntil(text, now)).toBe(ms);
  });

  test.each(['', '25:00', '+', 'tomorrow', '2026'])('"%s" is refused', (text) => {
    expect(() => parseUntil(text, now)).toThrow('--until must be a time');
  });

  test('is read from the end of the Slurm job, if Slurm says it', () => {
    expect(schedulerEnd({ SLURM_JOB_END_TIME: '1777640400' })).toBe(1_777_640_400_000);
    for (const text of [undefined, '', '0', 'NONE'])
      expect(schedulerEnd({ SLURM_JOB_END_TIME: text })).toBe(null);
  });
});

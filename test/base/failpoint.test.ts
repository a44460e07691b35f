/** Failpoints: reached at the given instant; a misspelled one is rejected. */
import { describe, expect, test } from 'vitest';
import { parseFailpoint, nothingFails } from '../../src/base/failpoint.ts';

/** Number of the instant at which the process would have ended; null if it keeps running. */
function endsAt(
  text: string,
  instants: readonly (readonly [string, ...string[]])[],
): number | null {
  let ended: number | null = null;
  let at = 0;
  const reached = parseFailpoint(text, () => (ended ??= at));
  for (const [point, ...kinds] of instants) {
    at += 1;
    reached(point as 'before-commit', kinds);
  }
  return ended;
}

const instants = [
  ['before-commit', 'event', 'attempt-opened'],
  ['after-commit', 'event', 'attempt-opened'],
  ['before-send', 'assign'],
  ['after-send', 'assign'],
  ['before-commit', 'trial-ended'],
  ['after-commit', 'trial-ended'],
] as const;

describe('failpoint', () => {
  test.each([
    ['before-commit', 1],
    ['before-commit/trial-ended', 5],
    ['before-commit:2', 5],
    ['after-commit/attempt-opened', 2],
    ['after-send/answer', null],
    ['before-commit:3', null],
  ])('the failpoint %s ends the process at instant %s', (text, at) => {
    expect(endsAt(text, instants)).toBe(at);
  });

  test('without a failpoint, the shared no-op function is used', () => {
    expect(parseFailpoint(undefined, () => expect.unreachable())).toBe(nothingFails);
    expect(parseFailpoint('', () => expect.unreachable())).toBe(nothingFails);
  });

  test.each(['before', 'before-comit', 'before-commit/', 'before-commit:0', 'after-send/answer:x'])(
    'the failpoint %s is rejected, since it would never be reached',
    (text) => {
      expect(() => parseFailpoint(text, () => undefined)).toThrow(/\[USAGE\] RIDGELINE_FAILPOINT/);
    },
  );
});

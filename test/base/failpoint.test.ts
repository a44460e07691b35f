/** Failpoints: hit when they were asked for, and a misspelled one is refused. */
import { describe, expect, test } from 'vitest';
import { failpointOf, nothingFails } from '../../src/base/failpoint.ts';

/** The number of the instant at which the process would have ended; null when it goes on. */
function endsAt(
  text: string,
  instants: readonly (readonly [string, ...string[]])[],
): number | null {
  let ended: number | null = null;
  let at = 0;
  const reached = failpointOf(text, () => (ended ??= at));
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

describe('a failpoint', () => {
  test.each([
    ['before-commit', 1],
    ['before-commit/trial-ended', 5],
    ['before-commit:2', 5],
    ['after-commit/attempt-opened', 2],
    ['after-send/answer', null],
    ['before-commit:3', null],
  ])('%s is hit at instant %s', (text, at) => {
    expect(endsAt(text, instants)).toBe(at);
  });

  test('that nobody asked for is no work at all', () => {
    expect(failpointOf(undefined, () => expect.unreachable())).toBe(nothingFails);
    expect(failpointOf('', () => expect.unreachable())).toBe(nothingFails);
  });

  test.each(['before', 'before-comit', 'before-commit/', 'before-commit:0', 'after-send/answer:x'])(
    '%s is refused, since it would never be hit',
    (text) => {
      expect(() => failpointOf(text, () => undefined)).toThrow(/\[USAGE\] RIDGELINE_FAILPOINT/);
    },
  );
});

/**
 * Failpoints: named instants at which a process can be made to kill itself, so that tests hit the
 * worst ones and not only random ones.
 *
 *     RIDGELINE_FAILPOINT=before-commit/trial-ended:3
 *                         \_________/ \_________/ |
 *                          the point   of what    the third time (default: the first)
 *
 * Points are `before-` and `after-` `commit` and `send`. Of what: a kind of row or of message; left
 * out, any. Off unless asked for, and then one comparison of strings at each point.
 *
 * Pure: `cli` reads the environment and hands in how a process ends. Which points there are is up to
 * the rooms that call `Reached`.
 */
import { RidgelineError } from './errors.ts';

/** Says that a point was reached, and with which kinds of things in hand. */
export type Reached = (point: Failpoint, kinds: readonly string[]) => void;

type Failpoint = 'before-commit' | 'after-commit' | 'before-send' | 'after-send';

export const nothingFails: Reached = () => undefined;

/** @throws RidgelineError USAGE, lest a misspelled point be one that never fails */
export function failpointOf(text: string | undefined, endProcess: () => void): Reached {
  if (text === undefined || text === '') return nothingFails;
  const match =
    /^(?<point>(?:before|after)-(?:commit|send))(?:\/(?<kind>[a-z-]+))?(?::(?<nth>[1-9]\d*))?$/.exec(
      text,
    );
  if (match?.groups === undefined) {
    throw new RidgelineError(
      'USAGE',
      `RIDGELINE_FAILPOINT=${JSON.stringify(text)} names no failpoint.`,
      'Give before-commit, after-commit, before-send or after-send, as in after-commit/trial-ended:2.',
    );
  }
  const { point: wanted, kind, nth = '1' } = match.groups;
  let left = Number(nth);
  return (point, kinds) => {
    if (point !== wanted || (kind !== undefined && !kinds.includes(kind))) return;
    left -= 1;
    if (left === 0) endProcess();
  };
}

/**
 * Failpoints: named instants at which an environment variable makes the process kill itself, so that
 * tests can crash it at the worst instants and not only at random ones.
 *
 *     RIDGELINE_FAILPOINT=before-commit/trial-ended:3
 *                         \_________/ \_________/ |
 *                          instant     kind        the third time (default: the first)
 *
 * The instants are `before-commit`, `after-commit`, `before-send` and `after-send`. The kind is that of a
 * row (`commit`) or a message (`send`); without a kind, all kinds match. Without the variable, a failpoint
 * costs one function call.
 *
 * Pure: `cli` reads the environment and passes the function that ends the process.
 */
import { RidgelineError } from './errors.ts';

/** Reports that an instant was reached, with the kinds of rows or messages that are being handled. */
export type Reached = (point: Failpoint, kinds: readonly string[]) => void;

type Failpoint = 'before-commit' | 'after-commit' | 'before-send' | 'after-send';

export const nothingFails: Reached = () => undefined;

/** @throws RidgelineError USAGE for a misspelled failpoint, which would never be reached */
export function parseFailpoint(text: string | undefined, endProcess: () => void): Reached {
  if (text === undefined || text === '') return nothingFails;
  const match =
    /^(?<point>(?:before|after)-(?:commit|send))(?:\/(?<kind>[a-z-]+))?(?::(?<nth>[1-9]\d*))?$/.exec(
      text,
    );
  if (match?.groups === undefined) {
    throw new RidgelineError(
      'USAGE',
      `RIDGELINE_FAILPOINT=${JSON.stringify(text)} is not a failpoint.`,
      'Use before-commit, after-commit, before-send or after-send, as in after-commit/trial-ended:2.',
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

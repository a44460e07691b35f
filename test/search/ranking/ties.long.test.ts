/** The coverage of the group "tied with best", over thousands of simulated searches. */
import { describe, expect, it } from 'vitest';
import { coverage, type Truth } from '../support/tie-coverage.ts';

const truths: readonly Truth[] = ['equal', 'near', 'hump'];
const cases = truths.flatMap((truth) =>
  [10, 30, 60].flatMap((trials) =>
    // Narrowing needs a few trials.
    (trials === 10 ? [false] : [false, true]).map((narrowed) => ({ truth, trials, narrowed })),
  ),
);

describe('the group tied with best', () => {
  it.each(cases)(
    'contains the truly best of $trials trials with at least 95 % probability ($truth, narrowed: $narrowed)',
    ({ truth, trials, narrowed }) => {
      const { held } = coverage({
        truth,
        trials,
        narrowed,
        images: 2_000,
        searches: 1_000,
        seed: 7,
      });
      expect(held).toBeGreaterThanOrEqual(0.95);
    },
    900_000,
  );
});

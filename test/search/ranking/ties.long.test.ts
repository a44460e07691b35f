/** The promise of the group "tied with best", counted over thousands of searches. */
import { describe, expect, it } from 'vitest';
import { coverage, type Truth } from '../support/tie-coverage.ts';

const truths: readonly Truth[] = ['equal', 'near', 'hump'];
const cases = truths.flatMap((truth) =>
  [10, 30, 60].flatMap((trials) =>
    // A stage that is narrowed needs a few trials to be narrowed from.
    (trials === 10 ? [false] : [false, true]).map((narrowed) => ({ truth, trials, narrowed })),
  ),
);

describe('the group tied with best', () => {
  it.each(cases)(
    'has the truly best of $trials trials with at least 95 % probability ($truth, narrowed: $narrowed)',
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

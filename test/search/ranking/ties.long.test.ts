/** How often the truly best trial is not significantly worse than the best, over thousands of simulated searches. */
import { describe, expect, it } from 'vitest';
import { coverage, type Truth } from '../support/tie-coverage.ts';

const truths: readonly Truth[] = ['equal', 'near', 'hump'];
const cases = truths.flatMap((truth) => [
  // Narrowing needs a few trials.
  ...[10, 30, 60].flatMap((trials) =>
    (trials === 10 ? [false] : [false, true]).map((narrowed) => {
      return { truth, trials, narrowed, replicates: 1, searches: 2_000 };
    }),
  ),
  { truth, trials: 30, narrowed: false, replicates: 3, searches: 2_000 },
  { truth, trials: 1_500, narrowed: false, replicates: 1, searches: 200 },
]);

describe('the comparison with the best', () => {
  it.each(cases)(
    'keeps the truly best of $trials trials with 95 % probability ($truth, narrowed: $narrowed, replicates: $replicates)',
    ({ searches, ...search }) => {
      const { held } = coverage({ ...search, images: 2_000, searches, seed: 7 });
      // Less than two standard errors of the simulation below 95 %.
      expect(held).toBeGreaterThanOrEqual(0.95 - 2 * Math.sqrt((0.95 * 0.05) / searches));
    },
    3_600_000,
  );
});

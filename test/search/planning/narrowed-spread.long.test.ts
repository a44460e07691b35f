/**
 * The recommended search against that of release 0.1.0, replayed on measured trainings in pairs: the same seed
 * and validation images. Half of the saving is `sampler: spread`, half is stopping clearly worse trials.
 */
import { describe, expect, test } from 'vitest';
import { replaySearch, type ReplayedSearch } from '../support/replayed-search.ts';
import { hasTables, tablesFolder } from '../support/search-tables.ts';
import { recommended, reference } from '../support/table-searches.ts';
import { loadMainTable, Replication } from '../support/table-trials.ts';

const replications = 300;

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe.skipIf(!hasTables)('12 + 8 trials of spread (need RIDGELINE_SEARCH_TABLES)', () => {
  test.each([
    { cycles: 4, fewer: 4.5 },
    { cycles: 2, fewer: 3.3 },
  ])(
    'find as good a λ as 30 + 30 random ones with 1/$fewer of the steps, at $cycles cycles with stopping',
    ({ cycles, fewer }) => {
      const table = loadMainTable(tablesFolder, cycles);
      const runs = Array.from({ length: replications }, (_, number) => {
        // Other replications than those of the benchmark.
        const replication = new Replication(table, 10_000 + number);
        return [replaySearch(replication, reference), replaySearch(replication, recommended)];
      });
      const means = (which: keyof ReplayedSearch): number[] =>
        [0, 1].map((place) => mean(runs.map((pair) => pair[place]![which])));
      const [steps, regret, tested] = [means('steps'), means('regret'), means('test')];
      const found = JSON.stringify({ steps, regret, tested });
      expect(steps[0]! / steps[1]!, found).toBeGreaterThanOrEqual(fewer);
      expect(regret[1]! - regret[0]!, found).toBeLessThanOrEqual(0.02);
      expect(tested[0]! - tested[1]!, found).toBeLessThanOrEqual(0.03);
    },
    3_600_000,
  );
});

/** The selection of rows: by stage, or as one list over all stages. */
import { describe, expect, test } from 'vitest';
import { formatDelimited } from '../../../src/report/files/delimited.ts';
import { selectResults } from '../../../src/report/results/select-results.ts';
import { formatTables } from '../../../src/report/terminal/terminal-table.ts';
import { study, toDocument, toResults, trials } from '../support/sample-study.ts';

const results = toResults(study, trials);
const best = selectResults(results, { allStages: true, top: 3 });

describe('one list over all stages', () => {
  test('the list has the best rows of all stages by rank in the study, in every file', () => {
    expect(best.list?.map(({ trial, rankInStudy }) => [trial, rankInStudy])).toEqual([
      ['fine/2', 1],
      ['coarse/2', 2],
      ['fine/1', 3],
    ]);
    expect(formatDelimited(best, 'tsv', ['trial'])).toBe('trial\nfine/2\ncoarse/2\nfine/1\n');
    const { stages } = JSON.parse(toDocument(best)) as {
      stages: { rows_matched: number; trials: { trial: string }[] }[];
    };
    expect(stages.map((stage) => stage.trials.map(({ trial }) => trial))).toEqual([
      ['coarse/2'],
      ['fine/2', 'fine/1'],
    ]);
    expect(stages[0]!.rows_matched).toBe(3);
  });

  test('the list is in the given order, and a row without a rank is last', () => {
    const all = selectResults(results, { allStages: true });
    expect(all.list?.at(-1)?.trial).toBe('coarse/3');
    const byName = selectResults(results, {
      allStages: true,
      order: (a, b) => a.trial.localeCompare(b.trial),
      keep: ({ rank }) => rank !== null,
    });
    expect(byName.list?.map(({ trial }) => trial)).toEqual([
      'coarse/1',
      'coarse/2',
      'fine/1',
      'fine/2',
    ]);
  });

  test('a terminal shows one table with one star, and counts the rows that are left out', () => {
    const options = { width: 100, color: (_: string, text: string) => text, unicode: true };
    const text = formatTables(best, { ...options, columns: null });
    expect(text).toContain('all stages  4 of 5 trials complete\n┌');
    expect(text).toContain('3 of 5 shown, --all shows the rest');
    const cells = text.split('\n').filter((line) => line.startsWith('│'));
    expect(cells.map((line) => line.split('│')[1]!.trim())).toEqual(['rank', '* 1', '2', '3']);
  });
});

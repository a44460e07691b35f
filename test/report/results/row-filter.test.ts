import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chosenFields, everyField } from '../../../src/report/results/result-fields.ts';
import { rowOrder, rowTest } from '../../../src/report/results/row-filter.ts';
import { selectResults } from '../../../src/report/results/select-results.ts';
import { formatDelimited } from '../../../src/report/files/delimited.ts';
import { formatTables } from '../../../src/report/terminal/terminal-table.ts';
import { study, toResults } from '../support/sample-study.ts';
import { scoredTrials } from '../support/scored-study.ts';

const results = toResults(study, scoredTrials);
const fields = everyField(results);
const rows = results.stages.flatMap((stage) => stage.rows);

const matching = (where: string): string[] =>
  rows.filter(rowTest(where, fields)).map((row) => row.trial);

describe('--where', () => {
  test.each([
    ['validation_accuracy > 0.48', ['coarse/2', 'fine/2', 'fine/1']],
    ['validation_accuracy>0.48 and lambda<5e-3', ['coarse/2', 'fine/1']],
    ['validation_accuracy > 48 % and not (validation_accuracy > 49%)', ['coarse/2', 'fine/1']],
    ['validation_accuracy = 48.75 %', ['coarse/2']],
    ['stage = fine', ['fine/2', 'fine/1']],
    ['tied', ['coarse/2', 'fine/2', 'fine/1']],
    ['not tied', ['coarse/1', 'coarse/3']],
    ['tied = false', ['coarse/1']],
    ['status = failed or rank = 1 and stage = fine', ['coarse/3', 'fine/2']],
    ['(status = failed or rank = 1) and stage = fine', ['fine/2']],
    ['worker = "node-a" and not (rank >= 2)', ['coarse/2', 'fine/2']],
    ['status != complete', ['coarse/3']],
    ['train_loss > 1 and epoch = 10 and lambda = 1e-7', ['coarse/1']],
  ])('keeps the rows that match: %s', (where, expected) => {
    expect(matching(where)).toEqual(expected);
  });

  test.each([
    ['= 0.4', /expected a column at character 1 \("="\)/],
    ['lambda > big', /expected a number for lambda at character 10 \("big"\)/],
    ['lambda >', /expected a value for lambda at the end/],
    ['lambda', /expected one of = != < <= > >= at the end/],
    ['(tied', /expected "\)" at the end/],
    ['tied tied', /expected and, or, or the end at character 6/],
    ['tied = maybe', /expected true or false/],
    ['', /expected a column at the end/],
    [
      'validation_accuracy > 48',
      /validation_accuracy is a share from 0 to 1, so 48 is out of range/,
    ],
    ['tied and test_accuracy >= 4800 %', /test_accuracy is a share .* so 48 is out of range/],
    ['lambda > 1 "', /expected and, or, or the end at character 12/],
  ])('reports the place of a syntax error: %s', (where, message) => {
    expect(() => rowTest(where, fields)).toThrow(message);
  });

  test('an unknown column is answered with the list of columns and the closest one', () => {
    expect(() => rowTest('accuracy > 0.4', fields)).toThrow(/validation_accuracy/);
    expect(() => rowTest('tied and validation_acuracy > 0.9', fields)).toThrow(
      /"validation_acuracy" at character 10 of --where\. Did you mean validation_accuracy\?/,
    );
    expect(() => rowOrder('lamdba', fields)).toThrow(/"lamdba"\. Did you mean lambda\?/);
  });

  test('any text is parsed or refused with a usage error', () => {
    const words = fc.constantFrom(
      'lambda',
      '>',
      '0.1',
      'and',
      'or',
      'not',
      '(',
      ')',
      'tied',
      '"a"',
      'x',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words).map((list) => list.join(' ')),
    );
    fc.assert(
      fc.property(text, (where) => {
        try {
          rows.filter(rowTest(where, fields));
        } catch (error) {
          expect((error as { code?: string }).code).toBe('USAGE');
        }
      }),
    );
  });
});

describe('--sort and --columns', () => {
  test('--sort orders rows up or down, with unknown values last', () => {
    const sorted = (by: string): string[] =>
      rows.toSorted(rowOrder(by, fields)).map((row) => row.trial);
    expect(sorted('lambda')).toEqual(['coarse/1', 'fine/1', 'coarse/2', 'fine/2', 'coarse/3']);
    expect(sorted('validation_accuracy:desc')[0]).toBe('fine/2');
    expect(sorted('validation_accuracy:desc').at(-1)).toBe('coarse/3');
    expect(sorted('validation_accuracy').at(-1)).toBe('coarse/3');
    expect(() => rowOrder('lambda:up', fields)).toThrow(/--sort lambda:up/);
    expect(() => rowOrder('best', fields)).toThrow(/no column "best"/);
  });

  test('--columns chooses the columns of files and tables, and refuses unknown ones', () => {
    expect(formatDelimited(results, 'tsv', ['trial', 'lambda'])).toMatch(
      /^trial\tlambda\ncoarse\/2\t0.004\n/,
    );
    const text = formatTables(results, {
      width: 40,
      color: (_style, painted) => painted,
      unicode: true,
      columns: ['trial', 'digest', 'lambda'],
    });
    expect(text).toContain('│ trial    │ digest ');
    expect(() => chosenFields(results, ['trail'])).toThrow(/no column "trail"/);
  });

  test('a table reports how many rows match and how many are shown', () => {
    const selected = selectResults(results, {
      stage: 'coarse',
      keep: rowTest('status = complete', fields),
      top: 1,
    });
    const options = {
      width: 100,
      color: (_style: string, painted: string) => painted,
      unicode: true,
      columns: null,
    };
    expect(formatTables(selected, options)).toContain(
      '2 of 3 match; 1 of 2 shown, --all shows the rest',
    );
  });
});

/** The format of results: given, by the ending of the file, or by the terminal. */
import { expect, test } from 'vitest';
import { chooseFormat } from '../../../src/cli/results/result-formats.ts';

const terminal = { isTTY: true };
const pipe = { isTTY: false };

test.for([
  ['results.csv', 'csv'],
  ['results.tsv', 'tsv'],
  ['results.json', 'json'],
  ['results.JSONL', 'jsonl'],
  ['results.parquet', 'parquet'],
  ['notes.md', 'markdown'],
  ['table.tex', 'latex'],
  ['journal.log', 'optuna'],
  ['results.txt', 'tsv'],
  ['results', 'tsv'],
] as const)('the ending of %s selects the format %s', ([output, format]) => {
  expect(chooseFormat({ output }, terminal)).toBe(format);
  expect(chooseFormat({ output, format }, pipe)).toBe(format);
});

test('without a file, the format is a table in a terminal and TSV elsewhere', () => {
  for (const flags of [{}, { output: '-' }]) {
    expect(chooseFormat(flags, terminal)).toBe('table');
    expect(chooseFormat(flags, pipe)).toBe('tsv');
  }
  expect(chooseFormat({ chart: true }, pipe)).toBe('table');
});

test('a format that contradicts the ending of the file is an error with a fix', () => {
  const choose = (format: string) => () => chooseFormat({ format, output: 'x/a.json' }, pipe);
  expect(choose('csv')).toThrow(
    /format is csv, but x\/a\.json ends with \.json, which means json[^]*ending \.csv/,
  );
  expect(choose('table')).toThrow(/another ending, such as \.txt/);
  expect(chooseFormat({ format: 'table', output: 'a.txt' }, pipe)).toBe('table');
});

test('a file format is not shown in a terminal', () => {
  expect(() => chooseFormat({ format: 'optuna' }, terminal)).toThrow(/-o results\.log/);
  expect(() => chooseFormat({ format: 'parquet' }, terminal)).toThrow(/-o results\.parquet/);
  expect(chooseFormat({ format: 'parquet' }, pipe)).toBe('parquet');
});

test('curves are TSV unless the ending or --format says otherwise, and have no format for people', () => {
  expect(chooseFormat({ curves: true }, terminal)).toBe('tsv');
  expect(chooseFormat({ curves: true, output: 'a.jsonl' }, terminal)).toBe('jsonl');
  for (const format of ['table', 'json', 'optuna'])
    expect(() => chooseFormat({ curves: true, format }, pipe)).toThrow(/tsv, csv, jsonl, parquet/);
});

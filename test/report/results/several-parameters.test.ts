/** Results of a study of several hyperparameters of mixed kinds, in every output. */
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it, test } from 'vitest';
import { formatDelimited } from '../../../src/report/files/delimited.ts';
import { formatLatex } from '../../../src/report/files/latex.ts';
import { formatMarkdown } from '../../../src/report/files/markdown.ts';
import { resultsSchema } from '../../../src/report/files/output-schemas.ts';
import { formatCurvesParquet, formatParquet } from '../../../src/report/files/parquet.ts';
import { winnerSentence } from '../../../src/report/files/document-table.ts';
import { everyField } from '../../../src/report/results/result-fields.ts';
import { rowOrder, rowTest } from '../../../src/report/results/row-filter.ts';
import { selectResults } from '../../../src/report/results/select-results.ts';
import { spaceText } from '../../../src/report/results/space-words.ts';
import { studyDiff } from '../../../src/report/results/study-diff.ts';
import { studyImportance } from '../../../src/report/results/study-importance.ts';
import { formatDiff } from '../../../src/report/terminal/diff-text.ts';
import { terminalScatter } from '../../../src/report/terminal/terminal-scatter.ts';
import { formatTables } from '../../../src/report/terminal/terminal-table.ts';
import { twoLayer } from '../../../src/trainers/two-layer/description.ts';
import type { TrialRecord } from '../../../src/study/trial.ts';
import { completeResult, toDocument, toResults, toSide } from '../support/sample-study.ts';
import { wideStudy, wideTrials } from '../support/wide-study.ts';

const results = toResults(wideStudy, wideTrials);
const fields = everyField(results);
const [rows] = results.stages.map((stage) => stage.rows);
const options = {
  width: 200,
  unicode: true,
  color: (_style: unknown, text: string) => text,
  columns: null,
};

function cells(name: string): string[] {
  return [...new Set(rows!.map((row) => fields.find((one) => one.name === name)!.cell(row) ?? ''))];
}

describe('a column of a hyperparameter', () => {
  it('has exponents for a logarithmic range, decimals for a linear one, and 0 as it is', () => {
    for (const text of cells('lambda')) expect(text).toMatch(/^(0|\d\.\d\de-\d+)$/);
    for (const text of cells('dropout')) expect(text).toMatch(/^(–|0(\.\d+)?)$/);
    for (const text of cells('shift')) expect(text).toMatch(/^[0-8]$/);
  });

  it('has the values of a list, and a dash if it is inactive', () => {
    expect(cells('hidden').toSorted()).toEqual(['100', '25', '50']);
    expect(cells('mirror').toSorted()).toEqual(['false', 'true']);
    expect(cells('dropout')).toContain('–');
  });

  it('has a short heading in a narrow table', () => {
    expect(formatTables(results, options)).toContain('│ learning_rate.max │');
    expect(formatTables(results, { ...options, width: 110 })).toContain('│  lr.max │');
  });

  it('is a text next to words, and a flag for switches', () => {
    const kinds = Object.fromEntries(fields.map(({ name, kind }) => [name, kind]));
    expect(kinds).toMatchObject({ lambda: 'number', hidden: 'number', mirror: 'flag' });
    const stage = wideStudy.spec.stages[0]!;
    const search = { kind: { distribution: 'values', values: ['relu', 3, 'gelu'] } } as const;
    const spec = { ...wideStudy.spec, stages: [{ ...stage, search, also: [] }] };
    const record = { ...wideStudy, spec, stages: [{ ...wideStudy.stages[0]!, space: search }] };
    const trials = ['relu', 3, 'gelu'].map((kind, index) => {
      return { ...wideTrials[index]!, params: { kind } };
    });
    const words = toResults(record, trials);
    const field = everyField(words).find(({ name }) => name === 'kind')!;
    expect(field.kind).toBe('text');
    const found = words.stages.flatMap((one) => one.rows.map((row) => field.value(row)));
    expect(found.map(String).toSorted()).toEqual(['3', 'gelu', 'relu']);
    const keep = rowTest('kind != relu', everyField(words));
    expect(words.stages.flatMap((one) => one.rows.filter(keep))).toHaveLength(2);
    expect(() => rowTest('kind = rely', everyField(words))).toThrow(
      /kind is never "rely" \(character 8 of --where\)\. Did you mean relu\?/,
    );
    expect(() => rowTest('kind < relu', everyField(words))).toThrow(/expected = or != for kind/);
  });
});

test('--where compares hyperparameters of every kind, and an inactive one matches nothing', () => {
  const matching = (where: string): TrialRecord['params'][] =>
    rows!.filter(rowTest(where, fields)).map(({ params }) => params);
  const large = matching('hidden >= 50 and dropout < 0.2');
  expect(large.length).toBeGreaterThan(0);
  for (const params of large) {
    expect(params['hidden']).toBe(100);
    expect(Number(params['dropout'])).toBeLessThan(0.2);
  }
  expect(matching('mirror').every((params) => params['mirror'] === true)).toBe(true);
  expect(matching('lambda = 0')).toHaveLength(1);
  expect(matching('dropout != 7').every((params) => params['dropout'] !== undefined)).toBe(true);
  expect(() => rowTest('hiden = 50', fields)).toThrow(/Did you mean hidden\?/);
});

test('rows can be sorted by a hyperparameter, and inactive ones are last', () => {
  const sorted = rows!.toSorted(rowOrder('dropout:desc', fields));
  const values = sorted.map(({ params }) => params['dropout'] ?? null);
  const active = values.filter((value) => value !== null);
  expect(values.slice(0, active.length)).toEqual(active);
  expect(active).toEqual(active.toSorted((a, b) => Number(b) - Number(a)));
});

test('the sentences about the winner and the space name every hyperparameter in its own format', () => {
  expect(winnerSentence(results)?.text).toMatch(
    /^only\/51, λ 3\.30e-2, learning_rate\.max 6\.66e-2, hidden 100, dropout 0\.333, shift 3, mirror true, /,
  );
  expect(spaceText(results.stages[0]!)).toBe(
    'λ 1.00e-9 … 1.00e-1, learning_rate.max 1.00e-2 … 5.00e-1, hidden 100/25/50, dropout 0 … 0.5 if hidden 100, shift 0 … 8, mirror false/true',
  );
});

test('the range of the tied trials and the conservative choice need a single number', () => {
  expect(results.parameter).toBeNull();
  expect(results.fit).toBeNull();
  expect(results.ties === null || results.ties.range === null).toBe(true);
});

describe('files', () => {
  it('have a column for each hyperparameter, empty if it is inactive', () => {
    const [head, ...lines] = formatDelimited(results, 'csv').trimEnd().split('\r\n');
    const names = head!.split(',');
    expect(names).toEqual(
      expect.arrayContaining(['lambda', 'learning_rate.max', 'hidden', 'dropout', 'mirror']),
    );
    const at = names.indexOf('dropout');
    const empty = lines.filter((line) => line.split(',')[at] === '').length;
    expect(empty).toBe(rows!.filter(({ params }) => params['dropout'] === undefined).length);
  });

  it('agree with the published schema as JSON, with the importance', () => {
    const document = JSON.parse(toDocument(results));
    expect(resultsSchema(results).strict().parse(document)).toEqual(document);
    expect(document.importance.parameters.map(({ name }: { name: string }) => name)).toEqual(
      studyImportance(results)!.parameters.map(({ name }) => name),
    );
    expect(document.stages[0].search.hidden).toMatchObject({
      distribution: 'values',
      values: [100, 25, 50],
      min: null,
    });
    expect(document.stages[0].search.dropout.where).toEqual({ hidden: [100] });
    expect(Object.keys(document.winner ?? {}).filter((name) => name.startsWith('tied_'))).toEqual(
      [],
    );
  });

  it('have types as Parquet, also of learning curves', async () => {
    for (const bytes of [formatParquet(results), formatCurvesParquet(results, wideTrials)]) {
      const file = bytes.buffer.slice(0, bytes.byteLength) as ArrayBuffer;
      const [first] = await parquetReadObjects({ file });
      const params = wideTrials.find(({ id }) => `only/${id.index}` === first!['trial'])!.params;
      expect(first).toMatchObject({ ...params, dropout: params['dropout'] ?? null });
    }
  });

  it('have the same cells as Markdown and LaTeX', () => {
    expect(formatMarkdown(results)).toMatch(
      /\| 3\.30e-2 \| 6\.66e-2 \| 100 \| 0\.333 \| 3 \| true/,
    );
    expect(formatLatex(results)).toMatch(
      /\$3\.30 \\times 10\^\{-2\}\$ & \$6\.66 \\times 10\^\{-2\}\$ & 100 & 0\.333 & 3 & true/,
    );
  });
});

test('diff shows all hyperparameters of the best trials', () => {
  const [a, b] = [toSide(wideStudy, wideTrials), toSide(wideStudy, wideTrials.slice(0, 30))];
  const text = formatDiff(a, b, studyDiff(a, b), options);
  expect(text).toMatch(/best parameters +│ λ 3\.30e-2, learning_rate\.max 6\.66e-2, hidden 100/);
  expect(text).not.toContain('of these');
});

describe('the importance', () => {
  it('does not depend on which rows are shown', () => {
    const few = selectResults(results, { top: 5 });
    expect(studyImportance(few)).toBe(studyImportance(results));
  });

  it('is a table with intervals below the slices of the terminal', () => {
    const text = terminalScatter(results, { ...options, width: 90 });
    expect(text).toMatch(/│ importance +│ share │ 95 % interval │ alone │/);
    expect(text).toMatch(/│ learning_rate\.max │ +\d+ % │ +\d+–\d+ % │/);
    for (const name of ['λ (log scale)', 'hidden', 'dropout', 'shift', 'mirror'])
      expect(text).toContain(`\n${name}\n`);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('is not shown below 20 trials', () => {
    const text = terminalScatter(toResults(wideStudy, wideTrials.slice(0, 12)), options);
    expect(text).toContain('is shown from 20 trained configurations on');
  });

  it('has one sentence below the table of results', () => {
    expect(formatTables(results, options)).toMatch(
      /\neffect {2}Which of learning_rate\.max and λ matters more, these trials cannot tell/,
    );
  });
});

describe('warnings', () => {
  const text = (trials: readonly TrialRecord[], without = 'no_effect_in_float32'): string =>
    toResults(wideStudy, trials)
      .warnings.filter(({ code }) => code !== without)
      .map((one) => one.text)
      .join('\n');

  it('name the hyperparameter with larger values in all diverged trials', () => {
    expect(text(wideTrials)).toBe(
      '2 trials of stage only diverged: the loss was no longer a finite number. To avoid that, search learning_rate.max below 4.25e-1.',
    );
  });

  it('advise a wider range if the best five trials are all in the outer fifth of one', () => {
    const better = (from: number) => (trial: TrialRecord) => {
      const shift = Number(trial.params['shift']);
      const value = 0.4 + 0.01 * Math.abs(shift - from);
      return { ...trial, status: 'complete' as const, result: completeResult(value) };
    };
    expect(text(wideTrials.map(better(8)))).toBe('');
    expect(text(wideTrials.map(better(0)))).toBe(
      'The best 5 trials are all in the upper fifth of the range of shift in stage only (upper bound 8): set max: 16.',
    );
  });

  it('do not count λ = 0, which is meant to have no effect', () => {
    const small = wideTrials.map((one) => ({ ...one, params: { ...one.params, lambda: 0 } }));
    expect(text(small, '')).not.toContain('too small to have an effect');
    const tiny = wideTrials.map((one) => ({ ...one, params: { ...one.params, lambda: 1e-12 } }));
    expect(text(tiny, '')).toMatch(/59 trials had λ below \S+, too small to have an effect/);
  });
});

test('the trainer of the examples has every hyperparameter of the wide study', () => {
  expect(Object.keys(twoLayer.parameters)).toEqual(expect.arrayContaining([...results.parameters]));
});

/** A trainer with its own setting, parameter and metric appears in every output, without a change in report. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { formatDelimited } from '../../../src/report/files/delimited.ts';
import { formatMarkdown } from '../../../src/report/files/markdown.ts';
import { formatOptuna } from '../../../src/report/files/optuna-journal.ts';
import { trialJson } from '../../../src/report/files/trial-json.ts';
import { everyField } from '../../../src/report/results/result-fields.ts';
import { rowTest } from '../../../src/report/results/row-filter.ts';
import { studyResults } from '../../../src/report/results/study-results.ts';
import { terminalScatter } from '../../../src/report/terminal/terminal-scatter.ts';
import { formatTables } from '../../../src/report/terminal/terminal-table.ts';
import { formatTrial } from '../../../src/report/terminal/trial-text.ts';
import { classificationMetrics, type Metric } from '../../../src/study/metrics.ts';
import type { StudyRecord } from '../../../src/study/study-record.ts';
import type { TrainerDescription } from '../../../src/study/trainer-description.ts';
import { toDocument, completeResult, study, trial } from '../support/sample-study.ts';

const f1: Metric = {
  name: 'validation_f1',
  kind: 'accuracy',
  split: 'validation',
  direction: 'maximize',
  unit: 'share',
  description: 'F1 score of the validation images',
};
const forest: TrainerDescription = {
  name: 'forest',
  settings: z.strictObject({ depth: z.number().int() }),
  problems: () => [],
  parameters: { leaf_share: { min: 0, max: 1, description: 'least share of records in a leaf' } },
  metrics: [...classificationMetrics, f1],
  reproducible: false,
  packKey: () => '',
  packSize: () => 1,
  rungs: () => [1],
  remarks: () => [],
  method: () => [],
  divergenceAdvice: () => [],
  measuredSteps: () => [1],
  progressAt: () => ({}),
  effectiveMinimum: () => null,
};

const leafShare = { distribution: 'log_uniform', min: 1e-4, max: 0.1 } as const;
const [stage] = study.stages;
const record: StudyRecord = {
  ...study,
  spec: {
    ...study.spec,
    trainer: { name: 'forest', depth: 5 },
    objective: { metric: 'validation_f1', direction: 'maximize' },
    stages: [{ name: 'coarse', trials: 3, search: { leaf_share: leafShare } }],
  },
  stages: [{ ...stage!, space: { leaf_share: leafShare } }],
  winner: null,
};
const trials = [0.001, 0.01, 0.05].map((share, index) =>
  trial('coarse', index + 1, 0, {
    params: { leaf_share: share },
    result: completeResult(0.5, { validation_f1: 0.6 + index / 100 }),
  }),
);
const results = studyResults(record, trials, forest);
const options = {
  width: 120,
  color: (_: unknown, text: string) => text,
  unicode: true,
  columns: null,
};

test('the parameter and the metric of a trainer are columns of tables, CSV, JSON and Markdown', () => {
  const table = formatTables(results, options);
  expect(table).toContain('coarse  leaf_share 1.00e-4 … 1.00e-1  3 of 3 trials complete');
  expect(table).toMatch(/│ leaf_share │ validation f1 % │ train % │ validation % │/);
  expect(table).toMatch(/│ {4}1 │ coarse\/3 │ {4}5.00e-2 │ +62.00 │ {3}61.25 │/);
  expect(table).toContain('best so far  coarse/3  leaf_share 5.00e-2  validation f1 62.00 %');
  expect(formatDelimited(results, 'csv').split('\r\n')[0]).toMatch(
    /^stage,rank,trial,replicate,leaf_share,.*,validation_f1,/,
  );
  expect(JSON.parse(toDocument(results))).toMatchObject({
    stages: [
      {
        search: { leaf_share: { min: 1e-4, max: 0.1 } },
        trials: [{ leaf_share: 0.05, params: { leaf_share: 0.05 }, validation_f1: 0.62 }, {}, {}],
      },
    ],
  });
  expect(formatMarkdown(results)).toContain('validation f1 %');
});

test('--where compares the parameter and the metric of a trainer', () => {
  const keep = rowTest('validation_f1 > 0.605 and leaf_share < 0.05', everyField(results));
  expect(results.stages[0]!.rows.filter(keep).map((row) => row.trial)).toEqual(['coarse/2']);
});

test('the output of a trial has the settings and the parameters of its trainer', () => {
  const row = results.stages[0]!.rows[0]!;
  const source = { study: record, results, row, trial: trials[2]!, attempts: [], command: 'train' };
  expect(formatTrial(source, options)).toMatch(/leaf_share {2}0.05 \(5.00e-2\)[^]*depth 5/);
  expect(formatTrial(source, options)).toContain('│ val f1 % │');
  expect(JSON.parse(trialJson(source))).toMatchObject({
    spec: { trainer: { name: 'forest', depth: 5 } },
    curve: [{ validation_f1: 0.62 }],
  });
});

test('charts and the Optuna journal use the parameter of the trainer', () => {
  expect(terminalScatter(results, options)).toContain('validation f1, %');
  const lines = formatOptuna([{ study: record, results, trials }]);
  expect(lines).toContain('"params":{"leaf_share":0.05}');
});

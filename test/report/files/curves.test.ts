/** Curves: one row for each measurement, in every format. */
import { parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { formatCurves } from '../../../src/report/files/curves.ts';
import { formatCurvesParquet } from '../../../src/report/files/parquet.ts';
import { selectResults } from '../../../src/report/results/select-results.ts';
import type { TrialRecord } from '../../../src/study/trial.ts';
import { completeResult, study, toResults, trial } from '../support/sample-study.ts';

const [early, last] = [0.3, 0.4].map((accuracy, at) => ({
  step: 500 * (at + 1),
  metrics: { epoch: 5 * (at + 1), learning_rate: 0.1 + 0.2, validation_accuracy: accuracy },
}));
const twice: TrialRecord = trial('coarse', 2, 0.1 + 0.2, {
  result: { ...completeResult(0.4), curve: [early!, last!] },
});
const second: TrialRecord = { ...twice, id: { ...twice.id, replicate: 2 } };
const diverged = trial('coarse', 3, 0.08, {
  status: 'failed',
  result: { kind: 'diverged', steps: 12, seconds: 0.1, curve: [{ step: 10, metrics: {} }] },
});
const waiting = trial('fine', 1, 1e-3, { status: 'waiting', result: null });
const trials = [twice, second, diverged, waiting];
const results = toResults(study, trials, { rows: 'trial' });

test('curves have a row for each measurement of each replicate, with exact numbers', () => {
  const lines = formatCurves(results, trials, 'jsonl').trimEnd().split('\n');
  const rows = lines.map((line): unknown => JSON.parse(line));
  expect(rows).toHaveLength(5);
  expect(rows[2]).toEqual({
    schema_version: 1,
    study: 'sample',
    stage: 'coarse',
    index: 2,
    trial: 'coarse/2.2',
    replicate: 2,
    lambda: 0.1 + 0.2,
    step: 500,
    epoch: 5,
    learning_rate: 0.1 + 0.2,
    train_loss: null,
    train_cost: null,
    train_accuracy: null,
    validation_loss: null,
    validation_cost: null,
    validation_accuracy: 0.3,
    test_loss: null,
    test_accuracy: null,
  });
  expect(rows[4]).toMatchObject({ trial: 'coarse/3', step: 10, validation_accuracy: null });
});

test('curves have the chosen columns, and only the trials of the chosen rows', () => {
  const chosen = selectResults(results, { keep: ({ replicate }) => replicate === 1, top: 1 });
  const columns = ['trial', 'step', 'validation_accuracy'];
  expect(formatCurves(chosen, trials, 'csv', columns)).toBe(
    'trial,step,validation_accuracy\r\ncoarse/2,500,0.3\r\ncoarse/2,1000,0.4\r\n',
  );
  expect(formatCurves(chosen, trials, 'tsv', ['step'])).toBe('step\n500\n1000\n');
  expect(() => formatCurves(results, trials, 'csv', ['stpe'])).toThrow(/Did you mean step\?/);
});

test('curves in Parquet have the rows and types of the other files', async () => {
  const bytes = formatCurvesParquet(results, trials);
  const file = bytes.buffer.slice(0, bytes.byteLength) as ArrayBuffer;
  const rows = await parquetReadObjects({ file });
  const lines = formatCurves(results, trials, 'jsonl').trimEnd().split('\n');
  expect(rows).toEqual(
    lines.map((line) => {
      const { schema_version: _, ...row } = JSON.parse(line) as Record<string, unknown>;
      return row;
    }),
  );
});

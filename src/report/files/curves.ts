/** Curves as text: a long table of measurements (`curve-fields.ts`) as CSV, TSV or JSON Lines. */
import type { TrialRecord } from '../../study/trial.ts';
import { curveFields, curveRows } from '../results/curve-fields.ts';
import type { ColumnNames } from '../results/result-fields.ts';
import type { StudyResults } from '../results/study-results.ts';
import { schemaVersion } from '../text/json-value.ts';
import { delimitedText } from './delimited.ts';

/** @param trials with whole curves */
export function formatCurves(
  results: StudyResults,
  trials: readonly TrialRecord[],
  format: 'csv' | 'tsv' | 'jsonl',
  columns: ColumnNames = null,
): string {
  const rows = curveRows(results, trials);
  const fields = curveFields(results, columns);
  if (format !== 'jsonl')
    return delimitedText(
      fields.map(({ name, value }) => [name, value] as const),
      rows,
      format,
    );
  return rows
    .map((row) => {
      const values = Object.fromEntries(fields.map(({ name, value }) => [name, value(row)]));
      return `${JSON.stringify({ schema_version: schemaVersion, ...values })}\n`;
    })
    .join('');
}

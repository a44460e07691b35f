/**
 * Delimited tables, TSV and CSV: one header row, full precision, unknown values empty.
 *
 * CSV follows RFC 4180: lines end with CR LF; a field with a comma, a quote or a line break is quoted. So is
 * a field that a spreadsheet may read as a formula. TSV has no quoting: tabs, line breaks and control
 * characters become visible escapes.
 */
import { foreignText } from '../text/escape-terminal.ts';
import { tableFileFields, type ColumnNames, type FieldValue } from '../results/result-fields.ts';
import { selectedRows } from '../results/select-results.ts';
import type { StudyResults } from '../results/study-results.ts';

export type Separator = 'tsv' | 'csv';

/** A column of a file: its name, and its value in a row. */
export type FileColumn<Row> = readonly [name: string, field: (row: Row) => FieldValue];

/** One line for each row, with all fields or the named ones (`result-fields.ts`). */
export function formatDelimited(
  results: StudyResults,
  separator: Separator,
  columns: ColumnNames = null,
): string {
  const rows = selectedRows(results);
  const fields = tableFileFields(results, columns);
  const fileColumns = fields.map(({ name, value }) => [name, value] as const);
  return delimitedText(fileColumns, rows, separator);
}

export function delimitedText<Row>(
  columns: readonly FileColumn<Row>[],
  rows: readonly Row[],
  separator: Separator,
): string {
  const lines = [
    columns.map(([name]) => name),
    ...rows.map((row) => columns.map(([, field]) => field(row))),
  ];
  return separator === 'csv'
    ? lines.map((line) => `${line.map(csvField).join(',')}\r\n`).join('')
    : lines.map((line) => `${line.map(tsvField).join('\t')}\n`).join('');
}

function plain(field: Exclude<FieldValue, string>): string {
  if (field === null || (typeof field === 'number' && !Number.isFinite(field))) return '';
  return String(field);
}

function csvField(field: FieldValue): string {
  if (typeof field !== 'string') return plain(field);
  // An empty text is quoted; an unknown value is not.
  return field === '' || /[",\r\n]|^[=+\-@\t]/.test(field)
    ? `"${field.replaceAll('"', '""')}"`
    : field;
}

function tsvField(field: FieldValue): string {
  return typeof field === 'string' ? foreignText(field) : plain(field);
}

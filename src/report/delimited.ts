/**
 * Tables as TSV and CSV: one header row, full precision, what is unknown left empty.
 *
 * CSV follows RFC 4180: lines end with CR LF; a field with a comma, a quote or a line break stands in
 * quotes. So does one that starts with `=`, `+`, `-` or `@`: a spreadsheet may take it for a
 * formula, and is told by no standard way to leave it alone; a prefix would silently change the data.
 * TSV has no quoting: tabs, line breaks and controls become visible escapes.
 */
import { foreignText } from './foreign-text.ts';
import { extraColumn } from './result-columns.ts';
import type { ResultRow, StudyResults } from './study-results.ts';

type Field = string | number | boolean | null;
export type Separator = 'tsv' | 'csv';

/** A column of a file: its name, and its field in a row. */
export type FileColumn<Row> = readonly [name: string, field: (row: Row) => Field];

export function formatDelimited(results: StudyResults, separator: Separator): string {
  const rows = results.stages.flatMap((stage) => stage.rows);
  return delimitedText(resultColumns(results), rows, separator);
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

/**
 * One line a trial. `rank` counts within the stage; accuracies are shares in [0, 1]; the loss is
 * cross-entropy in nats; `seconds` is training alone; `digest` is the SHA-256 of the parameters.
 */
function resultColumns(results: StudyResults): readonly FileColumn<ResultRow>[] {
  const extra = extraColumn(results.objective);
  return [
    ['stage', (row) => row.stage],
    ['rank', (row) => row.rank],
    ['trial', (row) => row.trial],
    ['replicate', (row) => row.replicate],
    ['lambda', (row) => row.lambda],
    ['train_accuracy', (row) => row.trainAccuracy],
    ['validation_accuracy', (row) => row.validationAccuracy],
    ['validation_loss', (row) => row.validationLoss],
    ['test_accuracy', (row) => row.testAccuracy],
    ['status', (row) => row.status],
    ['reason', (row) => row.reason],
    ['attempts', (row) => row.attempts],
    ['worker', (row) => row.worker],
    ['steps', (row) => row.steps],
    ['seconds', (row) => row.seconds],
    ['digest', (row) => row.digest],
    ['audit', (row) => row.audit],
    ...(extra === null ? [] : [[extra, (row: ResultRow) => row.value] as const]),
  ];
}

function plain(field: Exclude<Field, string>): string {
  if (field === null || (typeof field === 'number' && !Number.isFinite(field))) return '';
  return String(field);
}

function csvField(field: Field): string {
  if (typeof field !== 'string') return plain(field);
  // An empty text is not the same as nothing: it keeps its quotes.
  return field === '' || /[",\r\n]|^[=+\-@\t]/.test(field)
    ? `"${field.replaceAll('"', '""')}"`
    : field;
}

function tsvField(field: Field): string {
  return typeof field === 'string' ? foreignText(field) : plain(field);
}

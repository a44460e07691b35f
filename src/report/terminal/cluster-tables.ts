/** The tables of `ridgeline workers` and `ridgeline status`, in every format they have. */
import { delimitedText, type FileColumn } from '../files/delimited.ts';
import { gridLines, reasonLines, type Column } from './text-table.ts';
import { jsonText, schemaVersion } from '../text/json-value.ts';
import type { ObjectiveMetric } from '../../study/spec/study-spec.ts';
import { lambdaText, metricText } from '../text/number-format.ts';
import type { TextOptions } from '../text/text-options.ts';

export interface WorkerLine {
  readonly name: string;
  readonly address: string;
  readonly threads: number;
  readonly busy: number;
  readonly kernel: string;
  readonly numerics: string;
  readonly trialsCompleted: number;
  readonly state: string;
  readonly reason: string | null;
}

export interface StudyLine {
  readonly study: string;
  readonly status: string;
  readonly stage: string | null;
  readonly done: number;
  readonly total: number;
  readonly running: number;
  /** Of which `best.value` is a value. */
  readonly metric: ObjectiveMetric;
  readonly best: { readonly trial: string; readonly lambda: number; readonly value: number } | null;
  readonly reason: string | null;
}

export type ClusterFormat = 'table' | 'tsv' | 'json';

const workerFields: readonly FileColumn<WorkerLine>[] = [
  ['name', (row) => row.name],
  ['address', (row) => row.address],
  ['threads', (row) => row.threads],
  ['busy', (row) => row.busy],
  ['kernel', (row) => row.kernel],
  ['numerics', (row) => row.numerics],
  ['trials_completed', (row) => row.trialsCompleted],
  ['state', (row) => row.state],
  ['reason', (row) => row.reason],
];

const studyFields: readonly FileColumn<StudyLine>[] = [
  ['study', (row) => row.study],
  ['status', (row) => row.status],
  ['stage', (row) => row.stage],
  ['done', (row) => row.done],
  ['total', (row) => row.total],
  ['running', (row) => row.running],
  ['best_trial', (row) => row.best?.trial ?? null],
  ['best_lambda', (row) => row.best?.lambda ?? null],
  ['best_value', (row) => row.best?.value ?? null],
  ['metric', (row) => row.metric],
  ['reason', (row) => row.reason],
];

export function formatWorkers(
  rows: readonly WorkerLine[],
  format: ClusterFormat,
  options: TextOptions,
): string {
  if (format === 'json') return jsonText(rows.map((row) => objectOf(workerFields, row)));
  if (format === 'tsv') return delimitedText(workerFields, rows, 'tsv');
  return gridText<WorkerLine>(
    [
      typed<WorkerLine>('name', null, (row) => row.name),
      text<WorkerLine>('state', null, (row) => row.state),
      number<WorkerLine>('threads', 70, (row) => String(row.threads)),
      number<WorkerLine>('busy', 60, (row) => String(row.busy)),
      number<WorkerLine>('trials', 80, (row) => String(row.trialsCompleted)),
      text<WorkerLine>('numerics', 30, (row) => row.numerics),
      text<WorkerLine>('kernel', 20, (row) => row.kernel),
      text<WorkerLine>('address', 40, (row) => row.address),
    ],
    rows,
    ({ name, reason }) => ({ name, reason }),
    options,
  );
}

export function formatStudies(
  rows: readonly StudyLine[],
  format: ClusterFormat,
  options: TextOptions,
): string {
  if (format === 'json')
    return jsonText({
      schema_version: schemaVersion,
      studies: rows.map((row) => objectOf(studyFields, row)),
    });
  if (format === 'tsv') return delimitedText(studyFields, rows, 'tsv');
  return gridText<StudyLine>(
    [
      typed<StudyLine>('study', null, (row) => row.study),
      text<StudyLine>('status', null, (row) => row.status),
      text<StudyLine>('stage', 60, stageText),
      number<StudyLine>('trials', 70, (row) => `${row.done}/${row.total}`),
      number<StudyLine>('running', 40, (row) => String(row.running)),
      typed<StudyLine>('best', 50, (row) => row.best?.trial ?? null),
      number<StudyLine>('λ', 50, (row) => (row.best === null ? null : lambdaText(row.best.lambda))),
      number<StudyLine>('value', 55, ({ best, metric }) =>
        best === null ? null : metricText(metric, best.value),
      ),
    ],
    rows,
    ({ study, reason }) => ({ name: study, reason }),
    options,
  );
}

function gridText<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  reasonOf: (row: Row) => { readonly name: string; readonly reason: string | null },
  options: TextOptions,
): string {
  const lines = gridLines(columns, rows, options);
  return `${[...lines, ...reasonLines(rows.map(reasonOf), options)].join('\n')}\n`;
}

/** Of a study whose stages have all closed, `done` and `total` are those of the last one. */
function stageText({ stage, total }: StudyLine): string | null {
  return stage === null && total > 0 ? 'the last' : stage;
}

/** A name that other commands ask for. */
function typed<Row>(
  head: string,
  importance: number | null,
  cell: (row: Row) => string | null,
): Column<Row> {
  const column = text(head, importance, cell);
  return { ...column, shrink: { widthMin: 8, lost: 'end', isTyped: true } };
}

function text<Row>(
  head: string,
  importance: number | null,
  cell: (row: Row) => string | null,
): Column<Row> {
  return { head, align: 'left', importance, shrink: { widthMin: 8, lost: 'end' }, cell };
}

function number<Row>(
  head: string,
  importance: number | null,
  cell: (row: Row) => string | null,
): Column<Row> {
  return { head, align: 'right', importance, cell };
}

function objectOf<Row>(fields: readonly FileColumn<Row>[], row: Row): Record<string, unknown> {
  return Object.fromEntries(fields.map(([name, field]) => [name, field(row)]));
}

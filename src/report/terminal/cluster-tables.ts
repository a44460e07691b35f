/** Cluster tables: the output of `ridgeline workers` and `ridgeline status`, in all formats. */
import { delimitedText, type FileColumn } from '../files/delimited.ts';
import type { StudySummary, WorkerSummary } from '../../study/summaries.ts';
import { documentText, jsonText } from '../text/json-value.ts';
import { metricNamed, metricText } from '../text/number-format.ts';
import type { TextOptions } from '../text/text-options.ts';
import {
  nameColumn,
  numberColumn,
  parameterColumns,
  reasonLines,
  tableLines,
  textColumn,
  type Column,
} from './text-table.ts';

export type StudyLine = Omit<StudySummary, 'testing'>;

export type ClusterFormat = 'table' | 'tsv' | 'json';

const workerFields: readonly FileColumn<WorkerSummary>[] = [
  ['name', (row) => row.name],
  ['address', (row) => row.address],
  ['threads', (row) => row.threads],
  ['busy', (row) => row.busy],
  ['kernel', (row) => row.kernel],
  ['reproducible', (row) => row.reproducible],
  ['trials_completed', (row) => row.trialsCompleted],
  ['state', (row) => row.state],
  ['reason', (row) => row.reason],
];

/** Of a study with another parameter than λ, `best_params` of the JSON has the values. */
const studyFields: readonly FileColumn<StudyLine>[] = [
  ['study', (row) => row.study],
  ['status', (row) => row.status],
  ['stage', (row) => row.stage],
  ['done', (row) => row.done],
  ['total', (row) => row.total],
  ['running', (row) => row.running],
  ['best_trial', (row) => row.best?.trial ?? null],
  ['best_lambda', (row) => row.best?.params['lambda'] ?? null],
  ['best_value', (row) => row.best?.value ?? null],
  ['metric', (row) => row.metric],
  ['reason', (row) => row.reason],
];

export function formatWorkers(
  rows: readonly WorkerSummary[],
  format: ClusterFormat,
  options: TextOptions,
): string {
  if (format === 'json') return jsonText(rows.map((row) => objectFrom(workerFields, row)));
  if (format === 'tsv') return delimitedText(workerFields, rows, 'tsv');
  return tableText<WorkerSummary>(
    [
      nameColumn('name', null, (row) => row.name),
      textColumn('state', null, (row) => row.state),
      numberColumn('threads', 70, (row) => String(row.threads)),
      numberColumn('busy', 60, (row) => String(row.busy)),
      numberColumn('trials', 80, (row) => String(row.trialsCompleted)),
      textColumn('reproducible', 30, (row) => (row.reproducible ? 'yes' : 'no')),
      textColumn('kernel', 20, (row) => row.kernel),
      textColumn('address', 40, (row) => row.address),
    ],
    rows,
    options,
  );
}

export function formatStudies(
  rows: readonly StudyLine[],
  format: ClusterFormat,
  options: TextOptions,
): string {
  if (format === 'json')
    return documentText({
      studies: rows.map((row) => ({
        ...objectFrom(studyFields, row),
        best_params: row.best?.params ?? null,
      })),
    });
  if (format === 'tsv') return delimitedText(studyFields, rows, 'tsv');
  return tableText<StudyLine>(
    [
      nameColumn('study', null, (row) => row.study),
      textColumn('status', null, (row) => row.status),
      textColumn('stage', 60, stageText),
      numberColumn('trials', 70, (row) => `${row.done}/${row.total}`),
      numberColumn('running', 40, (row) => String(row.running)),
      nameColumn('best', 50, (row) => row.best?.trial ?? null),
      ...parameterColumns(rows, 50, ({ best }) => best && best.params),
      numberColumn('value', 55, ({ best, metric }) =>
        best === null ? null : metricText(metricNamed(metric), best.value),
      ),
    ],
    rows,
    options,
  );
}

/** The first column has the name of the row, which its reason below the table repeats. */
function tableText<Row extends { readonly reason: string | null }>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TextOptions,
): string {
  const reasons = rows.map((row) => ({ name: columns[0]?.cell(row) ?? '-', reason: row.reason }));
  return `${[...tableLines(columns, rows, options), ...reasonLines(reasons, options)].join('\n')}\n`;
}

/** After all stages have closed, `done` and `total` count the last one. */
function stageText({ stage, total }: StudyLine): string | null {
  return stage === null && total > 0 ? 'the last' : stage;
}

function objectFrom<Row>(fields: readonly FileColumn<Row>[], row: Row): Record<string, unknown> {
  return Object.fromEntries(fields.map(([name, field]) => [name, field(row)]));
}

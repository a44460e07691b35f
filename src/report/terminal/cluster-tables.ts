/** Cluster tables: the output of `ridgeline workers` and `ridgeline status`, in all formats. */
import { delimitedText, type FileColumn } from '../files/delimited.ts';
import { stylesFrom } from '../../study/search-space.ts';
import { presentStage, type StudySummary, type WorkerSummary } from '../../study/summaries.ts';
import { documentText, jsonText } from '../text/json-value.ts';
import {
  durationText,
  metricNamed,
  metricText,
  percentText,
  timeText,
} from '../text/number-format.ts';
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
  ['training', (row) => row.training.map(trainingText).join(' ')],
  ['heard_at', (row) => isoTime(row.heardAtMs)],
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
  ['stage_done', (row) => presentStage(row)?.done ?? null],
  ['stage_total', (row) => presentStage(row)?.total ?? null],
  ['test_accuracy', (row) => row.testAccuracy],
  ['created_at', (row) => isoTime(row.createdAtMs)],
  ['ended_at', (row) => isoTime(row.endedAtMs)],
  ['priority', (row) => row.priority],
  ['budget', (row) => row.budget],
  ['seconds_left', (row) => (row.msLeft === null ? null : Math.round(row.msLeft / 1_000))],
];

function isoTime(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}

function trainingText({ study, trial }: WorkerSummary['training'][number]): string {
  return `${study}:${trial}`;
}

export function formatWorkers(
  rows: readonly WorkerSummary[],
  format: ClusterFormat,
  options: TextOptions,
  nowMs: number,
): string {
  if (format === 'json')
    return jsonText(
      rows.map((row) => ({ ...objectFrom(workerFields, row), training: row.training })),
    );
  if (format === 'tsv') return delimitedText(workerFields, rows, 'tsv');
  return tableText<WorkerSummary>(
    [
      nameColumn('name', null, (row) => row.name),
      textColumn('state', null, (row) => row.state),
      numberColumn('busy', 70, (row) => `${row.busy}/${row.threads}`),
      numberColumn('trials', 80, (row) => String(row.trialsCompleted)),
      textColumn('trains', 60, nowTraining),
      numberColumn('heard', 50, (row) => agoText(nowMs - row.heardAtMs)),
      textColumn('address', 40, (row) => row.address),
      textColumn('kernel', 20, (row) => row.kernel),
      textColumn('reproducible', 10, (row) => (row.reproducible ? 'yes' : 'no')),
    ],
    rows,
    options,
  );
}

export function formatStudies(
  rows: readonly StudyLine[],
  format: ClusterFormat,
  options: TextOptions,
  nowMs: number,
): string {
  if (format === 'json')
    return documentText({
      studies: rows.map((row) => ({
        ...objectFrom(studyFields, row),
        best_params: row.best?.params ?? null,
        stages: row.stages,
      })),
    });
  if (format === 'tsv') return delimitedText(studyFields, rows, 'tsv');
  return tableText(studyColumns(rows, nowMs), rows, options);
}

/** Columns that no row has a value for are left out. */
function studyColumns(rows: readonly StudyLine[], nowMs: number): Column<StudyLine>[] {
  const isWeighted = rows.some(({ priority }) => priority !== 1);
  const columns: Column<StudyLine>[] = [
    nameColumn('study', null, (row) => row.study),
    textColumn('status', null, (row) => row.status),
    numberColumn('trials', 80, (row) => `${row.done}/${row.total}`),
    numberColumn('stage', 60, stageText, { align: 'left' }),
    numberColumn('priority', 25, ({ priority }) => (isWeighted ? String(priority) : null)),
    numberColumn('running', 20, ({ running }) => (running === 0 ? null : String(running))),
    nameColumn('best', 30, (row) => row.best?.trial ?? null),
    ...parameterColumns(
      rows,
      50,
      ({ best }) => best && best.params,
      ({ decimals }) => stylesFrom(decimals),
    ),
    numberColumn('value', 70, ({ best, metric }) =>
      best === null ? null : metricText(metricNamed(metric), best.value),
    ),
    numberColumn('test %', 58, (row) => percentText(row.testAccuracy)),
    numberColumn('created (UTC)', 35, (row) => timeText(row.createdAtMs).slice(0, 16), {
      align: 'left',
    }),
    // With pauses: from the submission to the end, or until now.
    numberColumn('elapsed', 32, (row) => durationText((row.endedAtMs ?? nowMs) - row.createdAtMs)),
    numberColumn('left', 57, ({ msLeft }) => (msLeft === null ? null : durationText(msLeft))),
  ];
  return columns.filter(({ cell }) => rows.some((row) => cell(row) !== null));
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

/** `fine 3/16`: the open stage with its own count. */
function stageText(line: StudyLine): string | null {
  const count = line.stage === null ? null : presentStage(line);
  return count && `${count.name} ${count.done}/${count.total}`;
}

/** `coarse/7, coarse/8`; with the study if there are several. */
function nowTraining({ training }: WorkerSummary): string | null {
  const studies = new Set(training.map(({ study }) => study));
  const names = training.map((one) => (studies.size > 1 ? trainingText(one) : one.trial));
  return names.length === 0 ? null : names.join(', ');
}

function agoText(ms: number): string {
  return ms < 1_000 ? 'now' : `${durationText(ms)} ago`;
}

function objectFrom<Row>(fields: readonly FileColumn<Row>[], row: Row): Record<string, unknown> {
  return Object.fromEntries(fields.map(([name, field]) => [name, field(row)]));
}

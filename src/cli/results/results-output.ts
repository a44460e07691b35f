/** Results output: rows, columns and format of results, their stream or file, and the exit code of a study. */
import { formatDelimited } from '../../report/files/delimited.ts';
import { formatJson, formatJsonl } from '../../report/files/json.ts';
import { formatLatex } from '../../report/files/latex.ts';
import { formatMarkdown } from '../../report/files/markdown.ts';
import { everyField } from '../../report/results/result-fields.ts';
import { rowOrder, rowTest } from '../../report/results/row-filter.ts';
import {
  selectResults,
  studyResults,
  type Selection,
  type StudyResults,
} from '../../report/results/study-results.ts';
import { terminalScatter } from '../../report/terminal/terminal-scatter.ts';
import { formatTables } from '../../report/terminal/terminal-table.ts';
import type { TextOptions } from '../../report/text/text-options.ts';
import type { StoreReader } from '../../store/store.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { trialName, type AttemptRecord, type TrialRecord } from '../../study/trial.ts';
import type { Context } from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import { usageError } from '../process/options.ts';
import { textOptions } from '../process/terminal.ts';
import { writeOutput } from './output-file.ts';
import { fileFormats } from './result-formats.ts';
import type { StudyAndTrials } from './stored-study.ts';

/** Options of `results`; absent: all rows, the default columns, by rank, on stdout. */
export interface ResultsFlags {
  /** Default: a table in a terminal, TSV elsewhere. */
  readonly format?: string;
  readonly stage?: string;
  readonly top?: number;
  readonly columns?: string;
  readonly where?: string;
  readonly sort?: string;
  readonly replicates?: boolean;
  readonly chart?: boolean;
  readonly output?: string;
}

interface ResultsSource extends StudyAndTrials {
  readonly reader: StoreReader;
}

/** @param topInTable the most rows of a stage in a table, unless `top` is given; null for all */
export async function writeResults(
  source: ResultsSource,
  flags: ResultsFlags,
  context: Context,
  topInTable: number | null = null,
): Promise<void> {
  const content = await formatResults(source, flags, context, topInTable);
  writeOutput(flags.output, content, context);
}

/** What `writeResults` writes. */
export async function formatResults(
  source: ResultsSource,
  flags: ResultsFlags,
  context: Context,
  topInTable: number | null = null,
): Promise<string | Uint8Array> {
  const { study, trials, trainer, reader } = source;
  const format = chooseFormat(flags, context);
  const options = textOptions(context);
  const results = studyResults(study, trials, trainer, {
    rows: flags.replicates === true ? 'trial' : 'configuration',
    attempts: await reader.verificationAttempts(study.spec.study),
  });
  const fields = everyField(results);
  const { stage, where, sort, columns } = flags;
  const selection: Selection = {
    stage,
    keep: where === undefined ? undefined : rowTest(where, fields),
    order: sort === undefined ? undefined : rowOrder(sort, fields),
    top: null,
  };
  const top = flags.top ?? (format === 'table' ? topInTable : null);
  const shown = selectResults(results, { ...selection, top });
  const names = columns?.split(',').map((name) => name.trim()) ?? null;
  const formatFile = fileFormatters[format];
  const content =
    formatFile === undefined
      ? formatTables(shown, { ...options, columns: names })
      : await formatFile(shown, names, source);
  const chart =
    flags.chart === true ? formatChart(selectResults(results, selection), format, options) : '';
  return chart === '' ? content : `${String(content)}${chart}`;
}

/** 0; 1 if the study failed or was cancelled; 3 if trials failed permanently or results are disputed. */
export function outcomeCode(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  attempts: readonly AttemptRecord[],
): number {
  if (study.status === 'failed' || study.status === 'cancelled') return exitCode.failed;
  const failed = trials.some((trial) => trial.status === 'failed' && trial.result === null);
  // A dispute is settled when a majority of workers agrees on one result.
  const verified = new Set(
    trials.filter(({ audit }) => audit === 'verified').map(({ id }) => trialName(id)),
  );
  const disputed =
    trials.some(({ audit }) => audit === 'disputed') ||
    attempts.some(
      ({ outcome, trial }) => outcome === 'disputed' && !verified.has(trialName(trial)),
    ) ||
    study.winner?.reproduced === false;
  return failed || disputed ? exitCode.partly : exitCode.done;
}

/** @throws RidgelineError USAGE for a file format in a terminal */
function chooseFormat({ format, output, chart }: ResultsFlags, { stdout }: Context): string {
  const isTerminal = stdout.isTTY && (output === undefined || output === '-');
  if (format === undefined) return chart === true || isTerminal ? 'table' : 'tsv';
  if (fileFormats.some((known) => known === format) && isTerminal)
    throw usageError(
      `The format ${format} cannot be shown in a terminal.`,
      `Give a file, such as -o results.${format === 'parquet' ? 'parquet' : 'log'}, or pipe the output.`,
    );
  return format;
}

type FormatFile = (
  results: StudyResults,
  columns: readonly string[] | null,
  source: ResultsSource,
) => string | Uint8Array | Promise<string | Uint8Array>;

const fileFormatters: Readonly<Record<string, FormatFile>> = {
  tsv: (results, columns) => formatDelimited(results, 'tsv', columns),
  csv: (results, columns) => formatDelimited(results, 'csv', columns),
  json: formatJson,
  jsonl: formatJsonl,
  markdown: formatMarkdown,
  latex: formatLatex,
  parquet: async (results, columns) => {
    // Loaded here, since its package has many modules.
    const { formatParquet } = await import('../../report/files/parquet.ts');
    return formatParquet(results, columns);
  },
  optuna: async (results, _columns, { study, reader }) => {
    const { formatOptuna } = await import('../../report/files/optuna-journal.ts');
    const trials = await reader.trials(results.study, { curves: true });
    return formatOptuna({ study, results, trials, attempts: await reader.attempts(results.study) });
  },
};

/** The chart has all selected rows, also if `--top` limits the table. */
function formatChart(results: StudyResults, format: string, options: TextOptions): string {
  if (format !== 'table')
    throw usageError(
      `--chart draws below a table, but the format is ${format}.`,
      'Leave out --format, or draw a file with `ridgeline chart`.',
    );
  const chart = terminalScatter(results, options);
  return chart === '' ? '' : `\n${chart}`;
}

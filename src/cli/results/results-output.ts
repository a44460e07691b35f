/**
 * Results output: rows, columns and format of results, and the stream or file to which they go. What a table
 * says below its rows goes to stderr if the output is another format.
 */
import { formatCurves } from '../../report/files/curves.ts';
import { formatDelimited } from '../../report/files/delimited.ts';
import { formatJson, formatJsonl } from '../../report/files/json.ts';
import { formatLatex, latexRows } from '../../report/files/latex.ts';
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
import { summaryLines } from '../../report/terminal/study-summary.ts';
import { formatTables } from '../../report/terminal/terminal-table.ts';
import type { TextOptions } from '../../report/text/text-options.ts';
import type { StoreReader } from '../../store/store.ts';
import type { TrialRecord } from '../../study/trial.ts';
import { say, type Context } from '../process/context.ts';
import { usageError } from '../process/options.ts';
import { textOptions } from '../process/terminal.ts';
import { writeOutput } from './output-file.ts';
import { chooseFormat } from './result-formats.ts';
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
  /** Measurements of every trial instead of rows. */
  readonly curves?: boolean;
  /** Sentences below LaTeX tables instead of comments. */
  readonly notes?: boolean;
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
  printResults(await formatResults(source, flags, context, topInTable), flags.output, context);
}

export interface FormattedResults {
  readonly content: string | Uint8Array;
  /** Lines for stderr; empty if the content has them. */
  readonly summary: readonly string[];
}

/** @param output file; stdout if it is absent or `-` */
export function printResults(
  { content, summary }: FormattedResults,
  output: string | undefined,
  context: Context,
): void {
  writeOutput(output, content, context);
  if (summary.length > 0) say(context, summary.join('\n'));
}

/** What `writeResults` writes. */
export async function formatResults(
  source: ResultsSource,
  flags: ResultsFlags,
  context: Context,
  topInTable: number | null = null,
): Promise<FormattedResults> {
  const { study, trials, trainer, reader } = source;
  const format = chooseFormat(flags, context.stdout);
  const options = textOptions(context);
  const results = studyResults(study, trials, trainer, {
    rows: flags.replicates === true || flags.curves === true ? 'trial' : 'configuration',
    attempts: await reader.attempts(study.spec.study),
  });
  const fields = everyField(results);
  const { stage, where, sort, columns } = flags;
  const selection: Selection = {
    stage,
    keep: where === undefined ? undefined : rowTest(where, fields),
    order: sort === undefined ? undefined : rowOrder(sort, fields),
    top: null,
  };
  const usual = format === 'latex' ? Math.min(latexRows, topInTable ?? Infinity) : topInTable;
  const top = flags.top ?? (isPage(format) && topInTable !== null ? usual : null);
  const shown = selectResults(results, { ...selection, top });
  const names = columns?.split(',').map((name) => name.trim()) ?? null;
  const formatFile = (flags.curves === true ? curveFormatters : fileFormatters)[format];
  const content =
    formatFile === undefined
      ? formatTables(shown, { ...options, columns: names })
      : await formatFile(shown, names, {
          ...source,
          notes: flags.notes === true,
          version: context.version,
        });
  const chart =
    flags.chart === true ? formatChart(selectResults(results, selection), format, options) : '';
  return {
    content: chart === '' ? content : `${String(content)}${chart}`,
    summary: format === 'table' ? [] : summaryLines(results, textOptions(context, context.stderr)),
  };
}

/** Whether people read the format, so that a few rows are enough. */
function isPage(format: string): boolean {
  return format === 'table' || format === 'latex';
}

type FormatFile = (
  results: StudyResults,
  columns: readonly string[] | null,
  source: ResultsSource & { readonly notes: boolean; readonly version: string },
) => string | Uint8Array | Promise<string | Uint8Array>;

const fileFormatters: Readonly<Record<string, FormatFile>> = {
  tsv: (results, columns) => formatDelimited(results, 'tsv', columns),
  csv: (results, columns) => formatDelimited(results, 'csv', columns),
  json: (results, columns, { version }) => formatJson(results, columns, version),
  jsonl: formatJsonl,
  markdown: formatMarkdown,
  latex: (results, columns, { notes }) => formatLatex(results, { columns, notes }),
  parquet: async (results, columns) => {
    // Loaded here, since its package has many modules.
    const { formatParquet } = await import('../../report/files/parquet.ts');
    return formatParquet(results, columns);
  },
  optuna: async (results, _columns, source) => {
    const { formatOptuna } = await import('../../report/files/optuna-journal.ts');
    const { study, reader } = source;
    const trials = await wholeCurves(source);
    return formatOptuna({ study, results, trials, attempts: await reader.attempts(results.study) });
  },
};

const curvesAs =
  (format: 'tsv' | 'csv' | 'jsonl'): FormatFile =>
  async (results, columns, source) =>
    formatCurves(results, await wholeCurves(source), format, columns);

const curveFormatters: Readonly<Record<string, FormatFile>> = {
  tsv: curvesAs('tsv'),
  csv: curvesAs('csv'),
  jsonl: curvesAs('jsonl'),
  parquet: async (results, columns, source) => {
    const { formatCurvesParquet } = await import('../../report/files/parquet.ts');
    return formatCurvesParquet(results, await wholeCurves(source), columns);
  },
};

async function wholeCurves({ study, reader }: ResultsSource): Promise<readonly TrialRecord[]> {
  return await reader.trials(study.spec.study, { curves: true });
}

/** The chart has all selected rows, also if `--top` limits the table. */
function formatChart(results: StudyResults, format: string, options: TextOptions): string {
  if (format !== 'table')
    throw usageError(
      `--chart draws below a table, but the format is ${format}.`,
      'Leave out --format, or draw a file with `ridgeline chart`.',
    );
  return `\n${terminalScatter(results, options)}`;
}

/**
 * Results output: rows, columns and format of results, and the stream or file to which they go. What a table
 * says below its rows goes to stderr if the output is another format.
 */
import { latexRows } from '../../report/files/latex.ts';
import { everyField } from '../../report/results/result-fields.ts';
import { rowOrder, rowTest } from '../../report/results/row-filter.ts';
import { selectResults, type Selection } from '../../report/results/select-results.ts';
import { studyResults, type StudyResults } from '../../report/results/study-results.ts';
import { terminalScatter } from '../../report/terminal/terminal-scatter.ts';
import { summaryLines } from '../../report/terminal/study-summary.ts';
import { formatTables } from '../../report/terminal/terminal-table.ts';
import type { TextOptions } from '../../report/text/text-options.ts';
import { isStateLocked } from '../../store/sqlite/lock.ts';
import { say, stateDirectory, type Context } from '../process/context.ts';
import { usageError } from '../process/options.ts';
import { textOptions } from '../process/terminal.ts';
import {
  curveFormatters,
  fileFormatters,
  wholeCurves,
  type ResultsSource,
} from './file-formatters.ts';
import { writeOutput } from './output-file.ts';
import { readRequirement } from './requirement.ts';
import { chooseFormat } from './result-formats.ts';

/** Options of `results`; absent: all rows, the default columns, by rank, on stdout. */
export interface ResultsFlags {
  /** Default: a table in a terminal, TSV elsewhere. */
  readonly format?: string;
  readonly stage?: string;
  readonly top?: number;
  /** One list of all stages; default: if `top` is given without a stage. */
  readonly allStages?: boolean;
  /** Only the winner. */
  readonly winner?: boolean;
  /** A condition on the winner. */
  readonly require?: string;
  readonly columns?: string;
  readonly where?: string;
  readonly sort?: string;
  readonly replicates?: boolean;
  /** Measurements of every trial instead of rows. */
  readonly curves?: boolean;
  /** Sentences below LaTeX tables instead of comments. */
  readonly notes?: boolean;
  readonly chart?: boolean;
  /** False: without the row of names. */
  readonly header?: boolean;
  readonly output?: string;
}

/** @param topInTable the most rows of a stage in a table, unless `top` is given; null for all */
export async function writeResults(
  source: ResultsSource,
  flags: ResultsFlags,
  context: Context,
  topInTable: number | null = null,
): Promise<void> {
  const formatted = await formatResults(source, flags, context, topInTable);
  const check =
    flags.require === undefined ? null : readRequirement(formatted.results, flags.require);
  printResults(formatted, flags.output, context);
  const { study, winner } = formatted.results;
  if (flags.winner === true && winner === null)
    say(
      context,
      `study ${study} has no winner yet, so --winner leaves no rows; --top 1 prints the best so far`,
    );
  if (check !== null) say(context, check());
}

export interface FormattedResults {
  readonly results: StudyResults;
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
  const format = chooseFormat(flags, context.stdout);
  const options = textOptions(context);
  const results = await readResults(source, flags, context);
  const { columns } = flags;
  const selection = readSelection(results, flags);
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
  if (flags.header === false && format !== 'tsv' && format !== 'csv')
    throw usageError(
      `--no-header is for tsv and csv, but the format is ${format}.`,
      'Leave out --no-header, or add --format tsv.',
    );
  const chart =
    flags.chart === true ? formatChart(selectResults(results, selection), format, options) : '';
  return {
    results,
    content: chart === '' ? withHeader(content, flags) : `${String(content)}${chart}`,
    summary: format === 'table' ? [] : summaryLines(results, textOptions(context, context.stderr)),
  };
}

/** The names of columns have no line breaks. */
function withHeader(
  content: string | Uint8Array,
  { header = true }: Pick<ResultsFlags, 'header'>,
): string | Uint8Array {
  return header || typeof content !== 'string' ? content : content.slice(content.indexOf('\n') + 1);
}

/** Writes several studies into one file, which only an Optuna journal can contain. */
export async function writeJournal(
  sources: readonly ResultsSource[],
  flags: ResultsFlags,
  context: Context,
): Promise<void> {
  if (chooseFormat(flags, context.stdout) !== 'optuna' || flags.require !== undefined)
    throw usageError(
      'Several studies can be written into an Optuna journal only.',
      'Name one study, or give -o journal.log. CSV, JSON Lines and Parquet have a column with the study, so their files can be joined.',
    );
  const { encodeOptuna } = await import('../../report/files/optuna-journal.ts');
  const journal = sources.map(async (source) => {
    const results = await readResults(source, flags, context);
    const selection = { ...readSelection(results, flags), top: flags.top ?? null };
    const trials = await wholeCurves(source);
    return { study: source.study, results: selectResults(results, selection), trials };
  });
  writeOutput(flags.output, encodeOptuna(await Promise.all(journal)), context);
}

async function readResults(
  { study, trials, trainer, reader }: ResultsSource,
  flags: ResultsFlags,
  context: Context,
): Promise<StudyResults> {
  return studyResults(study, trials, trainer, {
    rows: flags.replicates === true || flags.curves === true ? 'trial' : 'configuration',
    attempts: await reader.attempts(study.spec.study),
    isServed: isStateLocked(stateDirectory(context)),
  });
}

/** Everything but the number of rows. */
function readSelection(results: StudyResults, flags: ResultsFlags): Selection {
  const fields = everyField(results);
  const { stage, where, sort, top, winner = false, allStages } = flags;
  const isMatch = where === undefined ? null : rowTest(where, fields);
  return {
    stage,
    keep: (row) => (!winner || row.isWinner) && (isMatch?.(row) ?? true),
    order: sort === undefined ? undefined : rowOrder(sort, fields),
    allStages: allStages ?? (winner || (top !== undefined && stage === undefined)),
  };
}

/** Whether people read the format, so that a few rows are enough. */
function isPage(format: string): boolean {
  return format === 'table' || format === 'latex';
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

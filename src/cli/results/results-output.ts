/** Results on their way out: which rows and columns, which format, to which stream or file, and what exit code they mean. */
import { RidgelineError } from '../../base/errors.ts';
import { formatDelimited } from '../../report/files/delimited.ts';
import { formatJson, formatJsonl } from '../../report/files/json.ts';
import { formatLatex } from '../../report/files/latex.ts';
import { formatMarkdown } from '../../report/files/markdown.ts';
import { formatOptuna } from '../../report/files/optuna-journal.ts';
import { formatParquet } from '../../report/files/parquet.ts';
import { chosenFields } from '../../report/results/result-fields.ts';
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
import type { StoreReader } from '../../store/sqlite/read.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { trialName, type AttemptRecord, type TrialRecord } from '../../study/trial.ts';
import {
  isUnicode,
  paintFor,
  widthOf,
  type CommonFlags,
  type Context,
} from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import { writeOutput } from './output-file.ts';

/** What every command that prints results has; `results` has those below too. */
export const textFormats = ['table', 'tsv', 'csv', 'json', 'jsonl', 'markdown', 'latex'] as const;
/** Made for a file: in a terminal they would be noise. */
const fileFormats = ['parquet', 'optuna'] as const;
export const resultFormats = [...textFormats, ...fileFormats] as const;

export interface ResultsChoice {
  /** Null: a table in a terminal, TSV elsewhere. */
  readonly format: string | null;
  /** The most rows of a stage; null for all. */
  readonly top: number | null;
  readonly stage: string | null;
  /** Names of the columns, in order; null for the usual ones. */
  readonly columns: readonly string[] | null;
  /** As `--where` and `--sort` have them. */
  readonly where: string | null;
  readonly sort: string | null;
  /** Whether each replicate has a row of its own. */
  readonly replicates?: boolean;
  /** Whether the scatter of λ stands below the table. */
  readonly chart?: boolean;
  /** A file instead of stdout. */
  readonly output: string | null;
}

/** Everything, as `run` prints it. */
export const everything: ResultsChoice = {
  format: null,
  top: null,
  stage: null,
  columns: null,
  where: null,
  sort: null,
  output: null,
};

export interface ResultsSource {
  readonly study: StudyRecord;
  /** With their bits. */
  readonly trials: readonly TrialRecord[];
  /** For what only some formats need. */
  readonly reader: StoreReader;
}

export function writeResults(
  source: ResultsSource,
  choice: ResultsChoice,
  context: Context,
  flags: CommonFlags,
): void {
  const format = formatOf(choice, context);
  const kind = choice.replicates === true ? 'trial' : 'lambda';
  const recomputed = source.reader.recomputed(source.study.spec.study);
  const results = studyResults(source.study, source.trials, kind, recomputed);
  const selected = selectResults(results, selectionOf(results, choice));
  const content = contentOf(source, selected, format, choice, context, flags);
  const chart = choice.chart === true ? chartBelow(results, choice, format, context, flags) : '';
  const whole = chart === '' ? content : `${String(content)}${chart}`;
  writeOutput(choice.output, whole, context.stdout);
}

/** 0; 1 where the study failed or was cancelled; 3 where trials were lost for good or results are disputed. */
export function outcomeCode(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  attempts: readonly AttemptRecord[],
): number {
  if (study.status === 'failed' || study.status === 'cancelled') return exitCode.failed;
  const lost = trials.some((trial) => trial.status === 'failed' && trial.result === null);
  // Where enough workers agreed against the one that differed, the dispute is settled.
  const settled = new Set(
    trials.filter(({ audit }) => audit === 'verified').map(({ id }) => trialName(id)),
  );
  const disputed =
    trials.some(({ audit }) => audit === 'disputed') ||
    attempts.some(
      ({ outcome, trial }) => outcome === 'disputed' && !settled.has(trialName(trial)),
    ) ||
    study.winner?.reproduced === false;
  return lost || disputed ? exitCode.partly : exitCode.done;
}

/** @throws RidgelineError USAGE for a format that needs a file */
function formatOf({ format, output, chart }: ResultsChoice, { stdout }: Context): string {
  if (format === null) return chart === true || (stdout.isTTY && output === null) ? 'table' : 'tsv';
  if (fileFormats.some((known) => known === format) && output === null && stdout.isTTY) {
    throw new RidgelineError(
      'USAGE',
      `A terminal cannot show the format ${format}.`,
      `Name a file, such as -o results.${format === 'parquet' ? 'parquet' : 'log'}, or pipe the output.`,
    );
  }
  return format;
}

function selectionOf({ objective }: StudyResults, choice: ResultsChoice): Selection {
  const { stage, where, sort, top } = choice;
  const fields = chosenFields(objective, null);
  return {
    stage: stage ?? undefined,
    keep: where === null ? undefined : rowTest(where, fields),
    order: sort === null ? undefined : rowOrder(sort, fields),
    top,
  };
}

function contentOf(
  { study, reader }: ResultsSource,
  results: StudyResults,
  format: string,
  { columns }: ResultsChoice,
  context: Context,
  flags: CommonFlags,
): string | Uint8Array {
  switch (format) {
    case 'tsv':
    case 'csv':
      return formatDelimited(results, format, columns);
    case 'json':
      return formatJson(results, columns);
    case 'jsonl':
      return formatJsonl(results, columns);
    case 'markdown':
      return formatMarkdown(results, columns);
    case 'latex':
      return formatLatex(results, columns);
    case 'parquet':
      return formatParquet(results, columns);
    case 'optuna':
      return formatOptuna({
        study,
        results,
        trials: reader.trials(results.study, { curves: true }),
        attempts: reader.attempts(results.study),
      });
    default:
      return formatTables(results, { ...textOptions(context, flags), columns });
  }
}

/** Of every row that was asked for, also where the table shows only the best of them. */
function chartBelow(
  results: StudyResults,
  choice: ResultsChoice,
  format: string,
  context: Context,
  flags: CommonFlags,
): string {
  if (format !== 'table') {
    throw new RidgelineError(
      'USAGE',
      `--chart draws below a table, and the format is ${format}.`,
      'Leave --format out, or draw a file with `ridgeline chart`.',
    );
  }
  const shown = selectResults(results, { ...selectionOf(results, choice), top: null });
  const chart = terminalScatter(shown, textOptions(context, flags));
  return chart === '' ? '' : `\n${chart}`;
}

export function textOptions(context: Context, flags: CommonFlags): TextOptions {
  return {
    width: widthOf(context, context.stdout),
    color: paintFor(context, flags, context.stdout),
    unicode: isUnicode(context),
  };
}

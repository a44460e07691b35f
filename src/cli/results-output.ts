/** Results on their way out: which format, to which stream or file, and what exit code they mean. */
import { writeFileSync } from 'node:fs';
import { RidgelineError, messageOf } from '../base/errors.ts';
import { formatDelimited } from '../report/delimited.ts';
import { formatJson, formatJsonl } from '../report/json.ts';
import { formatLatex } from '../report/latex.ts';
import { formatMarkdown } from '../report/markdown.ts';
import { selectResults, studyResults, type StudyResults } from '../report/study-results.ts';
import { formatTables } from '../report/terminal-table.ts';
import type { StudyRecord } from '../study/study-record.ts';
import { trialName, type AttemptRecord, type TrialRecord } from '../study/trial.ts';
import { isUnicode, paintFor, widthOf, type CommonFlags, type Context } from './context.ts';
import { exitCode } from './exit-codes.ts';

export const resultFormats = ['table', 'tsv', 'csv', 'json', 'jsonl', 'markdown', 'latex'] as const;

export interface ResultsChoice {
  /** Null: a table in a terminal, TSV elsewhere. */
  readonly format: string | null;
  /** The most rows of a stage; null for all. */
  readonly top: number | null;
  readonly stage: string | null;
  /** A file instead of stdout. */
  readonly output: string | null;
}

export function writeResults(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  choice: ResultsChoice,
  context: Context,
  flags: CommonFlags,
): void {
  const format =
    choice.format ?? (context.stdout.isTTY && choice.output === null ? 'table' : 'tsv');
  const results = studyResults(study, trials);
  const text =
    format === 'table'
      ? tables(results, choice, context, flags)
      : fileText(results, choice, format);
  if (choice.output === null) context.stdout.write(text);
  else writeFileOrThrow(choice.output, text);
}

/** 0; 1 where the study failed; 3 where trials were lost for good or results are disputed. */
export function outcomeCode(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  attempts: readonly AttemptRecord[],
): number {
  if (study.status === 'failed') return exitCode.failed;
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

function tables(
  results: StudyResults,
  choice: ResultsChoice,
  context: Context,
  flags: CommonFlags,
): string {
  return formatTables(results, {
    width: widthOf(context, context.stdout),
    color: paintFor(context, flags, context.stdout),
    unicode: isUnicode(context),
    top: choice.top,
    stage: choice.stage ?? undefined,
  });
}

function fileText(results: StudyResults, choice: ResultsChoice, format: string): string {
  const selected = selectResults(results, { stage: choice.stage ?? undefined, top: choice.top });
  switch (format) {
    case 'tsv':
    case 'csv':
      return formatDelimited(selected, format);
    case 'json':
      return formatJson(selected);
    case 'jsonl':
      return formatJsonl(selected);
    case 'markdown':
      return formatMarkdown(selected);
    case 'latex':
      return formatLatex(selected);
    default:
      throw new RidgelineError(
        'USAGE',
        `There is no format ${JSON.stringify(format)}.`,
        `Give one of ${resultFormats.join(', ')}.`,
      );
  }
}

function writeFileOrThrow(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new RidgelineError(
      'OUTPUT_UNWRITABLE',
      `${path} cannot be written: ${messageOf(error)}`,
      'Give another path with -o.',
      { cause: error },
    );
  }
}

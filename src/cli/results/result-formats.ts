/** Result formats: their names, and the endings of their files, without the code that writes them. */
import { extname } from 'node:path';
import { usageError } from '../process/options.ts';

/** Formats of every command that prints results; `results` has the file formats as well. */
export const textFormats = ['table', 'tsv', 'csv', 'json', 'jsonl', 'markdown', 'latex'] as const;
/** Not shown in a terminal. */
const fileFormats = ['parquet', 'optuna'] as const;
export const resultFormats = [...textFormats, ...fileFormats] as const;
/** Formats of `results --curves`. */
const curveFormats = ['tsv', 'csv', 'jsonl', 'parquet'] as const;

/** Formats by the ending of a file. */
const endings: Readonly<Record<string, (typeof resultFormats)[number]>> = {
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.json': 'json',
  '.jsonl': 'jsonl',
  '.parquet': 'parquet',
  '.md': 'markdown',
  '.tex': 'latex',
  '.log': 'optuna',
};

interface FormatFlags {
  readonly format?: string;
  /** A file; absent or `-`: standard output. */
  readonly output?: string;
  /** Whether a chart is drawn below a table. */
  readonly chart?: boolean;
  /** Whether measurements are written, which have no table for people. */
  readonly curves?: boolean;
}

/**
 * The format that is given, else that of the file's ending, else a table in a terminal and TSV elsewhere.
 *
 * @throws RidgelineError USAGE if the format contradicts the ending, or cannot be shown in a terminal
 */
export function chooseFormat(
  { format, output, chart, curves }: FormatFlags,
  { isTTY }: Pick<NodeJS.WriteStream, 'isTTY'>,
): string {
  const isStdout = output === undefined || output === '-';
  const ending = isStdout ? '' : extname(output).toLowerCase();
  const byEnding = endings[ending];
  if (format !== undefined && byEnding !== undefined && format !== byEnding)
    throw usageError(
      `The format is ${format}, but ${output} ends with ${ending}, which means ${byEnding}.`,
      `Leave out --format, or give a file with ${fittingEnding(format)}.`,
    );
  const isTerminal = isTTY && isStdout;
  const isTable = chart === true || (isTerminal && curves !== true);
  const chosen = format ?? byEnding ?? (isTable ? 'table' : 'tsv');
  if (curves === true && !curveFormats.some((known) => known === chosen))
    throw usageError(
      `--curves cannot be written as ${chosen}.`,
      `Use one of the formats ${curveFormats.join(', ')}.`,
    );
  if (isTerminal && fileFormats.some((known) => known === chosen))
    throw usageError(
      `The format ${chosen} cannot be shown in a terminal.`,
      `Give a file, such as -o results${endingFor(chosen) ?? ''}, or pipe the output.`,
    );
  return chosen;
}

function fittingEnding(format: string): string {
  const ending = endingFor(format);
  return ending === undefined ? 'another ending, such as .txt' : `the ending ${ending}`;
}

function endingFor(format: string): string | undefined {
  return Object.keys(endings).find((ending) => endings[ending] === format);
}

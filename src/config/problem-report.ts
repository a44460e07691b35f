/** Problem report: the problems of a text in order of lines, each with its line and a caret. */
import { RidgelineError } from '../base/errors.ts';

export interface LineProblem {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

const problemsMax = 50;
const columnsMax = 100;
/** The parser quotes the text of an error, which may be the rest of the file. */
const messageMax = 200;

/** @param problems in the order in which they are shown; at least one */
export function problemReport(
  file: string,
  text: string,
  problems: readonly LineProblem[],
): RidgelineError {
  const source = text.split(/\r?\n/);
  const places = problems.slice(0, problemsMax).map(({ line, column, message }) => {
    const quoted = source[line - 1] ?? '';
    const from = Math.max(0, Math.min(column - 1 - columnsMax / 2, quoted.length - columnsMax));
    const shown = printable(quoted.slice(from, from + columnsMax));
    const caret = `${' '.repeat(Math.max(0, column - 1 - from))}^`;
    return `  ${file}:${line}:${column}  ${printable(shortened(message))}\n      ${shown}\n      ${caret}`;
  });
  if (problems.length > problemsMax) {
    places.push(`  and ${problems.length - problemsMax} more`);
  }
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new RidgelineError(
    'STUDY_INVALID',
    `${file} has ${count}:\n${places.join('\n')}`,
    'Edit the lines named above; configs/quickstart.yaml is a working example.',
  );
}

function shortened(message: string): string {
  return message.length > messageMax ? `${message.slice(0, messageMax)}…` : message;
}

/** Control characters and changes of writing direction are replaced, so that a file cannot control the terminal. */
function printable(text: string): string {
  return text.replaceAll('\t', ' ').replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{FFFD}');
}

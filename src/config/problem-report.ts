/** Problem report: the error that lists the problems of a text, each with its line and a caret. */
import type { LineCounter } from 'yaml';
import { RidgelineError } from '../base/errors.ts';

/** A problem at an offset into the text. */
export interface TextProblem {
  readonly offset: number;
  readonly message: string;
}

const problemsMax = 50;
const columnsMax = 100;
/** Longest message. The parser quotes the wrong text in its messages, up to the rest of the file. */
const messageMax = 200;

/** @param problems at least one, in any order */
export function problemReport(
  file: string,
  text: string,
  lines: LineCounter,
  problems: readonly TextProblem[],
): RidgelineError {
  const source = text.split(/\r?\n/);
  const sorted = problems.toSorted((a, b) => a.offset - b.offset);
  const places = sorted.slice(0, problemsMax).map(({ offset, message }) => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    const quoted = source[line - 1] ?? '';
    const from = Math.max(0, Math.min(col - 1 - columnsMax / 2, quoted.length - columnsMax));
    const shown = printable(quoted.slice(from, from + columnsMax));
    const caret = `${' '.repeat(Math.max(0, col - 1 - from))}^`;
    const short = message.length > messageMax ? `${message.slice(0, messageMax)}…` : message;
    return `  ${file}:${line}:${col}  ${printable(short)}\n      ${shown}\n      ${caret}`;
  });
  if (problems.length > problemsMax) places.push(`  and ${problems.length - problemsMax} more`);
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new RidgelineError(
    'STUDY_INVALID',
    `${file} has ${count}:\n${places.join('\n')}`,
    'Edit the lines named above; configs/quickstart.yaml is a working example.',
  );
}

/** Replaces control characters, so that a file cannot control the terminal. */
function printable(text: string): string {
  return text.replaceAll('\t', ' ').replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{FFFD}');
}

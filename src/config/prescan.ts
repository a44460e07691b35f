/**
 * Prescan: bounds the depth and size of a YAML text before it is parsed.
 *
 * The parser recurses, and some of its work is quadratic, so a text of a few kilobytes could block the
 * process. The prescan counts marks in one pass, also those inside strings. Its bounds are far above any
 * study and far below the parser's limits; `tree-problems.ts` checks the parsed tree exactly.
 */

import type { TextProblem } from './problem-report.ts';

export const fileBytesMax = 256 * 1024;

/** The parser handles about 1,000 levels; these allow at most 300 in brackets and 160 in other ways. */
const bracketsMax = 300;
const indentationMax = 64;
const dashesMax = 32;
const colonsMax = 64;
const complexKeysMax = 32;
/** Marks that start a new node. */
const marksMax = 5_000;

/** @returns null for a text that may be parsed */
export function prescan(text: string): TextProblem | null {
  if (text.length > fileBytesMax)
    return { offset: 0, message: `the file is longer than ${fileBytesMax} characters` };
  const strayReturn = text.search(/\r(?!\n)/);
  if (strayReturn !== -1)
    return { offset: strayReturn, message: 'a carriage return without a line feed' };
  let [brackets, complexKeys, marks] = [0, 0, 0];
  for (let start = 0; start < text.length;) {
    const lineFeed = text.indexOf('\n', start);
    const end = lineFeed === -1 ? text.length : lineFeed;
    const line = text.slice(start, end);
    const offset = start;
    start = end + 1;
    // Such a line is a comment or inside a string, never structure.
    const isComment = /^[ \t]*#/.test(line);
    marks += 1 + (isComment ? 0 : count(line, /[^\w\s.+()/;=~$<^\\-]/g));
    if (marks > marksMax) return { offset, message: 'too many lines and entries for a study' };
    if (isComment) continue;
    if (line.search(/[^ ]/) > indentationMax)
      return { offset, message: `indented by more than ${indentationMax} spaces` };
    brackets += count(line, /[[{]/g);
    complexKeys += count(line, /\?(?=\s|$)/g);
    if (
      brackets > bracketsMax ||
      count(line, /-(?=\s|$)/g) > dashesMax ||
      count(line, /:(?=\s|$)/g) > colonsMax
    ) {
      return { offset, message: 'nested too deep: a study has 5 levels' };
    }
    if (complexKeys > complexKeysMax) return { offset, message: 'keys with "?" are not supported' };
  }
  return null;
}

function count(line: string, pattern: RegExp): number {
  return line.match(pattern)?.length ?? 0;
}

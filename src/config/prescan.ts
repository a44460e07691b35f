/**
 * A look at a YAML text before any parser sees it. The parser recurses, and some of its work grows with
 * the square of what it reads: a text of a few kilobytes could stop the process for good. So depth and
 * size are bounded here, by counting, in one pass.
 *
 * Counting does not understand YAML: it takes what stands in texts for structure. So its bounds lie far
 * above any study and far below what the parser bears; the tree is judged exactly, afterwards
 * (`tree-problems.ts`).
 */

/** Where and why a text is refused; null for one that may be parsed. */
export interface Refusal {
  readonly offset: number;
  readonly message: string;
}

export const fileBytesMax = 256 * 1024;

/** The parser bears about 1,000 levels; these give at most 300 in brackets and 160 in all other ways. */
const bracketsMax = 300;
const indentationMax = 64;
const dashesMax = 32;
const colonsMax = 64;
const complexKeysMax = 32;
/** Everything that makes the parser begin something new. */
const marksMax = 5_000;

export function prescan(text: string): Refusal | null {
  if (text.length > fileBytesMax) {
    return { offset: 0, message: `the file is longer than ${fileBytesMax} characters` };
  }
  const strayReturn = text.search(/\r(?!\n)/);
  if (strayReturn !== -1) {
    return { offset: strayReturn, message: 'a carriage return without a line feed' };
  }
  let [brackets, complexKeys, marks] = [0, 0, 0];
  for (let start = 0; start < text.length;) {
    const lineFeed = text.indexOf('\n', start);
    const end = lineFeed === -1 ? text.length : lineFeed;
    const line = text.slice(start, end);
    const offset = start;
    start = end + 1;
    // A line that begins so is a comment or lies inside a text; never structure.
    const isComment = /^[ \t]*#/.test(line);
    marks += 1 + (isComment ? 0 : count(line, /[^\w\s.+()/;=~$<^\\-]/g));
    if (marks > marksMax) return { offset, message: 'too many lines and entries for a study' };
    if (isComment) continue;
    if (line.search(/[^ ]/) > indentationMax) {
      return { offset, message: `indented by more than ${indentationMax} spaces` };
    }
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

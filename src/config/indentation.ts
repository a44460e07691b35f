/**
 * Indentation: finds the first line of a YAML text that is indented like none of its neighbours. The parser
 * reports several errors further down for such a line, and none of them says what to change.
 *
 * A heuristic for texts that the parser has rejected: it knows mappings and lists over several lines. Lines
 * with tabs, within brackets, in quotes over several lines and block texts are not followed, so it may find
 * nothing.
 */
import type { TextProblem } from './problem-report.ts';

/** @returns null if every line is indented like a neighbour */
export function indentationProblem(text: string): TextProblem | null {
  /** Columns of the open levels, outermost first. */
  const levels: number[] = [];
  let offset = 0;
  let opensLevel = true;
  for (const line of text.split('\n')) {
    const content = line.replace(/(?:^|\s)#.*$/, '').trimEnd();
    const column = content.search(/\S/);
    if (column >= 0) {
      if (/^ *\t/.test(line) || /[[{|>"'][^\]}"']*$/.test(content)) return null;
      while (levels.length > 0 && column < (levels.at(-1) ?? 0)) levels.pop();
      const level = levels.at(-1);
      if (level === undefined ? column > 0 : column > level && !opensLevel)
        return { offset: offset + column, message: message(column, level ?? 0) };
      if (level === undefined || column > level) levels.push(column);
      // The content of a list's item is a level as well.
      const item = /^\s*-\s+(?=\S)/.exec(content)?.[0].length;
      if (item !== undefined) levels.push(item);
      opensLevel = content.endsWith(':') || content.endsWith('-');
    }
    offset += line.length + 1;
  }
  return null;
}

function message(column: number, level: number): string {
  const spaces = (count: number): string => `${count} space${count === 1 ? '' : 's'}`;
  return `this line is indented by ${spaces(column)}, and the lines that it belongs to by ${level}: indent it like them`;
}

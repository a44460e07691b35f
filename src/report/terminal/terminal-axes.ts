/** The axes of a terminal chart: labels on the left and below, and the frame between them and the chart. */
import { displayWidth } from '../text/display-width.ts';
import { printable, type TextOptions } from '../text/text-options.ts';
import type { Canvas } from './terminal-canvas.ts';

export interface AxisLabel {
  /** Position of the label: 0 is the start of the axis, 1 its end. */
  readonly at: number;
  readonly text: string;
}

export interface Axes {
  readonly canvas: Canvas;
  readonly columns: number;
  readonly rows: number;
  readonly left: readonly AxisLabel[];
  readonly leftWidth: number;
  readonly below: readonly AxisLabel[];
  /** False if the chart below has the same axis. */
  readonly isLabelled?: boolean;
  /** A part of the axis with a heavier line. */
  readonly heavy?: { readonly from: number; readonly to: number } | null;
}

export function axesLines(axes: Axes, options: TextOptions): string[] {
  const { columns, rows, left, leftWidth } = axes;
  const symbols = options.unicode
    ? { side: '│', tick: '┤', corner: '└', line: '─', mark: '┬', heavy: '━' }
    : { side: '|', tick: '+', corner: '+', line: '-', mark: '+', heavy: '=' };
  const byRow = new Map(left.map(({ at, text }) => [Math.round((1 - at) * (rows - 1)), text]));
  const body = axes.canvas.lines(options).map((line, row) => {
    const label = byRow.get(row);
    const start = `${(label ?? '').padStart(leftWidth)} ${label === undefined ? symbols.side : symbols.tick}`;
    return `${options.color('dim', start)}${line}`.trimEnd();
  });
  const cell = (at: number): number => Math.round(at * (columns - 1));
  const rule: string[] = Array.from({ length: columns }, () => symbols.line);
  if (axes.heavy) rule.fill(symbols.heavy, cell(axes.heavy.from), cell(axes.heavy.to) + 1);
  for (const { at } of axes.below) rule[cell(at)] = symbols.mark;
  const indent = ' '.repeat(leftWidth + 1);
  const below = [`${indent}${symbols.corner}${rule.join('')}`];
  if (axes.isLabelled !== false)
    below.push(`${indent} ${labelLine(axes.below, columns)}`.trimEnd());
  return [...body, ...below.map((line) => options.color('dim', line))];
}

/** Labels centred under their places, without those that would touch the label before them. */
function labelLine(labels: readonly AxisLabel[], columns: number): string {
  let line = '';
  for (const { at, text } of labels) {
    const place = Math.round(at * (columns - 1));
    const start = Math.max(0, Math.min(columns - text.length, place - Math.floor(text.length / 2)));
    if (line !== '' && start < line.length + 2) continue;
    line = line.padEnd(start) + text;
  }
  return line;
}

/** A legend on as few lines as it needs. */
export function legendLines(
  items: readonly { readonly sign: string; readonly text: string }[],
  width: number,
  options: TextOptions,
): string[] {
  const lines: string[] = [];
  let left = 0;
  for (const { sign, text } of items) {
    const words = printable(text, options);
    const needed = 2 + displayWidth(words);
    const last = lines.length - 1;
    if (last >= 0 && 3 + needed <= left) {
      lines[last] += `   ${sign} ${words}`;
      left -= 3 + needed;
    } else {
      lines.push(`${sign} ${words}`);
      left = width - needed;
    }
  }
  return lines;
}

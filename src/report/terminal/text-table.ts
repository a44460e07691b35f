/**
 * A table for a terminal: columns that fit the width, rows that are never wrapped.
 *
 * Where the columns are too wide together, short headings are used first, then long texts are cut
 * with an ellipsis, then whole columns are left out, the least important first, and named below the
 * table: nothing disappears silently. Names that one has to type are cut only when nothing else can go.
 */
import Table from 'cli-table3';
import { assert } from '../../base/assert.ts';
import { displayWidth, fitText, wrapText } from '../text/display-width.ts';
import { ellipsisOf, shown, widthOf, type Style, type TextOptions } from '../text/text-options.ts';

export interface Column<Row> {
  readonly head: string;
  /** The heading where room is scarce. */
  readonly short?: string;
  readonly align: 'left' | 'right';
  /** The lowest goes first where not all fit; null stays always. */
  readonly importance: number | null;
  /**
   * A text that may be cut down to so many columns, losing its end or its start. One that has to be typed
   * again is cut last, when every column that can go has gone.
   */
  readonly shrink?: {
    readonly widthMin: number;
    readonly lost: 'end' | 'start';
    readonly isTyped?: boolean;
  };
  /** Null: nothing known. */
  readonly cell: (row: Row) => string | null;
  readonly style?: (row: Row) => Style | null;
}

interface Grid {
  readonly lines: string[];
  /** Headings of the columns that did not fit. */
  readonly dropped: readonly string[];
}

interface LaidOut<Row> {
  readonly column: Column<Row>;
  readonly head: string;
  readonly cells: readonly string[];
  readonly width: number;
}

function renderGrid<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TextOptions,
): Grid {
  const natural = columns.map((column): LaidOut<Row> => {
    const cells = rows.map((row) => shown(column.cell(row) ?? '-', options));
    const head = shown(column.head, options);
    return { column, head, cells, width: widest(head, cells) };
  });
  const { kept, dropped } = fitColumns(natural, options);
  return { lines: draw(kept, rows, options), dropped: dropped.map(({ head }) => head) };
}

/** The table's lines, and below them which columns did not fit. */
export function gridLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TextOptions,
): string[] {
  const { lines, dropped } = renderGrid(columns, rows, options);
  if (dropped.length === 0) return lines;
  const note = wrapText(
    shown(`  not shown at this width: ${dropped.join(', ')}`, options),
    widthOf(options),
    '  ',
  );
  return [...lines, ...note.map((line) => options.color('dim', line))];
}

/** Sentences that belong to rows: below the table they are whole, where a column would cut them. */
export function reasonLines(
  rows: readonly { readonly name: string; readonly reason: string | null }[],
  options: TextOptions,
): string[] {
  return rows.flatMap(({ name, reason }) =>
    reason === null
      ? []
      : wrapText(shown(`  ${name}: ${reason}`, options), widthOf(options), '    '),
  );
}

function widest(head: string, cells: readonly string[]): number {
  let width = displayWidth(head);
  for (const cell of cells) width = Math.max(width, displayWidth(cell));
  return width;
}

/** Two columns of padding each, and a line between and around them. */
function totalWidth<Row>(columns: readonly LaidOut<Row>[]): number {
  return columns.reduce((sum, column) => sum + column.width + 3, 1);
}

function fitColumns<Row>(
  natural: readonly LaidOut<Row>[],
  options: TextOptions,
): { kept: LaidOut<Row>[]; dropped: LaidOut<Row>[] } {
  const width = widthOf(options);
  if (totalWidth(natural) <= width) return { kept: [...natural], dropped: [] };
  let kept = natural.map((item): LaidOut<Row> => {
    const head = shown(item.column.short ?? item.column.head, options);
    return { ...item, head, width: widest(head, item.cells) };
  });
  const dropped: LaidOut<Row>[] = [];
  for (;;) {
    const shrunk = shrinkTexts(kept, width, options, (item) =>
      item.column.shrink?.isTyped === true ? item.width : leastWidth(item),
    );
    if (totalWidth(shrunk) <= width) return { kept: shrunk, dropped };
    const least = leastImportant(kept);
    if (least === null) break;
    dropped.push(natural[natural.findIndex(({ column }) => column === least.column)] ?? least);
    kept = kept.filter((item) => item !== least);
  }
  const cutNames = shrinkTexts(kept, width, options, leastWidth);
  const isEnough = totalWidth(cutNames) <= width;
  const forced = isEnough ? cutNames : shrinkTexts(kept, width, options, () => 1);
  assert(totalWidth(forced) <= width, 'the columns that always stay fit once their names are cut');
  return { kept: forced, dropped };
}

function leastWidth<Row>({ column, width }: LaidOut<Row>): number {
  return column.shrink?.widthMin ?? width;
}

function leastImportant<Row>(columns: readonly LaidOut<Row>[]): LaidOut<Row> | null {
  let least: LaidOut<Row> | null = null;
  for (const item of columns) {
    const { importance } = item.column;
    if (importance !== null && importance < (least?.column.importance ?? Infinity)) least = item;
  }
  return least;
}

/** Cuts texts, always the widest by one, until the table fits or all are at their least. */
function shrinkTexts<Row>(
  columns: readonly LaidOut<Row>[],
  width: number,
  options: TextOptions,
  widthMinOf: (item: LaidOut<Row>) => number,
): LaidOut<Row>[] {
  const widths = columns.map((item) => item.width);
  for (let excess = totalWidth(columns) - width; excess > 0; excess--) {
    let chosen = -1;
    for (const [index, item] of columns.entries()) {
      const own = widths[index] ?? 0;
      const canShrink = item.column.shrink !== undefined && own > Math.max(1, widthMinOf(item));
      if (canShrink && own > (widths[chosen] ?? 0)) chosen = index;
    }
    if (chosen === -1) break;
    widths[chosen] = (widths[chosen] ?? 0) - 1;
  }
  return columns.map((item, index) => {
    const own = widths[index] ?? item.width;
    return own < item.width ? cut(item, own, options) : item;
  });
}

function cut<Row>(item: LaidOut<Row>, width: number, options: TextOptions): LaidOut<Row> {
  const lost = item.column.shrink?.lost ?? 'end';
  const ellipsis = ellipsisOf(options);
  return {
    column: item.column,
    head: fitText(item.head, width, ellipsis, 'end'),
    cells: item.cells.map((cell) => fitText(cell, width, ellipsis, lost)),
    width,
  };
}

/**
 * The table library draws the frame, the headings and one row of dots; every row is that row with its
 * cells in place of the dots. The library alone would take time with the square of the rows, and
 * measures some scripts otherwise than terminals do.
 */
function draw<Row>(
  columns: readonly LaidOut<Row>[],
  rows: readonly Row[],
  options: TextOptions,
): string[] {
  const table = new Table({
    head: columns.map((item) => options.color('bold', item.head)),
    chars: options.unicode ? {} : asciiRules,
    // Empty lists: the library paints by default, and looks at no stream before it does.
    style: { head: [], border: [] },
    colWidths: columns.map((item) => item.width + 2),
    colAligns: columns.map((item) => item.column.align),
  });
  table.push(columns.map((item) => '.'.repeat(item.width)));
  const [top = '', head = '', rule = '', dots = '', bottom = ''] = table.toString().split('\n');
  const lines = rows.map((row, index) => {
    const cells = columns.map((item) => paddedCell(item, row, index, options)).values();
    return dots.replaceAll(/\.+/g, () => cells.next().value ?? '');
  });
  return [top, head, rule, ...lines, bottom];
}

function paddedCell<Row>(
  { column, cells, width }: LaidOut<Row>,
  row: Row,
  index: number,
  options: TextOptions,
): string {
  const text = cells[index] ?? '';
  const style = column.style?.(row) ?? null;
  const painted = style === null ? text : options.color(style, text);
  const padding = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return column.align === 'right' ? padding + painted : painted + padding;
}

const asciiRules = {
  top: '-',
  'top-mid': '+',
  'top-left': '+',
  'top-right': '+',
  bottom: '-',
  'bottom-mid': '+',
  'bottom-left': '+',
  'bottom-right': '+',
  mid: '-',
  'mid-mid': '+',
  'left-mid': '+',
  'right-mid': '+',
  left: '|',
  right: '|',
  middle: '|',
};

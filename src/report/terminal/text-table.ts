/**
 * Text table: a table for a terminal, with columns that fit the width and rows that are never wrapped.
 *
 * If the columns are too wide, headings become short, then long texts are cut, then columns are removed and
 * listed below the table, the least important first. Names that a user types are cut last.
 */
import {
  formatParam,
  parameterSymbol,
  type NumberStyles,
  type Params,
} from '../../study/search-space.ts';
import { displayWidth, fitText } from '../text/display-width.ts';
import {
  ellipsis,
  paragraph,
  printable,
  textWidth,
  type Style,
  type TextOptions,
} from '../text/text-options.ts';

export interface Column<Row> {
  readonly head: string;
  /** The heading if the table is too wide. */
  readonly short?: string;
  readonly align: 'left' | 'right';
  /** The column with the lowest importance is removed first; null: never removed. */
  readonly importance: number | null;
  /** How far a text may be cut, and whether its end or its start is lost. */
  readonly shrink?: {
    readonly widthMin: number;
    readonly lost: 'end' | 'start';
    readonly isTyped?: boolean;
  };
  /** Text of the cell; null if unknown. */
  readonly cell: (row: Row) => string | null;
  readonly style?: (row: Row) => Style | null;
}

/** A name that a user types is cut to this width before a column is removed: one long name concerns one row. */
const typedKept = 32;

type Cell<Row> = (row: Row) => string | null;

/** A column of text that may be cut. */
export function textColumn<Row>(
  head: string,
  importance: number | null,
  cell: Cell<Row>,
  more: Partial<Column<Row>> = {},
): Column<Row> {
  return { head, align: 'left', importance, shrink: { widthMin: 8, lost: 'end' }, cell, ...more };
}

/** A column of names that a user types in other commands. */
export function nameColumn<Row>(
  head: string,
  importance: number | null,
  cell: Cell<Row>,
): Column<Row> {
  const shrink = { widthMin: 8, lost: 'end', isTyped: true } as const;
  return textColumn(head, importance, cell, { shrink });
}

export function numberColumn<Row>(
  head: string,
  importance: number | null,
  cell: Cell<Row>,
  more: Partial<Column<Row>> = {},
): Column<Row> {
  return { head, align: 'right', importance, cell, ...more };
}

interface LaidOut<Row> {
  readonly column: Column<Row>;
  readonly head: string;
  readonly cells: readonly string[];
  readonly width: number;
}

/** One column for each parameter that a row has, named by its symbol. @param toStyles of the row's study */
export function parameterColumns<Row>(
  rows: readonly Row[],
  importance: number | null,
  toParams: (row: Row) => Params | null,
  toStyles: (row: Row) => NumberStyles,
): Column<Row>[] {
  const names = new Set(rows.flatMap((row) => Object.keys(toParams(row) ?? {})));
  return [...names].map((name) =>
    numberColumn(parameterSymbol(name), importance, (row) => {
      const value = toParams(row)?.[name];
      return value === undefined ? null : formatParam(value, toStyles(row)[name]);
    }),
  );
}

/** The table's lines, and below them the columns that did not fit. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TextOptions,
): string[] {
  const { tables, note } = alignedTables(columns, [rows], options);
  return [...tables.flat(), ...note];
}

/** Tables with the same columns and widths, and a note on the columns that did not fit. */
export function alignedTables<Row>(
  columns: readonly Column<Row>[],
  groups: readonly (readonly Row[])[],
  options: TextOptions,
): { readonly tables: readonly string[][]; readonly note: string[] } {
  const rows = groups.flat();
  const natural = columns.map((column): LaidOut<Row> => {
    const cells = rows.map((row) => printable(column.cell(row) ?? '-', options));
    const head = printable(column.head, options);
    return { column, head, cells, width: widest(head, cells) };
  });
  const { kept, dropped } = fitColumns(natural, options);
  let first = 0;
  const tables = groups.map((group) => {
    const part = kept.map((item) => ({ ...item, cells: item.cells.slice(first) }));
    first += group.length;
    return draw(part, group, options);
  });
  if (dropped.length === 0) return { tables, note: [] };
  const heads = dropped.map(({ head }) => head).join(', ');
  const note = `  not shown at this width: ${heads}; --format json has all values`;
  return { tables, note: paragraph(note, options, 'dim') };
}

/** Sentences about rows, printed below the table in full; a column would cut them. */
export function reasonLines(
  rows: readonly { readonly name: string; readonly reason: string | null }[],
  options: TextOptions,
): string[] {
  return rows.flatMap(({ name, reason }) =>
    reason === null ? [] : paragraph(`  ${name}: ${reason}`, options, null, '    '),
  );
}

function widest(head: string, cells: readonly string[]): number {
  return cells.reduce((width, cell) => Math.max(width, displayWidth(cell)), displayWidth(head));
}

/** Two columns of padding each, and a line between and around them. */
function totalWidth<Row>(columns: readonly LaidOut<Row>[]): number {
  return columns.reduce((sum, column) => sum + column.width + 3, 1);
}

function fitColumns<Row>(
  natural: readonly LaidOut<Row>[],
  options: TextOptions,
): { kept: LaidOut<Row>[]; dropped: LaidOut<Row>[] } {
  const width = textWidth(options);
  if (totalWidth(natural) <= width) return { kept: [...natural], dropped: [] };
  let kept = natural.map((item): LaidOut<Row> => {
    const head = printable(item.column.short ?? item.column.head, options);
    return { ...item, head, width: widest(head, item.cells) };
  });
  const dropped: LaidOut<Row>[] = [];
  for (;;) {
    const shrunk = shrinkTexts(kept, width, options, (item) =>
      item.column.shrink?.isTyped === true ? Math.min(item.width, typedKept) : leastWidth(item),
    );
    if (totalWidth(shrunk) <= width) return { kept: shrunk, dropped };
    const least = leastImportant(kept);
    if (least === undefined) break;
    dropped.push(natural.find(({ column }) => column === least.column) ?? least);
    kept = kept.filter((item) => item !== least);
  }
  const cutNames = shrinkTexts(kept, width, options, leastWidth);
  const isEnough = totalWidth(cutNames) <= width;
  const forced = isEnough ? cutNames : shrinkTexts(kept, width, options, () => 1);
  // Still too wide for a very narrow terminal: it wraps the lines.
  return { kept: forced, dropped };
}

function leastWidth<Row>({ column, width }: LaidOut<Row>): number {
  return column.shrink?.widthMin ?? width;
}

function leastImportant<Row>(columns: readonly LaidOut<Row>[]): LaidOut<Row> | undefined {
  return columns
    .filter(({ column }) => column.importance !== null)
    .toSorted((a, b) => (a.column.importance ?? 0) - (b.column.importance ?? 0))[0];
}

/** Cuts the widest text by one column until the table fits or every text has its least width. */
function shrinkTexts<Row>(
  columns: readonly LaidOut<Row>[],
  width: number,
  options: TextOptions,
  toWidthMin: (item: LaidOut<Row>) => number,
): LaidOut<Row>[] {
  const widths = columns.map((item) => item.width);
  for (let excess = totalWidth(columns) - width; excess > 0; excess--) {
    let chosen = -1;
    for (const [index, item] of columns.entries()) {
      const own = widths[index] ?? 0;
      const canShrink = item.column.shrink !== undefined && own > Math.max(1, toWidthMin(item));
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
  const dots = ellipsis(options);
  const cells = item.cells.map((cell) => fitText(cell, width, dots, lost));
  return { ...item, head: fitText(item.head, width, dots, 'end'), cells, width };
}

function draw<Row>(
  columns: readonly LaidOut<Row>[],
  rows: readonly Row[],
  options: TextOptions,
): string[] {
  const [line, side, top, middle, bottom] = options.unicode ? boxFrame : asciiFrame;
  const rule = ([left = '', between = '', right = '']: string): string =>
    `${left}${columns.map(({ width }) => line.repeat(width + 2)).join(between)}${right}`;
  const join = (toCell: (item: LaidOut<Row>) => string): string =>
    `${side} ${columns.map(toCell).join(` ${side} `)} ${side}`;
  return [
    rule(top),
    join((item) => pad(item, item.head, 'bold', options)),
    rule(middle),
    ...rows.map((row, index) =>
      join((item) => pad(item, item.cells[index] ?? '', item.column.style?.(row) ?? null, options)),
    ),
    rule(bottom),
  ];
}

function pad<Row>(
  { column, width }: LaidOut<Row>,
  text: string,
  style: Style | null,
  options: TextOptions,
): string {
  const painted = style === null ? text : options.color(style, text);
  const padding = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return column.align === 'right' ? padding + painted : painted + padding;
}

/** A line, a side, and the corners of the upper, middle and lower rule. */
const boxFrame = ['─', '│', '┌┬┐', '├┼┤', '└┴┘'] as const;
const asciiFrame = ['-', '|', '+++', '+++', '+++'] as const;

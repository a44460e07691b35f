/**
 * Canvas of characters for terminal charts: marks in cells, and lines in braille with 2 × 4 dots per cell, or
 * one character per cell in ASCII. A mark replaces the content of its cell; lines in one cell share its dots.
 *
 * Coordinates are shares of the canvas: (0, 0) is the lower left corner, (1, 1) the upper right one.
 */
import type { Style, TextOptions } from '../text/text-options.ts';

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Canvas {
  /** One character in the cell at this place; none outside the canvas. */
  mark(place: Place, character: string, style: Style | null): void;
  /** A name of the cell at this place: two marks with the same name cover each other. */
  cell(place: Place): string;
  /** A straight line. @param ascii its character in an ASCII terminal */
  line(from: Place, to: Place, style: Style | null, ascii: string): void;
  /** Top row first; each exactly as wide as the canvas. */
  lines(options: TextOptions): string[];
}

interface Cell {
  character: string;
  /** Bits of the braille dots; 0 for a mark. */
  dots: number;
  style: Style | null;
}

/** By column, then row from the top: the bits of Unicode's braille block, which starts at U+2800. */
const dotBits = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
const brailleStart = 0x2800;

export function createCanvas(columns: number, rows: number, isUnicode: boolean): Canvas {
  const cells = Array.from({ length: rows }, () =>
    Array.from({ length: columns }, (): Cell => ({ character: ' ', dots: 0, style: null })),
  );
  const [dotsX, dotsY] = isUnicode ? [2, 4] : [1, 1];
  const width = columns * dotsX;
  const height = rows * dotsY;

  /** The nearest dot, counted from the upper left; may be outside. */
  function toDot({ x, y }: Place): readonly [number, number] {
    return [Math.round(x * (width - 1)), Math.round((1 - y) * (height - 1))];
  }

  /** Undefined outside of the canvas. */
  function cellAt(x: number, y: number): Cell | undefined {
    return cells[Math.floor(y / dotsY)]?.[Math.floor(x / dotsX)];
  }

  function plot(x: number, y: number, style: Style | null, ascii: string): void {
    const cell = cellAt(x, y);
    if (cell === undefined) return;
    cell.style = style;
    if (!isUnicode) cell.character = ascii;
    else cell.dots |= dotBits[x % 2 === 0 ? 0 : 1][y % 4] ?? 0;
  }

  return {
    mark(place, character, style) {
      Object.assign(cellAt(...toDot(place)) ?? {}, { character, style, dots: 0 });
    },
    cell(place) {
      const [x, y] = toDot(place);
      return `${Math.floor(x / dotsX)} ${Math.floor(y / dotsY)}`;
    },
    line(from, to, style, ascii) {
      const [fromX, fromY] = toDot(from);
      const [toX, toY] = toDot(to);
      const count = Math.max(Math.abs(toX - fromX), Math.abs(toY - fromY), 1);
      for (let i = 0; i <= count; i++) {
        const x = Math.round(fromX + (i / count) * (toX - fromX));
        const y = Math.round(fromY + (i / count) * (toY - fromY));
        plot(x, y, style, ascii);
      }
    },
    lines: (options) => cells.map((row) => rowText(row, options)),
  };
}

/** Adjacent cells of one style are painted together. */
function rowText(row: readonly Cell[], options: TextOptions): string {
  let text = '';
  let run = '';
  let style: Style | null = null;
  const flush = (): void => {
    text += style === null || run.trim() === '' ? run : options.color(style, run);
    run = '';
  };
  for (const cell of row) {
    const character =
      cell.dots === 0 ? cell.character : String.fromCodePoint(brailleStart + cell.dots);
    if (cell.style !== style && character !== ' ') {
      flush();
      style = cell.style;
    }
    run += character;
  }
  flush();
  return text;
}

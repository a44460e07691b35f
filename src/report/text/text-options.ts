/**
 * Text options: how text for a terminal looks. The owner of the stream decides on colours and width and
 * passes them in; this module reads no environment. Colours never carry meaning alone.
 */
import { fitText, wrapText } from './display-width.ts';
import { asciiText, foreignText } from './escape-terminal.ts';

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';

export interface TextOptions {
  /** Columns of the terminal. Text is laid out for at least 30: the terminal wraps longer lines. */
  readonly width: number;
  /** Returns the text, painted or not. */
  readonly color: (style: Style, text: string) => string;
  /** False for a terminal whose locale shows ASCII only. */
  readonly unicode: boolean;
}

export function textWidth(options: TextOptions): number {
  return Math.max(30, options.width);
}

/** Any text, escaped so that the terminal prints it and executes no control sequence. */
export function printable(text: string, options: TextOptions): string {
  const safe = foreignText(text);
  return options.unicode ? safe : asciiText(safe);
}

/** One line: escaped, and cut to the width. */
export function oneLine(text: string, options: TextOptions): string {
  return fitText(printable(text, options), textWidth(options), ellipsis(options), 'end');
}

/** A sentence on as many lines as it needs: escaped, wrapped, later lines indented, painted. */
export function paragraph(
  text: string,
  options: TextOptions,
  style: Style | null = null,
  indent = '  ',
): string[] {
  const lines = wrapText(printable(text, options), textWidth(options), indent);
  return style === null ? lines : lines.map((line) => options.color(style, line));
}

export function ellipsis(options: TextOptions): string {
  return options.unicode ? '…' : '...';
}

/** A bar that is filled to `share`: in ASCII, brackets enclose it. */
export function progressBar(share: number, columns: number, { unicode }: TextOptions): string {
  const filled = Math.round(columns * share);
  return unicode
    ? '█'.repeat(filled) + '░'.repeat(columns - filled)
    : `[${'#'.repeat(filled)}${'.'.repeat(columns - filled)}]`;
}

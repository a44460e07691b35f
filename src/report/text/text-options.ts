/**
 * How text for a terminal is to look. Colours and width are decided by whoever owns the stream and
 * handed in; nothing here looks at an environment. Meaning is never in the colour alone.
 */
import { asciiText, foreignText } from './escape-terminal.ts';

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';

/** Returns the text, painted or not. */
type Paint = (style: Style, text: string) => string;

export interface TextOptions {
  /** Columns of the terminal. Below 40 the text is laid out for 40. */
  readonly width: number;
  readonly color: Paint;
  /** False where the terminal's locale shows ASCII only. */
  readonly unicode: boolean;
}

const widthMin = 40;

export function widthOf(options: TextOptions): number {
  return Math.max(widthMin, options.width);
}

/** Any text, ours or foreign, as this terminal can show it and cannot be harmed by it. */
export function shown(text: string, options: TextOptions): string {
  const safe = foreignText(text);
  return options.unicode ? safe : asciiText(safe);
}

export function ellipsisOf(options: TextOptions): string {
  return options.unicode ? '…' : '...';
}

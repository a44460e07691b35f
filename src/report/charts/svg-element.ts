/** SVG element: creates one with its attributes and its text. */
import { foreignText } from '../text/escape-terminal.ts';
import type { ChartDocument, ChartElement } from './chart-style.ts';

export type Attributes = Readonly<Record<string, string | number>>;

/** @param text is escaped, so that the file is well-formed */
export function element(
  document: ChartDocument,
  name: string,
  attributes: Attributes,
  text?: string,
): ChartElement {
  const made: ChartElement = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = foreignText(text);
  return made;
}

/**
 * Charts without a browser: linkedom lends the document, and the SVG comes out as text.
 *
 * Loading this costs a fifth of a second (Plot and linkedom), so commands import it when they draw.
 * The page of the dashboard has a document of its own and does not import it.
 */
import { parseHTML } from 'linkedom';
import type { ChartDocument, ChartElement } from './chart-style.ts';

/** Draws with a document that exists for this one chart. */
export function svgText(draw: (document: ChartDocument) => ChartElement): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = draw(document);
  return `${String(svg.outerHTML)}\n`;
}

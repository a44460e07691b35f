/**
 * Charts without a browser: linkedom lends the document, and the SVG comes out as text.
 *
 * Loading this costs some tenths of a second (Plot and linkedom), so commands import it when they draw.
 * The page of the dashboard has a document of its own and does not import it.
 */
import { parseHTML } from 'linkedom';
import type { ChartDocument, ChartElement } from './chart-style.ts';

/** A document to draw with; nothing is put into it. */
export function chartDocument(): ChartDocument {
  return parseHTML('<!doctype html><html><body></body></html>').document;
}

/** The chart as an SVG file's text. */
export function svgText(draw: (document: ChartDocument) => ChartElement): string {
  return `${String(draw(chartDocument()).outerHTML)}\n`;
}

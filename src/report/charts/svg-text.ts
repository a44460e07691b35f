/**
 * Charts as text, without a browser: linkedom provides the document.
 *
 * Loading this module takes some tenths of a second (Plot and linkedom), so commands import it only to draw.
 * The dashboard's page has a document and does not import it.
 */
import { parseHTML } from 'linkedom';
import type { ChartDocument, ChartElement } from './chart-style.ts';

/** A document to create elements with; nothing is added to it. */
export function chartDocument(): ChartDocument {
  return parseHTML('<!doctype html><html><body></body></html>').document;
}

/** The chart as an SVG file's text. */
export function svgText(draw: (document: ChartDocument) => ChartElement): string {
  return `${String(draw(chartDocument()).outerHTML)}\n`;
}

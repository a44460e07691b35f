/**
 * Charts as text, without a browser: linkedom provides the document. Loading it takes some tenths of a second,
 * so commands import this module only to draw.
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

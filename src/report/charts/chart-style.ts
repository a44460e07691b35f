/**
 * How charts look: colours, shapes, sizes, and the two places they are drawn for.
 *
 * Colours are those of Okabe and Ito's colour-blind-safe set that have a contrast of at least 3 : 1
 * on white and on the dark page alike, so that one drawing does for both. A colour never stands
 * alone: series differ in shape or dash too, so that charts survive a black-and-white printer.
 */
import type * as Plot from '@observablehq/plot';

/** A document that makes SVG elements: the browser's, or linkedom's on the server. Plot's own type. */
export type ChartDocument = NonNullable<Plot.PlotOptions['document']>;

/** An SVG element of such a document. */
export type ChartElement = ReturnType<ChartDocument['createElementNS']>;

/** What a chart takes from the place where it will stand. */
export interface ChartTheme {
  /** Behind labels that cross lines; also behind everything where `isFile`. */
  readonly background: string;
  readonly fontFamily: string;
  /** Files bring their own background, ink and size; a page gives them. */
  readonly isFile: boolean;
}

/** For SVG and PNG files. Verdana has the proportions of DejaVu Sans, for readers without it. */
export const fileTheme: ChartTheme = {
  background: '#ffffff',
  fontFamily: "'DejaVu Sans', Verdana, sans-serif",
  isFile: true,
};

/** For a page with light and dark colours of its own: it defines `--surface` and sets `color`. */
export const pageTheme: ChartTheme = {
  background: 'var(--surface)',
  fontFamily: 'inherit',
  isFile: false,
};

export const ink = '#1a1a1a';
export const chartWidth = 760;
export const fontSize = 12;
/** Of secondary lines and words, against `currentColor`. */
export const faint = 0.55;

export const blue = '#0072B2';
export const vermilion = '#D55E00';
export const green = '#009E73';
export const purple = '#CC79A7';

/** For pages: on a dark surface blue is drawn in the set's lighter blue, which is easier to see there. */
export const darkChartRules = `@media screen and (prefers-color-scheme: dark) { svg [fill='${blue}'] { fill: #56b4e9; } svg [stroke='${blue}'] { stroke: #56b4e9; } }`;

/** By series: the first is the most common case, and so on. After the last it starts again. */
const palette = [blue, vermilion, green, purple] as const;
const shapes = ['circle', 'triangle', 'diamond2', 'square2'] as const;
export type Shape = (typeof shapes)[number];

export function colorAt(index: number): string {
  return palette[index % palette.length] ?? blue;
}

export function shapeAt(index: number): Shape {
  return shapes[index % shapes.length] ?? 'circle';
}

/** A λ on an axis: `1e-5`, `1.5e-3`. Plot's own labels would say `10µ`. */
export function powerText(value: number): string {
  return Number(value.toPrecision(3)).toExponential().replace('+', '');
}

/** A step on an axis: `12,000`. */
export function stepText(step: number): string {
  return step.toLocaleString('en-US');
}

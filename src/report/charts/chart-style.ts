/**
 * Chart style: colours, shapes and sizes, and the two media that charts are drawn for. Colours are from Okabe
 * and Ito's colour-blind-safe set, with a contrast of at least 3 : 1 on white and on the dark page. Series also
 * differ in shape or dash, for black and white.
 */
import type * as Plot from '@observablehq/plot';

/** A document that creates SVG elements: the browser's, or linkedom's on the server. Plot's own type. */
export type ChartDocument = NonNullable<Plot.PlotOptions['document']>;

/** An SVG element of such a document. */
export type ChartElement = ReturnType<ChartDocument['createElementNS']>;

/** The style of a chart that depends on its medium. */
export interface ChartTheme {
  /** Colour behind labels that cross lines; with `isFile` also behind the whole chart. */
  readonly background: string;
  readonly fontFamily: string;
  /** Whether the chart is a file, which has its own background, ink and size; a page sets them. */
  readonly isFile: boolean;
}

/** Draws a chart with the elements of a document, which is not changed. */
export type DrawChart<Input> = (
  document: ChartDocument,
  input: Input,
  theme: ChartTheme,
) => ChartElement;

/** For SVG and PNG files. Verdana has the proportions of DejaVu Sans, for readers without it. */
export const fileTheme: ChartTheme = {
  background: '#ffffff',
  fontFamily: "'DejaVu Sans', Verdana, sans-serif",
  isFile: true,
};

/** For a page with its own light and dark colours, which defines `--surface` and sets `color`. */
export const pageTheme: ChartTheme = {
  background: 'var(--surface)',
  fontFamily: 'inherit',
  isFile: false,
};

export const ink = '#1a1a1a';
export const chartWidth = 760;
export const fontSize = 12;

export const blue = '#0072B2';
export const vermilion = '#D55E00';
export const green = '#009E73';
export const purple = '#CC79A7';

/** For pages: on a dark surface the set's lighter blue replaces blue, for contrast. */
export const darkChartRules = `@media screen and (prefers-color-scheme: dark) { svg [fill='${blue}'] { fill: #56b4e9; } svg [stroke='${blue}'] { stroke: #56b4e9; } }`;

const palette = [blue, vermilion, green, purple] as const;
const shapes = ['circle', 'triangle', 'diamond2', 'square2'] as const;
export type Shape = (typeof shapes)[number];

/** The colour of a series; after the last one, the first is used again. */
export function colorAt(index: number): string {
  return palette[index % palette.length] ?? blue;
}

export function shapeAt(index: number): Shape {
  return shapes[index % shapes.length] ?? 'circle';
}

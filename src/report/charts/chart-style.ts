/**
 * Chart style: colours, shapes and sizes, and the media that charts are drawn for. Colours are from Okabe and
 * Ito's colour-blind-safe set, with a contrast of at least 3 : 1 on white and on the dark page. Series also
 * differ in shape or dash, for black and white.
 *
 * A colour has one meaning: those of `colorAt` are stages, and ink is validation, next to grey and dashed for
 * training. Curves of trials have the colours of `seriesColorAt`.
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
  /** Colour of text and axes in a file; a page sets its own. */
  readonly ink: string;
  /** Colours of stages, in order. */
  readonly stages: readonly string[];
  /** Colours of curves, from the smallest to the greatest value of the parameter. */
  readonly curves: readonly string[];
  readonly fontFamily: string;
  /** Whether the chart is a file, which has its own background, ink and size; a page sets them. */
  readonly isFile: boolean;
  /** Size of a file in pixels of 1/96 inch; default: 760, and the height of the panels. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** Heading instead of the chart's own; null for none. */
  readonly title?: string | null | undefined;
}

/** Draws a chart with the elements of a document, which is not changed. */
export type DrawChart<Input> = (
  document: ChartDocument,
  input: Input,
  theme: ChartTheme,
) => ChartElement;

const blue = '#0072B2';
const vermilion = '#D55E00';
export const green = '#009E73';
const purple = '#CC79A7';
const sky = '#56B4E9';
/** The colour of text and axes, of the page or the file. */
export const ink = 'currentColor';
/** Secondary lines, such as training next to validation: readable on white and on the dark page. */
export const grey = '#808080';

/** For SVG, PNG and PDF files. Verdana has the proportions of DejaVu Sans, for readers without it. */
const file = { fontFamily: "'DejaVu Sans', Verdana, sans-serif", isFile: true };

export const fileThemes = {
  light: {
    ...file,
    background: '#ffffff',
    ink: '#1a1a1a',
    stages: [blue, vermilion, green, purple],
    curves: ['#440154', '#31688e', '#35a166', '#c9b11f'],
  },
  dark: {
    ...file,
    background: '#14171b',
    ink: '#e8eaed',
    stages: [sky, vermilion, green, purple],
    curves: ['#8f6ac9', '#4a90c2', '#35b779', '#fde725'],
  },
  gray: {
    ...file,
    background: '#ffffff',
    ink: '#000000',
    stages: ['#404040', '#8c8c8c', '#606060', '#767676'],
    curves: ['#202020', '#b0b0b0'],
  },
} as const satisfies Readonly<Record<string, ChartTheme>>;

/** For a page with its own light and dark colours, which defines `--surface` and sets `color`. */
export const pageTheme: ChartTheme = {
  background: 'var(--surface)',
  ink,
  stages: fileThemes.light.stages,
  curves: fileThemes.light.curves,
  fontFamily: 'inherit',
  isFile: false,
};

export const chartWidth = 760;
export const fontSize = 12;

/** For pages: on a dark surface the set's lighter blue replaces blue, for contrast. */
export const darkChartRules = `@media screen and (prefers-color-scheme: dark) { svg [fill='${blue}'] { fill: ${sky}; } svg [stroke='${blue}'] { stroke: ${sky}; } }`;

const series = [ink, green, purple, '#A6761D'] as const;
const shapes = ['circle', 'triangle', 'diamond2', 'square2'] as const;
export type Shape = (typeof shapes)[number];

/** The colour of a stage; after the last one, the first is used again. */
export function colorAt(index: number, { stages }: ChartTheme): string {
  return stages[index % stages.length] ?? ink;
}

/** The colour of a curve next to others. */
export function seriesColorAt(index: number): string {
  return series[index % series.length] ?? ink;
}

export function shapeAt(index: number): Shape {
  return shapes[index % shapes.length] ?? 'circle';
}

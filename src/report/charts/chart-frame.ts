/**
 * Chart frame: one SVG with a heading, a legend, panels below each other, and a title and description for
 * screen readers.
 *
 * Plot draws each panel. Its own heading and legend are HTML, which an SVG file cannot contain.
 */
import * as Plot from '@observablehq/plot';
import { foreignText } from '../text/escape-terminal.ts';
import {
  blue,
  chartWidth,
  fontSize,
  ink,
  vermilion,
  type ChartDocument,
  type ChartElement,
  type ChartTheme,
  type Shape,
} from './chart-style.ts';

type LegendMark = Shape | 'ring' | 'cross' | 'line' | 'dashed' | 'area';

export interface LegendItem {
  readonly label: string;
  readonly color: string;
  readonly mark: LegendMark;
}

/** Legend of charts in which training and validation differ in colour and shape. */
export const splitLegend: readonly LegendItem[] = [
  { label: 'training', color: blue, mark: 'circle' },
  { label: 'validation', color: vermilion, mark: 'triangle' },
];

/** Plot's options of one panel; all panels have the width of the frame. */
export type Panel = Omit<Plot.PlotOptions, 'width' | 'document'> & { readonly height: number };

export interface Frame {
  readonly title: string;
  /** What the chart shows, in words, with its main numbers. */
  readonly description: string;
  /** Text below the heading, smaller. */
  readonly subtitle?: string | undefined;
  readonly legend: readonly LegendItem[];
  readonly panels: readonly Panel[];
  readonly width?: number | undefined;
}

const svgNamespace = 'http://www.w3.org/2000/svg';
const edge = 16;
/** Default margins of a panel. */
export const panelMargins = { marginLeft: 64, marginRight: 24 };
const legendRow = 20;

/** @returns an `<svg>` element that is in no document yet */
export function framed(document: ChartDocument, theme: ChartTheme, frame: Frame): ChartElement {
  const width = frame.width ?? chartWidth;
  const heads = theme.isFile ? headLines(frame) : [];
  const legend = legendLines(frame.legend, width);
  const top = edge + heads.reduce((sum, { size }) => sum + size + 7, 0);
  const panelsTop = top + legend.length * legendRow + (legend.length > 0 ? 8 : 0);
  const height = frame.panels.reduce((sum, panel) => sum + panel.height, panelsTop) + 4;
  const svg = element(document, 'svg', {
    xmlns: svgNamespace,
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
    'font-family': theme.fontFamily,
    'font-size': fontSize,
    fill: 'currentColor',
    ...(theme.isFile ? { color: ink } : {}),
  });
  svg.append(element(document, 'title', {}, frame.title));
  svg.append(element(document, 'desc', {}, frame.description));
  if (theme.isFile)
    svg.append(element(document, 'rect', { width, height, fill: theme.background }));
  let y = edge;
  for (const { text, size, weight } of heads) {
    y += size;
    const attributes = { x: edge, y, 'font-size': size, 'font-weight': weight };
    svg.append(element(document, 'text', attributes, text));
    y += 7;
  }
  for (const [row, items] of legend.entries()) {
    const lineY = top + 12 + row * legendRow;
    svg.append(...items.flatMap((item) => legendElements(document, item, lineY)));
  }
  let panelTop = panelsTop;
  for (const panel of frame.panels) {
    svg.append(panelElement(document, panel, width, panelTop));
    panelTop += panel.height;
  }
  return svg;
}

type Attributes = Readonly<Record<string, string | number>>;

/** An SVG element. The text is escaped, so that the file is well-formed. */
function element(
  document: ChartDocument,
  name: string,
  attributes: Attributes,
  text?: string,
): ChartElement {
  const made: ChartElement = document.createElementNS(svgNamespace, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = foreignText(text);
  return made;
}

/** Horizontal lines at the ticks of the y axis. */
export function grid(ticks: number): Plot.Markish {
  return Plot.gridY({ strokeOpacity: 0.12, ticks });
}

function panelElement(
  document: ChartDocument,
  panel: Panel,
  width: number,
  y: number,
): ChartElement {
  const plot = Plot.plot({ ...panelMargins, ...panel, width, document });
  // Plot's style sheet sets a font and a class; the frame has its own.
  plot.querySelector('style')?.remove();
  for (const name of ['class', 'font-family', 'font-size', 'viewBox']) plot.removeAttribute(name);
  // Plot names its groups for screen readers, but the chart is one image with a description.
  for (const group of plot.querySelectorAll('[aria-label]')) {
    group.setAttribute('data-mark', group.getAttribute('aria-label') ?? '');
    group.removeAttribute('aria-label');
  }
  plot.setAttribute('y', String(y));
  return plot;
}

function headLines({ title, subtitle }: Frame) {
  return [
    { text: title, size: 16, weight: 'bold' },
    ...(subtitle === undefined ? [] : [{ text: subtitle, size: 12, weight: 'normal' }]),
  ];
}

interface PlacedItem extends LegendItem {
  readonly x: number;
}

/** Upper estimate of a text's width at the charts' font size: without a browser it cannot be measured. */
export function textWidth(text: string, isBold = false): number {
  return text.length * fontSize * (isBold ? 0.66 : 0.58);
}

/** Items from left to right, as many in a row as fit. */
function legendLines(items: readonly LegendItem[], width: number): PlacedItem[][] {
  const lines: PlacedItem[][] = [];
  let x = Infinity;
  for (const item of items) {
    const needed = 30 + textWidth(item.label) + 18;
    if (x + needed > width - edge) {
      lines.push([]);
      x = edge;
    }
    lines.at(-1)?.push({ ...item, x });
    x += needed;
  }
  return lines;
}

function legendElements(
  document: ChartDocument,
  { x, color, mark, label }: PlacedItem,
  y: number,
): ChartElement[] {
  const transform = `translate(${x + 12},${y})`;
  return [
    element(document, 'path', { transform, ...markAttributes(mark, color) }),
    element(document, 'text', { x: x + 30, y: y + 4 }, label),
  ];
}

function markAttributes(mark: LegendMark, color: string): Attributes {
  const stroke = { stroke: color, fill: 'none' };
  const line = { ...stroke, 'stroke-width': 2 };
  switch (mark) {
    case 'line':
      return { ...line, d: 'M-12,0h24' };
    case 'dashed':
      return { ...line, 'stroke-dasharray': '5 3', d: 'M-12,0h24' };
    case 'cross':
      return { ...stroke, 'stroke-width': 1.6, d: 'M-4,-4L4,4M-4,4L4,-4' };
    case 'ring':
      return { ...stroke, d: shapePaths.circle };
    case 'area':
      return { fill: color, 'fill-opacity': 0.25, d: 'M-8,-6h16v12h-16Z' };
    case 'circle':
    case 'triangle':
    case 'diamond2':
    case 'square2':
      return { fill: color, d: shapePaths[mark] };
  }
}

const shapePaths: Readonly<Record<Shape, string>> = {
  circle: 'M5,0A5,5,0,1,1,-5,0A5,5,0,1,1,5,0Z',
  triangle: 'M0,-6L5.5,4.5L-5.5,4.5Z',
  diamond2: 'M0,-6L6,0L0,6L-6,0Z',
  square2: 'M-4.5,-4.5H4.5V4.5H-4.5Z',
};

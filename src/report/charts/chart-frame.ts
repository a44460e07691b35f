/**
 * Chart frame: one SVG with a heading, a legend, panels in rows, and a title and description for screen
 * readers.
 *
 * Plot draws each panel. Its own heading and legend are HTML, which an SVG file cannot contain.
 */
import * as Plot from '@observablehq/plot';
import { foreignText } from '../text/escape-terminal.ts';
import { legendElements, legendLines, legendRow, type LegendItem } from './chart-legend.ts';
import {
  chartWidth,
  fontSize,
  type ChartDocument,
  type ChartElement,
  type ChartTheme,
} from './chart-style.ts';
import { keepScales, type PanelScales } from './page-hooks.ts';
import { element } from './svg-element.ts';
import { textWidth, wrapText } from './text-size.ts';

/** The size of a panel in pixels; `inner` is without the margins. */
export interface PanelSize {
  readonly width: number;
  readonly height: number;
  readonly innerWidth: number;
  readonly innerHeight: number;
}

export interface Panel {
  /** Pixels, unless the theme gives the chart another height. */
  readonly height: number;
  readonly margins?: Partial<typeof panelMargins>;
  /** Plot's options without size, margins and document. */
  draw(size: PanelSize): Plot.PlotOptions;
}

export interface Frame {
  readonly title: string;
  /** What the chart shows, in words, with its main numbers. */
  readonly description: string;
  /** Text below the heading, smaller. */
  readonly subtitle?: string | undefined;
  readonly legend: readonly LegendItem[];
  readonly panels: readonly Panel[];
  /** How many panels are next to each other; default: 1. */
  readonly columns?: number;
  readonly width?: number | undefined;
}

const svgNamespace = 'http://www.w3.org/2000/svg';
const edge = 16;
/** Default margins of a panel. */
export const panelMargins = { marginLeft: 64, marginRight: 24, marginTop: 30, marginBottom: 44 };
const panelMin = 90;

/** @returns an `<svg>` element that is in no document yet */
export function framed(document: ChartDocument, theme: ChartTheme, frame: Frame): ChartElement {
  const width = theme.width ?? frame.width ?? chartWidth;
  const heads = headLines(frame, theme, width - 2 * edge);
  const legend = legendLines(frame.legend, edge, width - edge);
  const top = edge + heads.reduce((sum, { size }) => sum + size + 7, 0);
  const panelsTop = top + legend.length * legendRow + (legend.length > 0 ? 8 : 0);
  const rows = panelRows(frame);
  const heights = rowHeights(rows, theme, panelsTop + 4);
  const height = heights.reduce((sum, one) => sum + one, panelsTop) + 4;
  const svg = element(document, 'svg', {
    xmlns: svgNamespace,
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
    'font-family': theme.fontFamily,
    'font-size': fontSize,
    fill: 'currentColor',
    ...(theme.isFile ? { color: theme.ink } : {}),
  });
  svg.append(element(document, 'title', {}, theme.title ?? frame.title));
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
  const scales: PanelScales[] = [];
  const panelWidth = width / (frame.columns ?? 1);
  let panelTop = panelsTop;
  for (const [row, panels] of rows.entries()) {
    const size = { width: panelWidth, height: heights[row] ?? 0 };
    for (const [column, panel] of panels.entries()) {
      const plot = panelElement(document, panel, size, { x: column * panelWidth, y: panelTop });
      svg.append(plot);
      const [across, up] = [plot.scale('x'), plot.scale('y')];
      const isWhole = panels.length === 1 && across !== undefined && up !== undefined;
      if (isWhole) scales.push({ top: panelTop, x: across, y: up });
    }
    panelTop += size.height;
  }
  keepScales(svg, frame.columns === undefined ? scales : []);
  return svg;
}

/** How many panels of a least width fit next to each other in a chart. */
export function panelColumns(count: number, least: number, { width }: ChartTheme): number {
  return Math.max(1, Math.min(count, Math.floor((width ?? chartWidth) / least)));
}

function panelRows({ panels, columns = 1 }: Frame): Panel[][] {
  const rows = Array.from({ length: Math.ceil(panels.length / columns) });
  return rows.map((_, row) => panels.slice(row * columns, (row + 1) * columns));
}

/** Heights of the rows: their own, or in the same proportions so that the chart has the theme's height. */
function rowHeights(rows: readonly Panel[][], { height }: ChartTheme, rest: number): number[] {
  const heights = rows.map((panels) => Math.max(...panels.map((panel) => panel.height)));
  const natural = heights.reduce((sum, one) => sum + one, 0);
  const share = height === undefined ? 1 : (height - rest) / natural;
  return heights.map((one) => Math.max(Math.min(panelMin, one), Math.round(share * one)));
}

/** Horizontal lines at the ticks of the y axis. */
export function grid(ticks: number | readonly number[]): Plot.Markish {
  return Plot.gridY({ strokeOpacity: 0.12, ticks: typeof ticks === 'number' ? ticks : [...ticks] });
}

function panelElement(
  document: ChartDocument,
  panel: Panel,
  { width, height }: Pick<PanelSize, 'width' | 'height'>,
  place: { readonly x: number; readonly y: number },
): ReturnType<typeof Plot.plot> {
  const margins = { ...panelMargins, ...panel.margins };
  const innerWidth = width - margins.marginLeft - margins.marginRight;
  const innerHeight = height - margins.marginTop - margins.marginBottom;
  const { x, y: up, ...options } = panel.draw({ width, height, innerWidth, innerHeight });
  const center = margins.marginLeft + innerWidth / 2;
  const scales = {
    x: fittedAxis(x ?? {}, 2 * Math.min(center, width - center)),
    y: fittedAxis(up ?? {}, width - edge),
  };
  const plot = Plot.plot({ ...options, ...scales, ...margins, width, height, document });
  // Plot's style sheet sets a font and a class; the frame has its own.
  plot.querySelector('style')?.remove();
  for (const name of ['class', 'font-family', 'font-size', 'viewBox']) plot.removeAttribute(name);
  // Plot names its groups for screen readers, but the chart is one image with a description.
  for (const group of plot.querySelectorAll('[aria-label]')) {
    group.setAttribute('data-mark', group.getAttribute('aria-label') ?? '');
    group.removeAttribute('aria-label');
  }
  if (place.x > 0) plot.setAttribute('x', String(place.x));
  plot.setAttribute('y', String(place.y));
  return plot;
}

/** The label of an axis without what is in parentheses, if it is wider than `room`. */
function fittedAxis(axis: Plot.ScaleOptions, room: number): Plot.ScaleOptions {
  const { label } = axis;
  if (typeof label !== 'string' || textWidth(label) <= room) return axis;
  return { ...axis, label: label.replace(/ \([^)]*\)/, '') };
}

/** The heading of a file, in as many lines as it needs; a page has its own. */
function headLines({ title, subtitle }: Frame, theme: ChartTheme, room: number) {
  if (!theme.isFile) return [];
  const shown = theme.title === undefined ? title : theme.title;
  const lines = (text: string | null | undefined, size: number, weight: 'bold' | 'normal') =>
    wrapText(foreignText(text ?? ''), (room * fontSize) / size, weight === 'bold').map((line) => {
      return { text: line, size, weight };
    });
  return [...lines(shown, 16, 'bold'), ...lines(subtitle, 12, 'normal')];
}

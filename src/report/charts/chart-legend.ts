/** Chart legend: signs with words, from left to right in as few rows as they need. */
import { grey, ink, type ChartDocument, type ChartElement, type Shape } from './chart-style.ts';
import { element, type Attributes } from './svg-element.ts';
import { textWidth, wrapText } from './text-size.ts';

type LegendMark =
  | Shape
  | 'ring'
  | 'halo'
  | 'tone'
  | 'square'
  | 'cross'
  | 'line'
  | 'dashed'
  | 'area'
  | 'bar'
  | 'box'
  | 'dot'
  | 'rule'
  | 'down'
  | 'up'
  | 'interval'
  // The rest of a label that is wider than the chart.
  | 'none';

export interface LegendItem {
  readonly label: string;
  readonly color: string;
  readonly mark: LegendMark;
  /** Opacity of a `tone`. */
  readonly tone?: number;
}

/** The legend of charts with both splits. */
export const splitLegend: readonly LegendItem[] = [
  { label: 'validation', color: ink, mark: 'line' },
  { label: 'training', color: grey, mark: 'dashed' },
];

/** Height of a row in pixels. */
export const legendRow = 20;
const signWidth = 30;
const gap = 20;

interface PlacedItem extends LegendItem {
  readonly x: number;
}

/** Rows between two edges, with as many items as fit; no item is alone in the last row if it need not be. */
export function legendLines(
  items: readonly LegendItem[],
  left: number,
  right: number,
): PlacedItem[][] {
  const lines = fillLines(
    items.flatMap((item) => brokenItem(item, right - left)),
    left,
    right,
  );
  const [before, last] = [lines.at(-2), lines.at(-1)];
  const isRest = last?.[0]?.mark === 'none';
  if (before === undefined || before.length < 3 || last?.length !== 1 || isRest) return lines;
  return [...lines.slice(0, -2), before.slice(0, -1), ...fillLines(items.slice(-2), left, right)];
}

/** An item for each line of a label that is wider than the chart. */
function brokenItem(item: LegendItem, width: number): LegendItem[] {
  return wrapText(item.label, width - signWidth).map((label, index) =>
    index === 0 ? { ...item, label } : { ...item, label, mark: 'none' },
  );
}

function fillLines(items: readonly LegendItem[], left: number, right: number): PlacedItem[][] {
  const lines: PlacedItem[][] = [];
  let x = Infinity;
  for (const item of items) {
    const needed = signWidth + textWidth(item.label);
    const isRest = item.mark === 'none' || lines.at(-1)?.at(-1)?.mark === 'none';
    if (x + needed > right || isRest) {
      lines.push([]);
      x = left;
    }
    lines.at(-1)?.push({ ...item, x });
    x += needed + gap;
  }
  return lines;
}

export function legendElements(
  document: ChartDocument,
  { x, color, mark, label, tone }: PlacedItem,
  y: number,
): ChartElement[] {
  const transform = `translate(${x + 12},${y})`;
  return [
    element(document, 'path', { transform, ...markAttributes(mark, color, tone) }),
    element(document, 'text', { x: x + signWidth, y: y + 4 }, label),
  ];
}

function markAttributes(mark: LegendMark, color: string, tone = 1): Attributes {
  const stroke = { stroke: color, fill: 'none' };
  const line = { ...stroke, 'stroke-width': 2 };
  switch (mark) {
    case 'line':
      return { ...line, d: 'M-12,0h24' };
    case 'dashed':
      return { ...line, 'stroke-dasharray': '5 3', d: 'M-12,0h24' };
    case 'rule':
      return { ...stroke, 'stroke-dasharray': '1 3', d: 'M0,-8v16' };
    case 'down':
      return { ...stroke, 'stroke-width': 1.6, d: 'M0,-6v11M-4,1L0,6L4,1' };
    case 'up':
      return { ...stroke, 'stroke-width': 1.6, d: 'M0,6v-11M-4,-1L0,-6L4,-1' };
    case 'interval':
      return { ...stroke, 'stroke-width': 1.6, d: 'M0,-8v16' };
    case 'cross':
      return { ...stroke, 'stroke-width': 1.6, d: 'M-4,-4L4,4M-4,4L4,-4' };
    case 'ring':
      return { ...stroke, d: shapePaths.circle };
    case 'halo':
      return { ...stroke, 'stroke-width': 1.8, d: 'M7,0A7,7,0,1,1,-7,0A7,7,0,1,1,7,0Z' };
    case 'tone':
      return { ...stroke, fill: color, 'fill-opacity': tone, d: 'M-8,-6h16v12h-16Z' };
    case 'square':
      return { ...stroke, d: 'M-3,-3h6v6h-6Z' };
    case 'area':
      return { fill: color, 'fill-opacity': 0.25, d: 'M-8,-6h16v12h-16Z' };
    case 'bar':
      return { ...stroke, 'stroke-width': 4, 'stroke-opacity': 0.55, d: 'M-12,0h24' };
    case 'dot':
      return { fill: color, d: 'M1.6,0A1.6,1.6,0,1,1,-1.6,0A1.6,1.6,0,1,1,1.6,0Z' };
    case 'box':
      return { ...stroke, 'stroke-width': 1.4, d: 'M-7,-5h14v10h-14Z' };
    case 'none':
      return { d: '' };
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

/**
 * Label mark: names one point of a chart in free space near it, with a leader from the point to the text.
 * Positions near the point are compared by how much they would cover.
 */
import type * as Plot from '@observablehq/plot';
import type { ChartTheme } from './chart-style.ts';
import { fontSize, ink } from './chart-style.ts';
import { element } from './svg-element.ts';
import { textWidth, wrapText } from './text-size.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Bounds {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const lineHeight = 15;
/** Radius of the ring around the point, in pixels. */
export const ringRadius = 9;
/** Cost of covering an obstacle, in pixels of distance. */
const obstacleCost = 25;
const step = 12;

/** @param obstacles what the label should not cover, in the units of the axes */
export function labelMark(
  lines: readonly string[],
  at: Point,
  obstacles: readonly Point[],
  theme: ChartTheme,
): Plot.Markish {
  return (_index, { x: toX, y: toY }, _values, dimensions, { document }) => {
    if (toX === undefined || toY === undefined) return null;
    const { width, height, marginTop, marginBottom, marginLeft } = dimensions;
    const place = ({ x, y }: Point): Point => ({ x: Number(toX(x)), y: Number(toY(y)) });
    const room = width - marginLeft - 4;
    const shown = lines.flatMap((line) => wrapText(line, room, true));
    const size = {
      width: shown.reduce((most, line) => Math.max(most, textWidth(line, true)), 0),
      height: shown.length * lineHeight,
    };
    // Over the numbers of the axis only if a word is wider than the panel.
    const left = size.width <= room ? marginLeft : 4;
    const bounds = { left, right: width - 4, top: marginTop, bottom: height - marginBottom };
    const point = place(at);
    const corner = freePlace(point, size, bounds, obstacles.map(place));
    const group = document.createElementNS('http://www.w3.org/2000/svg', 'g');
    group.setAttribute('data-mark', 'label');
    const leader = leaderPath(point, { ...corner, ...size });
    if (leader !== null)
      group.append(element(document, 'path', { d: leader, stroke: ink, fill: 'none' }));
    for (const [index, line] of shown.entries()) {
      const attributes = {
        x: corner.x,
        y: corner.y + index * lineHeight + fontSize - 1,
        'text-anchor': 'start',
        'font-weight': 'bold',
        stroke: theme.background,
        'stroke-width': 4,
        'stroke-linejoin': 'round',
        'paint-order': 'stroke',
      };
      group.append(element(document, 'text', attributes, line));
    }
    return group;
  };
}

/** The upper left corner of a box near `point` that covers the fewest obstacles, and is not far away. */
export function freePlace(
  point: Point,
  size: { readonly width: number; readonly height: number },
  bounds: Bounds,
  obstacles: readonly Point[],
): Point {
  let best = { x: bounds.left, y: bounds.top, cost: Infinity };
  const right = Math.max(bounds.left, bounds.right - size.width);
  const bottom = Math.max(bounds.top, bounds.bottom - size.height);
  for (let y = bounds.top; y <= bottom; y += step) {
    for (let x = bounds.left; x <= right; x += step) {
      const box = { x, y, ...size };
      const distance = distanceTo(point, box);
      if (distance < ringRadius + 3 || distance >= best.cost) continue;
      const covered = obstacles.filter((one) => distanceTo(one, box) < 5).length;
      const cost = distance + obstacleCost * Math.min(covered, 20);
      if (cost < best.cost) best = { x, y, cost };
    }
  }
  return best;
}

interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

function nearest({ x, y }: Point, box: Box): Point {
  return {
    x: Math.min(Math.max(x, box.x), box.x + box.width),
    y: Math.min(Math.max(y, box.y), box.y + box.height),
  };
}

function distanceTo(point: Point, box: Box): number {
  const { x, y } = nearest(point, box);
  return Math.hypot(x - point.x, y - point.y);
}

/** From the ring to the box; null if they are next to each other. */
function leaderPath(point: Point, box: Box): string | null {
  const end = nearest(point, box);
  const distance = Math.hypot(end.x - point.x, end.y - point.y);
  if (distance < ringRadius + 8) return null;
  const share = ringRadius / distance;
  const start = {
    x: point.x + share * (end.x - point.x),
    y: point.y + share * (end.y - point.y),
  };
  const text = (value: number): string => value.toFixed(1);
  return `M${text(start.x)},${text(start.y)}L${text(end.x)},${text(end.y)}`;
}

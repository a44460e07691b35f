/** Dot places: where the dots of a drawn chart are, in pixels, and the values at a place. */
import type { Range } from '../../search/samplers/distribution.ts';
import { panelScales, trialAttribute } from '../../report/charts/page-hooks.ts';

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface DotPlace extends Place {
  readonly trial: string;
}

/** The part of a chart between two places. */
export interface Zoom {
  /** Of the parameter. */
  readonly at: Range;
  /** In the units of the axis of values. */
  readonly values: readonly [number, number];
}

/** Largest distance of a pointer from the dot that it shows. */
const reach = 16;

/** The places of all dots, from the corner of the chart; a trial has one in each panel. */
export function dotPlaces(chart: SVGSVGElement): readonly DotPlace[] {
  const origin = chart.getBoundingClientRect();
  return [...chart.querySelectorAll(`[${trialAttribute}]`)].map((dot) => {
    const { left, top, width, height } = dot.getBoundingClientRect();
    return {
      trial: dot.getAttribute(trialAttribute) ?? '',
      x: left + width / 2 - origin.left,
      y: top + height / 2 - origin.top,
    };
  });
}

/** The nearest dot within reach; null if there is none. */
export function dotAt(dots: readonly DotPlace[], { x, y }: Place): DotPlace | null {
  let nearest: DotPlace | null = null;
  let least = reach ** 2;
  for (const dot of dots) {
    const distance = (dot.x - x) ** 2 + (dot.y - y) ** 2;
    if (distance >= least) continue;
    [nearest, least] = [dot, distance];
  }
  return nearest;
}

/** The values between two places of the panel of the first one; null outside of panels. */
export function zoomBetween(chart: SVGSVGElement, from: Place, to: Place): Zoom | null {
  const scale = chart.viewBox.baseVal.width / chart.getBoundingClientRect().width;
  const panel = panelScales(chart).findLast(({ top }) => top <= from.y * scale);
  if (panel === undefined) return null;
  const between = (name: 'x' | 'y', a: number, b: number): [number, number] => {
    const scaled = panel[name];
    const [low = 0, high = 0] = [...(scaled.range ?? [])]
      .map(Number)
      .toSorted((one, other) => one - other);
    const [first, last] = [a, b]
      .map((position) => Number(scaled.invert?.(Math.min(high, Math.max(low, position)))))
      .toSorted((one, other) => one - other);
    return [first ?? NaN, last ?? NaN];
  };
  const [min, max] = between('x', from.x * scale, to.x * scale);
  const values = between('y', from.y * scale - panel.top, to.y * scale - panel.top);
  const isWide = min < max && values[0] < values[1];
  return isWide ? { at: { min, max }, values } : null;
}

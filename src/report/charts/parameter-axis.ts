/** Logarithmic axis of a hyperparameter, with labels such as `1e-5` at powers of ten, or at 1, 2 and 5 of each. */
import { log } from '../../base/elementary.ts';
import type { Range } from '../../search/samplers/distribution.ts';
import { powerText } from './chart-style.ts';

/** Between the panel's edge and the outermost value, in pixels. */
export const axisInset = 8;
const labelsMax = 12;
const tenths = Array.from({ length: 90 }, (_, index) => 1 + index / 10);

/** The smallest range that contains all values and ranges; wider around a single value. */
export function parameterDomain(
  values: readonly number[],
  ranges: readonly (Range | null)[],
): Range {
  const all = [...values, ...ranges.flatMap((range) => (range ? [range.min, range.max] : []))];
  const positive = all.filter((value) => value > 0);
  if (positive.length === 0) return { min: 1e-9, max: 1 };
  const min = positive.reduce((a, b) => Math.min(a, b));
  const max = positive.reduce((a, b) => Math.max(a, b));
  return max > min ? { min, max } : { min: min / 3, max: max * 3 };
}

/** Labelled values within the range: few enough to be read next to each other. */
export function parameterTicks({ min, max }: Range): number[] {
  const decades = decadesBetween(min, max);
  const within = (factors: readonly number[]): number[] =>
    decades
      .flatMap((decade) => factors.map((factor) => Number(`${factor}e${decade}`)))
      .filter((tick) => tick >= min * (1 - 1e-9) && tick <= max * (1 + 1e-9));
  const whole = within([1]);
  if (whole.length >= 4) return thinned(whole);
  const finer = [[1, 2, 5], [1, 2, 3, 5, 7], [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9], tenths].map(within);
  return thinned(finer.find((ticks) => ticks.length >= 4) ?? [min, max]);
}

function thinned(ticks: readonly number[]): number[] {
  const every = Math.ceil(ticks.length / labelsMax);
  return ticks.filter((_, index) => index % every === 0);
}

/** The options of Plot's scale. */
export function parameterScale(range: Range, label: string) {
  const ticks = parameterTicks(range);
  return {
    type: 'log' as const,
    domain: [range.min, range.max],
    ticks,
    tickFormat: powerText,
    label,
    labelAnchor: 'center' as const,
    labelArrow: 'none' as const,
    inset: axisInset,
  };
}

function decadesBetween(min: number, max: number): number[] {
  const first = Math.floor(log(min) / Math.LN10) - 1;
  const last = Math.ceil(log(max) / Math.LN10) + 1;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

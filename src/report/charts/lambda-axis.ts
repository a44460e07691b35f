/** The axis of λ: logarithmic, with labels in the form `1e-5` at powers of ten, or at 1, 2 and 5 of each. */
import { log } from '../../base/elementary.ts';
import type { LambdaRange } from '../../study/spec/study-spec.ts';
import { powerText } from './chart-style.ts';

/** Between the panel's edge and the outermost λ, in pixels. */
export const lambdaInset = 8;
const labelsMax = 12;
const tenths = Array.from({ length: 90 }, (_, index) => 1 + index / 10);

/** The smallest range that holds all of these; a little around a single λ. */
export function lambdaDomain(
  lambdas: readonly number[],
  ranges: readonly (LambdaRange | null)[],
): LambdaRange {
  const all = [...lambdas, ...ranges.flatMap((range) => (range ? [range.min, range.max] : []))];
  const positive = all.filter((lambda) => lambda > 0);
  if (positive.length === 0) return { min: 1e-9, max: 1 };
  const min = positive.reduce((a, b) => Math.min(a, b));
  const max = positive.reduce((a, b) => Math.max(a, b));
  return max > min ? { min, max } : { min: min / 3, max: max * 3 };
}

/** Labelled places within the range; few enough to be read beside each other. */
export function lambdaTicks({ min, max }: LambdaRange): number[] {
  const decades = decadesOf(min, max);
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
export function lambdaScale(range: LambdaRange) {
  const ticks = lambdaTicks(range);
  return {
    type: 'log' as const,
    domain: [range.min, range.max],
    ticks,
    tickFormat: powerText,
    label: 'λ',
    labelAnchor: 'center' as const,
    labelArrow: 'none' as const,
    inset: lambdaInset,
  };
}

function decadesOf(min: number, max: number): number[] {
  const first = Math.floor(log(min) / Math.LN10) - 1;
  const last = Math.ceil(log(max) / Math.LN10) + 1;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

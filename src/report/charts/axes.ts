/**
 * Axes of charts: the logarithmic one of a hyperparameter, with labels such as `10⁻⁵`, and those of plain
 * values. This module does not load Plot, so that terminal charts can use it.
 */
import { log } from '../../base/elementary.ts';
import type { Range } from '../../search/samplers/distribution.ts';
import { plainNumber } from '../text/number-format.ts';

/** Between the panel's edge and the outermost value, in pixels. */
const axisInset = 8;
const labelsMax = 12;
const raised = '⁻⁰¹²³⁴⁵⁶⁷⁸⁹';
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

/** Labelled values within the range: at most `most`, so that they can be read next to each other. */
export function parameterTicks({ min, max }: Range, most = labelsMax): number[] {
  const first = Math.floor(log(min) / Math.LN10) - 1;
  const last = Math.ceil(log(max) / Math.LN10) + 1;
  const decades = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const within = (factors: readonly number[]): number[] =>
    decades
      .flatMap((decade) => factors.map((factor) => Number(`${factor}e${decade}`)))
      .filter((tick) => tick >= min * (1 - 1e-9) && tick <= max * (1 + 1e-9));
  const whole = within([1]);
  if (whole.length >= 4) return thinned(whole, most);
  const finer = [[1, 2, 5], [1, 2, 3, 5, 7], [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9], tenths].map(within);
  const fitting = finer.filter((ticks) => ticks.length >= 2 && ticks.length <= most);
  const chosen = fitting.find((ticks) => ticks.length >= 4) ?? fitting.at(-1);
  return chosen ?? thinned(finer.find((ticks) => ticks.length >= 4) ?? [min, max], most);
}

function thinned(ticks: readonly number[], most: number): number[] {
  const every = Math.ceil(ticks.length / most);
  return ticks.filter((_, index) => index % every === 0);
}

/** A value as a chart shows it: `10⁻⁵`, `0.02`, or `2×10⁻⁵` if a decimal would have many zeros. */
export function scientificText(value: number, digits = 3): string {
  const [factor = '', exponent = ''] = value.toExponential(digits - 1).split('e');
  const power = Number(exponent);
  const number = Number(factor);
  const isShort = number === 1 ? power === 0 || power === 1 : power >= -3 && power <= 3;
  if (isShort) return plainNumber(Number(value.toPrecision(digits)));
  const power10 = `10${superscript(power)}`;
  return number === 1 ? power10 : `${number}×${power10}`;
}

function superscript(power: number): string {
  return String(power).replaceAll(/[-0-9]/g, (digit) => raised['-0123456789'.indexOf(digit)] ?? '');
}

/** Tick labels of one axis: powers of ten, or decimals if the axis has other values and none is small. */
function tickTexts(ticks: readonly number[]): (tick: number) => string {
  const isPower = (tick: number): boolean => /^1(e|$)/.test(tick.toExponential());
  const isPlain = !ticks.every(isPower) && ticks.every((tick) => tick >= 1e-3 && tick < 1e5);
  return isPlain ? plainNumber : (tick) => scientificText(tick);
}

/**
 * The options of Plot's scale.
 *
 * @param label  the parameter in words, such as `λ (L2 strength)`
 * @param width  of the axis in pixels
 */
export function parameterScale(range: Range, label: string, width: number) {
  const ticks = parameterTicks(range, Math.max(2, Math.min(labelsMax, Math.floor(width / 50))));
  return {
    type: 'log' as const,
    domain: [range.min, range.max],
    ticks,
    tickFormat: tickTexts(ticks),
    ...centeredScale(label),
    inset: axisInset,
  };
}

/** A domain with some room around the values: never empty, and below 0 only if a value is. */
export function paddedDomain(values: readonly number[], share = 0.05): [number, number] {
  if (values.length === 0) return [0, 1];
  const min = values.reduce((a, b) => Math.min(a, b));
  const max = values.reduce((a, b) => Math.max(a, b));
  // Differences of the size of a rounding error would give an axis without numbers.
  const isFlat = max - min <= 1e-9 * Math.max(1, Math.abs(min), Math.abs(max));
  const room = isFlat ? Math.max(0.5, 0.05 * Math.abs(max)) : share * (max - min);
  return [min >= 0 ? Math.max(0, min - room) : min - room, max + room];
}

/** The y axis of a panel. */
export function valueScale(label: string, domain: readonly [number, number], ticks: number) {
  return {
    label,
    labelArrow: 'none' as const,
    labelOffset: 48,
    domain: [...domain],
    ticks,
    tickFormat: plainNumber,
  };
}

/** An x axis with its label in the middle. */
export function centeredScale(label: string) {
  return { label, labelAnchor: 'center' as const, labelArrow: 'none' as const };
}

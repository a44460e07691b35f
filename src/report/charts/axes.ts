/**
 * Axes of charts: that of a number that is searched, logarithmic with labels such as `10⁻⁵` or linear, and those
 * of plain values. This module does not load Plot, so that terminal charts can use it.
 */
import { exp, log } from '../../base/elementary.ts';
import type { Range } from '../../search/samplers/distribution.ts';
import { plainNumber } from '../text/number-format.ts';
import { roundTicks } from './round-ticks.ts';

/** Between the panel's edge and the outermost value, in pixels. */
const axisInset = 8;
const labelsMax = 12;
const raised = '⁻⁰¹²³⁴⁵⁶⁷⁸⁹';
const tenths = Array.from({ length: 90 }, (_, index) => 1 + index / 10);

/** The numbers of a parameter's axis. A logarithmic one has 0 left of a break, if 0 was tried. */
export interface ParameterDomain extends Range {
  readonly kind: 'log' | 'linear';
  /** The place of 0, which is then `min`; null without one. */
  readonly zeroAt: number | null;
  /** The smallest other value. */
  readonly from: number;
}

/** Distance of 0 from the smallest other value, as a share of the logarithmic axis. */
const zeroGap = 0.1;

/** The smallest range that contains all values and ranges; wider around a single value. */
export function parameterDomain(
  values: readonly number[],
  ranges: readonly (Range | null)[],
  kind: ParameterDomain['kind'] = 'log',
): ParameterDomain {
  const all = [...values, ...ranges.flatMap((range) => (range ? [range.min, range.max] : []))];
  const inside = kind === 'log' ? all.filter((value) => value > 0) : all;
  const low = inside.reduce((a, b) => Math.min(a, b), Infinity);
  const high = inside.reduce((a, b) => Math.max(a, b), -Infinity);
  const { min: from, max } = high > low ? { min: low, max: high } : around(low, kind);
  const hasZero = kind === 'log' && values.some((value) => value <= 0);
  const zeroAt = hasZero ? from * exp(-zeroGap * log(max / from)) : null;
  return { kind, min: zeroAt ?? from, max, zeroAt, from };
}

function around(value: number, kind: ParameterDomain['kind']): Range {
  if (!Number.isFinite(value)) return kind === 'log' ? { min: 1e-9, max: 1 } : { min: 0, max: 1 };
  return kind === 'log'
    ? { min: value / 3, max: value * 3 }
    : { min: value - 0.5, max: value + 0.5 };
}

/** A part of an axis. */
export function zoomedDomain(zoom: Range, kind: ParameterDomain['kind'] = 'log'): ParameterDomain {
  return { ...zoom, kind, zeroAt: null, from: zoom.min };
}

/** Where a value is on the axis: itself, or the place of 0. */
export function placeOn({ zeroAt }: ParameterDomain, value: number): number {
  return zeroAt !== null && value <= 0 ? zeroAt : value;
}

/** The place of the break; null without one. */
export function breakOn({ zeroAt, from }: ParameterDomain): number | null {
  return zeroAt === null ? null : Math.sqrt(zeroAt * from);
}

/** Labelled places of an axis: at most about `most`. */
export function domainTicks(
  { kind, from, max, zeroAt }: ParameterDomain,
  most: number,
): readonly { readonly at: number; readonly text: string }[] {
  const zero = zeroAt === null ? [] : [{ at: zeroAt, text: '0' }];
  const ticks =
    kind === 'log' ? parameterTicks({ min: from, max }, most) : roundTicks(from, max, most);
  const text = kind === 'log' ? tickTexts(ticks) : plainNumber;
  return [...zero, ...ticks.map((at) => ({ at, text: text(at) }))];
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
export function tickTexts(ticks: readonly number[]): (tick: number) => string {
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
export function parameterScale(domain: ParameterDomain, label: string, width: number) {
  const ticks = domainTicks(domain, Math.max(2, Math.min(labelsMax, Math.floor(width / 50))));
  const texts = new Map(ticks.map(({ at, text }) => [at, at === domain.zeroAt ? '' : text]));
  return {
    type: domain.kind,
    domain: [domain.min, domain.max],
    ticks: ticks.map(({ at }) => at),
    tickFormat: (at: number) => texts.get(at) ?? '',
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

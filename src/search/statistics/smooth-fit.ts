/**
 * Smooth fit: a curve of the objective over the log of the parameter, through the trials of all stages,
 * and what it says about the best value.
 *
 * The curve is a Gaussian process (`gaussian-process.ts`) on a scale that bends at cliffs
 * (`bent-scale.ts`). Its 95 % band is where the curve would be without the scatter of the trials around it,
 * for these images and seeds. What the curve says about the best value covers the choice of images as well,
 * as far as the trials there answer differently: that is an error of differences, so no band around one curve
 * can show it.
 *
 * The curve is not drawn between two trials if it is not known there, so it can have several segments. If
 * the trials are off the curve more often than the band allows, there is no curve at all. The fit names a
 * best value only if the curve is significantly worse on both sides. It does not cover other seeds if all
 * trials share theirs.
 */
import { assert } from '../../base/assert.ts';
import { exp, log } from '../../base/elementary.ts';
import { formatParam, parameterSymbol, type ParameterName } from '../../study/search-space.ts';
import { bentScale, type BentScale, type ScaleOptions } from './bent-scale.ts';
import { gaussianProcess, type GaussianProcess, type Observation } from './gaussian-process.ts';
import { mean } from './mean.ts';
import { studentWidth } from './normal.ts';

export interface FitInput {
  /** Value of the parameter. */
  readonly at: number;
  /** The objective. */
  readonly value: number;
  /** Standard error of the difference to the best trial, from the choice of images; 0 if unknown. */
  readonly differenceError: number;
}

interface FitPoint {
  /** Value of the parameter. */
  readonly at: number;
  /** The curve, and its 95 % band: the scatter of the trials alone. */
  readonly fit: number;
  readonly low: number;
  readonly high: number;
  /** From 0. No line connects points of different segments. */
  readonly segment: number;
}

export interface SmoothFit {
  /** Ascending in `at`. */
  readonly points: readonly FitPoint[];
  /** The parameter at the top of the curve; null if the curve is not significantly worse on both sides. */
  readonly bestAt: number | null;
  /** The result as a phrase with numbers. */
  readonly reason: string;
}

export interface FitOptions extends ScaleOptions {
  readonly parameter: ParameterName;
}

export interface FitResult {
  /** Null if there are too few trials, or nothing but noise. */
  readonly fit: SmoothFit | null;
  /** Whether there is no fit because the trials are off the curve too often. */
  readonly isFitContradicted: boolean;
}

/** Fewest different values of the parameter. */
const valuesMin = 8;
/** More values are grouped into this many places of equal log width. */
const placesMax = 80;
/** About the number of places of the curve, next to those of the trials. */
const gridPoints = 100;
/** Expected deviation of the noise, at least: in steps of a value, and on the bent scale. */
const floorSteps = 0.5;
const floorScale = 0.06;
/** The curve is not drawn where its error is more than this many deviations, and this share of its height. */
const unknownDeviations = 2;
const unknownShare = 0.03;
/** The curve is contradicted if `outsideMax` of `windowPlaces` neighbouring places are outside of 95 %: p < 2e-4. */
const outsideMax = 5;
const windowPlaces = 12;
/**
 * Factor on the error of the difference between the highest and the lowest of all places, which differ
 * more than any two given places.
 */
const anywhere = 1.7;
/** Differences below this, on the bent scale, are rounding errors. */
const rounding = 1e-6;

/** The trials at one value of the parameter, or in one narrow interval. */
interface Group extends Observation {
  readonly at: number;
  /** On the bent scale. */
  readonly error: number;
  /** Sum of squares around `y`. */
  readonly within: number;
}

/** One place of the curve, on the bent scale. */
interface Place {
  readonly at: number;
  readonly x: number;
  readonly y: number;
  readonly variance: number;
  /** Standard error of the difference to the best trial, from the choice of images. */
  readonly error: number;
  /** Null in a gap. */
  readonly segment: number | null;
}

/** @param inputs completed trials, in any order */
export function smoothFit(inputs: readonly FitInput[], options: FitOptions): FitResult {
  const nothing = { fit: null, isFitContradicted: false };
  const sorted = inputs
    .filter(({ at, value }) => at > 0 && Number.isFinite(value))
    .toSorted((a, b) => a.at - b.at || a.value - b.value);
  if (new Set(sorted.map(({ at }) => at)).size < valuesMin) return nothing;
  const scale = bentScale(
    sorted.map(({ value }) => value),
    options,
  );
  if (scale === null) return nothing;
  const groups = groupInputs(sorted, scale);
  if (groups.length < valuesMin) return nothing;
  const process = gaussianProcess(groups, {
    within: groups.reduce((sum, { within }) => sum + within, 0),
    total: sorted.length,
    floor: Math.max(floorScale, floorSteps * scale.step),
  });
  if (isContradicted(process)) return { fit: null, isFitContradicted: true };
  return { fit: describe(groups, process, scale, options), isFitContradicted: false };
}

function groupInputs(sorted: readonly FitInput[], scale: BentScale): Group[] {
  const toX = (at: number): number => log(at) / Math.LN10;
  const first = toX(sorted[0]?.at ?? 1);
  const width = (toX(sorted.at(-1)?.at ?? 1) - first) / placesMax;
  const isMany = new Set(sorted.map(({ at }) => at)).size > placesMax;
  const groups = Map.groupBy(sorted, ({ at }) =>
    isMany ? Math.min(placesMax - 1, Math.floor((toX(at) - first) / width)) : at,
  );
  return [...groups.values()].map((group): Group => {
    const ys = group.map(({ value }) => scale.toScale(value));
    const y = mean(ys);
    const x = mean(group.map(({ at }) => toX(at)));
    return {
      x,
      at: group.length === 1 ? (group[0]?.at ?? 0) : exp(x * Math.LN10),
      y,
      count: group.length,
      // All trials use the same images, so the mean of several has the same error.
      error: mean(group.map(({ value, differenceError }) => scale.slope(value) * differenceError)),
      within: ys.reduce((sum, value) => sum + (value - y) ** 2, 0),
    };
  });
}

/** Whether many neighbouring trials are outside of the band around the curve through the others. */
function isContradicted(process: GaussianProcess): boolean {
  const width = studentWidth(process.degrees);
  const outside = [...process.leaveOneOut()].map((distance) => Math.abs(distance) > width);
  return outside.some(
    (_, end) =>
      outside.slice(Math.max(0, end + 1 - windowPlaces), end + 1).filter(Boolean).length >=
      outsideMax,
  );
}

function describe(
  groups: readonly Group[],
  process: GaussianProcess,
  scale: BentScale,
  { parameter }: FitOptions,
): SmoothFit | null {
  const { places, curve } = placeCurve(groups, process);
  const shown = places.filter(({ segment }) => segment !== null);
  const [first] = shown;
  if (first === undefined) return null;
  const top = shown.reduce((best, place) => (place.y > best.y ? place : best), first);
  const width = studentWidth(process.degrees);
  const variances = curve.differenceVariance(places.indexOf(top));
  const isWorse = (place: Place, index: number): boolean => {
    const error = Math.sqrt(
      anywhere ** 2 * (variances[index] ?? 0) + top.error ** 2 + place.error ** 2,
    );
    return place.segment !== null && top.y - place.y > Math.max(rounding, width * error);
  };
  const hasImages = groups.some(({ error }) => error > 0);
  const worse = places.filter(isWorse);
  // Beyond these two places, the curve is nowhere better than there.
  const left = worse.findLast((place) => place.x < top.x && isBound(place, shown, -1)) ?? null;
  const right = worse.find((place) => place.x > top.x && isBound(place, shown, 1)) ?? null;
  if (left === null && right === null) return null;
  return {
    points: shown.map(({ at, y, variance, segment }): FitPoint => {
      const half = width * Math.sqrt(variance);
      const [low = 0, high = 0] = [scale.toValue(y - half), scale.toValue(y + half)].toSorted(
        (a, b) => a - b,
      );
      return { at, fit: scale.toValue(y), low, high, segment: segment ?? 0 };
    }),
    bestAt: left === null || right === null ? null : top.at,
    reason: `${hasImages ? '' : 'by the scatter of the trials alone, '}${formatReason(top.at, left?.at ?? null, right?.at ?? null, parameter)}`,
  };
}

function isBound({ x, y }: Place, shown: readonly Place[], side: 1 | -1): boolean {
  return shown.every((other) => side * (other.x - x) <= 0 || other.y <= y);
}

/** The curve at the trials and between them, evenly in the logarithm; gaps have no segment. */
function placeCurve(groups: readonly Group[], process: GaussianProcess) {
  const range = (groups.at(-1)?.x ?? 0) - (groups[0]?.x ?? 0);
  // The curve near a step is a mean over both of its sides, so neighbours count.
  const errors = groups.map(({ error }, at) =>
    Math.max(error, groups[at - 1]?.error ?? 0, groups[at + 1]?.error ?? 0),
  );
  // `before` is the last group at or before the place.
  const positions = groups.flatMap((group, before) => {
    const next = groups[before + 1];
    const count = next === undefined ? 1 : 1 + Math.ceil((gridPoints * (next.x - group.x)) / range);
    return Array.from({ length: count }, (_, index) => ({
      before,
      share: index / count,
      x: group.x + (index / count) * ((next?.x ?? group.x) - group.x),
    }));
  });
  const curve = process.curveAt(positions.map(({ x }) => x));
  const { mean: ys, variance } = curve;
  const height = ys.reduce((a, b) => Math.max(a, b)) - ys.reduce((a, b) => Math.min(a, b));
  const errorMax = Math.max(unknownDeviations * process.deviation, unknownShare * height);
  const unknown = new Set(
    positions.flatMap(({ before }, index) =>
      Math.sqrt(variance[index] ?? 0) > errorMax ? [before] : [],
    ),
  );
  const places = positions.map(({ before, share, x }, index): Place => {
    const group = groups[before];
    assert(group, 'a place is at a group or after one');
    const isGap = unknown.has(before) && share > 0;
    return {
      at: share === 0 ? group.at : exp(x * Math.LN10),
      x,
      y: ys[index] ?? 0,
      variance: variance[index] ?? 0,
      error: (1 - share) * (errors[before] ?? 0) + share * (errors[before + 1] ?? 0),
      // A gap before this group starts a new segment.
      segment: isGap ? null : [...unknown].filter((gap) => gap < before).length,
    };
  });
  return { places: withoutSinglePoints(places), curve };
}

/** A trial between two gaps has no line. */
function withoutSinglePoints(places: readonly Place[]): Place[] {
  const sizes = Map.groupBy(places, ({ segment }) => segment);
  return places.map((place) =>
    (sizes.get(place.segment)?.length ?? 0) < 2 ? { ...place, segment: null } : place,
  );
}

function formatReason(
  top: number,
  left: number | null,
  right: number | null,
  parameter: ParameterName,
): string {
  const symbol = parameterSymbol(parameter);
  if (left !== null && right !== null)
    return `the fitted curve is best at ${symbol} ${formatParam(top)}, and significantly worse below ${formatParam(left)} and above ${formatParam(right)}`;
  const [side, end, others] =
    left === null ? ['above', right ?? top, 'below'] : ['below', left, 'above'];
  return `the fitted curve is significantly worse ${side} ${symbol} ${formatParam(end)}; ${others} that, it shows no significant differences`;
}

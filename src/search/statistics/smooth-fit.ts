/**
 * Smooth fit: estimates the position of the optimum from all trials together, not from the best one alone.
 *
 * The fit is a curve over the log of the parameter (`local-regression.ts`), a 95 % band around it, and the
 * place of its top. More trials reduce the scatter, but all use the same images, so the images' error is
 * added to the band in full. So is the distance to the finer curve, which estimates the error of the curve
 * at a sharp bend.
 *
 * A top is reported only if the curve is lower on both sides by more than the error of the difference, and
 * the finer curve agrees. Two simplifications favour reporting no top: the images' errors are taken as
 * independent, and no value between two trials that are as good as the top counts as lower. A flat curve
 * has no fit. The fit does not cover other seeds.
 */
import { assert } from '../../base/assert.ts';
import { exp, log } from '../../base/elementary.ts';
import { formatParam, parameterSymbol, type ParameterName } from '../../study/search-space.ts';
import {
  curveAt,
  localRegression,
  varianceFactor,
  type CurvePoint,
  type LocalRegression,
} from './local-regression.ts';
import { mean } from './mean.ts';
import { studentWidth } from './normal.ts';

export interface FitInput {
  /** Value of the parameter. */
  readonly at: number;
  /** The objective. */
  readonly value: number;
  /** Standard error of `value` from the choice of images; 0 if unknown. */
  readonly standardError: number;
}

/** The inputs at one place of the curve. */
interface FitPoint extends CurvePoint {
  /** Standard error of `y` from the choice of images. */
  readonly standardError: number;
}

export interface SmoothFit {
  /** The curve at values of the parameter, with its 95 % band from `low` to `high`. */
  readonly points: readonly Readonly<Record<'at' | 'fit' | 'low' | 'high', number>>[];
  /** The parameter at the top of the curve; null if the curve is not clearly lower on both sides. */
  readonly bestAt: number | null;
  /** The result as a phrase with numbers. */
  readonly reason: string;
}

interface FitOptions {
  readonly direction: 'maximize' | 'minimize';
  readonly parameter: ParameterName;
}

/** Fewest different values of the parameter. */
const valuesMin = 8;
/** More values are grouped into this many places of equal log width. */
const placesMax = 200;
const gridPoints = 81;
/**
 * Factor on the scatter of the difference between the highest and the lowest of all places. In simulated
 * flat searches of 8 to 120 trials, 95 % of these were within 1.2 to 1.7 times Student's width.
 */
const anywhere = 1.7;
/** Relative differences below this are rounding errors. */
const rounding = 1e-9;

interface Place {
  readonly x: number;
  readonly weights: Float64Array;
  readonly fit: number;
  /** The images' error, smoothed like the values. */
  readonly standardError: number;
}

/**
 * @param inputs completed trials, in any order
 * @returns null if there are too few trials, or nothing but noise
 */
export function smoothFit(inputs: readonly FitInput[], options: FitOptions): SmoothFit | null {
  const points = groupInputs(inputs);
  if (points.length < valuesMin) return null;
  const regression = localRegression(points);
  if (regression === null) return null;
  const grid = placeGrid(points, regression);
  const finer = placeGrid(points, regression.finer);
  const sign = options.direction === 'maximize' ? 1 : -1;
  const top = grid.reduce((best, place) => (sign * place.fit > sign * best.fit ? place : best));
  const at = grid.indexOf(top);
  const lower = lowerPlaces(grid, at, sign, points, regression);
  const lowerFiner = lowerPlaces(finer, at, sign, points, regression.finer);
  const isLower = (index: number): boolean => lower[index] === true && lowerFiner[index] === true;
  // Between the outermost points that are as good as the top of the curve, nothing counts as lower.
  const asGood = points.filter(({ y }) => sign * y >= sign * top.fit).map(({ x }) => x);
  const [first = top.x, last = top.x] = [asGood[0], asGood.at(-1)];
  const left = grid.findLast(({ x }, index) => index < at && x < first && isLower(index)) ?? null;
  const right = grid.find(({ x }, index) => index > at && x > last && isLower(index)) ?? null;
  if (left === null && right === null) return null;
  const width = studentWidth(regression.degrees);
  return {
    points: grid.map(({ x, weights, fit, standardError }, index) => {
      const scatter = regression.deviation ** 2 * varianceFactor(points, weights);
      const bend = Math.abs(fit - (finer[index]?.fit ?? fit));
      const half = width * Math.sqrt(scatter + standardError ** 2) + bend;
      return { at: exp(x), fit, low: fit - half, high: fit + half };
    }),
    bestAt: left === null || right === null ? null : exp(top.x),
    reason: formatReason(top, left, right, options),
  };
}

/** For each place: whether the curve is clearly lower than at place `at`; higher if `sign` is -1. */
function lowerPlaces(
  grid: readonly Place[],
  at: number,
  sign: number,
  points: readonly CurvePoint[],
  regression: LocalRegression,
): boolean[] {
  const top = grid[at];
  assert(top, 'the top is a place of the grid');
  const { degrees, deviation } = regression;
  const width = studentWidth(degrees);
  const least = rounding * Math.abs(top.fit);
  return grid.map(({ weights, fit, standardError }) => {
    const difference = top.weights.map((weight, index) => weight - (weights[index] ?? 0));
    const scatter = (anywhere * deviation) ** 2 * varianceFactor(points, difference);
    const error = Math.sqrt(scatter + top.standardError ** 2 + standardError ** 2);
    return sign * (top.fit - fit) > Math.max(least, width * error);
  });
}

/** One point per value of the parameter, or per narrow log interval if there are many values. */
function groupInputs(inputs: readonly FitInput[]): FitPoint[] {
  const finite = inputs.filter(({ at, value }) => at > 0 && Number.isFinite(value));
  const sorted = finite.toSorted((a, b) => a.at - b.at);
  const first = log(sorted[0]?.at ?? 1);
  const width = (log(sorted.at(-1)?.at ?? 1) - first) / placesMax;
  const isMany = sorted.length > placesMax && width > 0;
  const groups = Map.groupBy(sorted, ({ at }) =>
    isMany ? Math.min(placesMax - 1, Math.floor((log(at) - first) / width)) : at,
  );
  return [...groups.values()].map((group) => ({
    x: mean(group.map(({ at }) => log(at))),
    y: mean(group.map(({ value }) => value)),
    count: group.length,
    // All trials use the same images, so the mean of several has the same error.
    standardError: mean(group.map(({ standardError }) => standardError)),
  }));
}

/** Places at equal log distances, from the smallest value of the parameter to the largest. */
function placeGrid(points: readonly FitPoint[], regression: LocalRegression): Place[] {
  const first = points[0]?.x ?? 0;
  const last = points.at(-1)?.x ?? 0;
  const errors = points.map((point) => ({ ...point, y: point.standardError }));
  return Array.from({ length: gridPoints }, (_, index) => {
    const x = first + ((last - first) * index) / (gridPoints - 1);
    const weights = regression.weightsAt(x);
    const standardError = Math.max(0, curveAt(errors, weights));
    return { x, weights, fit: boundedCurve(points, weights), standardError };
  });
}

/** The curve, limited to the values of the near points: a parabola overshoots in a gap. */
function boundedCurve(points: readonly CurvePoint[], weights: Float64Array): number {
  const near = points.flatMap(({ y }, index) => (weights[index] === 0 ? [] : [y]));
  return Math.min(Math.max(curveAt(points, weights), Math.min(...near)), Math.max(...near));
}

function formatReason(
  top: Place,
  left: Place | null,
  right: Place | null,
  { direction, parameter }: FitOptions,
): string {
  const [extreme, worse] = direction === 'maximize' ? ['highest', 'lower'] : ['lowest', 'higher'];
  const symbol = parameterSymbol(parameter);
  const show = (place: Place | null): string => (place === null ? '' : formatParam(exp(place.x)));
  if (left === null)
    return `the smooth curve is clearly ${worse} only above ${symbol} ${show(right)}; it does not separate the values below`;
  if (right === null)
    return `the smooth curve is clearly ${worse} only below ${symbol} ${show(left)}; it does not separate the values above`;
  return `the smooth curve is ${extreme} at ${symbol} ${show(top)}, and clearly ${worse} below ${show(left)} and above ${show(right)}`;
}

/**
 * Where the optimum lies, judged by all trials together instead of by the luckiest one.
 *
 * A smooth curve over log λ (`local-regression.ts`), a band around it, and the λ of its top. The band is
 * where the curve would be for other validation images, with 95 % probability at each place: the scatter
 * of the trials around the curve shrinks with many trials, but all were scored on the same images, so
 * their common error does not, and is added whole.
 *
 * A top is named only where the curve is clearly lower on both sides of it, by more than the band of the
 * difference allows. There the images' errors are taken as independent, though they are shared in
 * part: that errs to silence. Where the curve is flat, there is no fit at all.
 *
 * It says nothing beyond the tried range, and nothing about other seeds.
 */
import { exp, log } from '../base/elementary.ts';
import {
  curveAt,
  localRegression,
  varianceOf,
  type CurvePoint,
  type LocalRegression,
} from './local-regression.ts';
import { mean } from './mean.ts';
import { studentWidth } from './normal.ts';

export interface FitInput {
  readonly lambda: number;
  readonly value: number;
  /** Of the sample of images; 0 where none is known. */
  readonly standardError: number;
}

export interface SmoothFit {
  readonly points: readonly {
    readonly lambda: number;
    readonly fit: number;
    /** Where the curve lies with 95 % probability. */
    readonly low: number;
    readonly high: number;
  }[];
  /** The top of the curve; null where the curve does not fall clearly on both sides of it. */
  readonly bestLambda: number | null;
  /** What the curve says, in a sentence with numbers. */
  readonly reason: string;
}

/** Fewer different λ than this are no curve. */
const lambdasMin = 8;
/** More are put together into so many places of equal width in log λ. */
const placesMax = 200;
const gridPoints = 81;

interface Place {
  readonly x: number;
  readonly weights: Float64Array;
  readonly fit: number;
  /** Of the images, smoothed as the values are. */
  readonly standardError: number;
}

/**
 * @param inputs    completed trials, any order
 * @param direction whether the top or the bottom of the curve is sought
 * @returns null where there are too few, or nothing but noise
 */
export function smoothFit(
  inputs: readonly FitInput[],
  direction: 'maximize' | 'minimize' = 'maximize',
): SmoothFit | null {
  const places = placesOf(inputs);
  const points = places.map(({ x, y, count }): CurvePoint => ({ x, y, count }));
  if (points.length < lambdasMin) return null;
  const regression = localRegression(points);
  if (regression === null) return null;
  const grid = gridOf(points, places, regression);
  const width = studentWidth(regression.degrees);
  const sign = direction === 'maximize' ? 1 : -1;
  const top = grid.reduce((best, place) => (sign * place.fit > sign * best.fit ? place : best));
  const isLower = (place: Place): boolean =>
    sign * (top.fit - place.fit) > width * differenceError(top, place, points, regression);
  const at = grid.indexOf(top);
  const left = grid.slice(0, at).findLast(isLower) ?? null;
  const right = grid.slice(at).find(isLower) ?? null;
  if (left === null && right === null) return null;
  return {
    points: grid.map(({ x, weights, fit, standardError }) => {
      const scatter = regression.deviation ** 2 * varianceOf(points, weights);
      const half = width * Math.sqrt(scatter + standardError ** 2);
      return { lambda: exp(x), fit, low: fit - half, high: fit + half };
    }),
    bestLambda: left === null || right === null ? null : exp(top.x),
    reason: reasonOf(top, left, right, direction),
  };
}

/** One point for each λ, or for each of many narrow intervals of log λ. */
function placesOf(inputs: readonly FitInput[]): (CurvePoint & { standardError: number })[] {
  const finite = inputs.filter(({ lambda, value }) => lambda > 0 && Number.isFinite(value));
  const sorted = finite.toSorted((a, b) => a.lambda - b.lambda);
  const first = log(sorted[0]?.lambda ?? 1);
  const width = (log(sorted.at(-1)?.lambda ?? 1) - first) / placesMax;
  const isMany = sorted.length > placesMax && width > 0;
  const groups = Map.groupBy(sorted, ({ lambda }) =>
    isMany ? Math.min(placesMax - 1, Math.floor((log(lambda) - first) / width)) : lambda,
  );
  return [...groups.values()].map((group) => ({
    x: mean(group.map(({ lambda }) => log(lambda))),
    y: mean(group.map(({ value }) => value)),
    count: group.length,
    // The images are the same for all of them: no smaller for a mean of several.
    standardError: mean(group.map(({ standardError }) => standardError)),
  }));
}

/** Equally spaced in log λ, from the smallest λ tried to the largest. */
function gridOf(
  points: readonly CurvePoint[],
  places: readonly { readonly standardError: number }[],
  regression: LocalRegression,
): Place[] {
  const first = points[0]?.x ?? 0;
  const last = points.at(-1)?.x ?? 0;
  const errors = points.map((point, index) => ({
    ...point,
    y: places[index]?.standardError ?? 0,
  }));
  return Array.from({ length: gridPoints }, (_, index) => {
    const x = first + ((last - first) * index) / (gridPoints - 1);
    const weights = regression.weightsAt(x);
    const standardError = Math.max(0, curveAt(errors, weights));
    return { x, weights, fit: curveAt(points, weights), standardError };
  });
}

function differenceError(
  a: Place,
  b: Place,
  points: readonly CurvePoint[],
  { deviation }: LocalRegression,
): number {
  const difference = a.weights.map((weight, index) => weight - (b.weights[index] ?? 0));
  const scatter = deviation ** 2 * varianceOf(points, difference);
  return Math.sqrt(scatter + a.standardError ** 2 + b.standardError ** 2);
}

function reasonOf(
  top: Place,
  left: Place | null,
  right: Place | null,
  direction: 'maximize' | 'minimize',
): string {
  const [word, worse] = direction === 'maximize' ? ['highest', 'lower'] : ['lowest', 'higher'];
  const show = ({ x }: Place): string => exp(x).toExponential(2);
  if (left === null)
    return `the smooth curve is clearly ${worse} only above λ ${right === null ? '' : show(right)}; below, it cannot tell the λ apart`;
  if (right === null)
    return `the smooth curve is clearly ${worse} only below λ ${show(left)}; above, it cannot tell the λ apart`;
  return `the smooth curve is ${word} at λ ${show(top)}, and clearly ${worse} below ${show(left)} and above ${show(right)}`;
}

/**
 * Where the optimum lies, judged by all trials together instead of by the luckiest one.
 *
 * A smooth curve over log λ (`local-regression.ts`), a band around it, and the λ of its top. The band is
 * where the curve would be for other validation images, with 95 % probability at each place: the scatter
 * of the trials around the curve shrinks with many trials, but all were scored on the same images, so
 * their common error does not, and is added whole. So is the distance to the finer curve: beside a sharp
 * bend the smooth one is wrong by about that much, however many trials there are.
 *
 * A top is named only where the curve is clearly lower on both sides of it, by more than the band of the
 * difference allows, and the finer curve says the same: else the swing beside a bend would be a top. The
 * images' errors are taken as independent there, though they are shared in part: that errs to silence. So
 * does that no λ counts as lower between trials that are as good as the top of the curve.
 * Where the curve is flat, there is no fit at all.
 *
 * It says nothing beyond the tried range, and nothing about other seeds.
 */
import { assert } from '../../base/assert.ts';
import { exp, log } from '../../base/elementary.ts';
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
/**
 * How much more of the scatter it takes to be clearly lower somewhere than at one given place: of all the
 * places the lowest is looked at, beside the highest. In simulated flat searches of 8 to 120 trials, that
 * difference was within 1.2 to 1.7 times Student's width in 95 %.
 */
const anywhere = 1.7;
/** A share of the value that no measurement is as exact as: where all values are one, what is left is rounding. */
const rounding = 1e-9;

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
  const finer = gridOf(points, places, regression.finer);
  const sign = direction === 'maximize' ? 1 : -1;
  const top = grid.reduce((best, place) => (sign * place.fit > sign * best.fit ? place : best));
  const at = grid.indexOf(top);
  const below = lowerPlaces(grid, at, sign, points, regression);
  const belowFiner = lowerPlaces(finer, at, sign, points, regression.finer);
  const isLower = (index: number): boolean => below[index] === true && belowFiner[index] === true;
  // Between the outermost points that are as good as the top of the curve it is not lower, whatever it says.
  const asGood = points.filter(({ y }) => sign * y >= sign * top.fit).map(({ x }) => x);
  const [first = top.x, last = top.x] = [asGood[0], asGood.at(-1)];
  const left = grid.findLast(({ x }, index) => index < at && x < first && isLower(index)) ?? null;
  const right = grid.find(({ x }, index) => index > at && x > last && isLower(index)) ?? null;
  if (left === null && right === null) return null;
  const width = studentWidth(regression.degrees);
  return {
    points: grid.map(({ x, weights, fit, standardError }, index) => {
      const scatter = regression.deviation ** 2 * varianceOf(points, weights);
      const bend = Math.abs(fit - (finer[index]?.fit ?? fit));
      const half = width * Math.sqrt(scatter + standardError ** 2) + bend;
      return { lambda: exp(x), fit, low: fit - half, high: fit + half };
    }),
    bestLambda: left === null || right === null ? null : exp(top.x),
    reason: reasonOf(top, left, right, direction),
  };
}

/** For each place whether the curve is clearly lower there than at the place `at`; higher for a negative sign. */
function lowerPlaces(
  grid: readonly Place[],
  at: number,
  sign: number,
  points: readonly CurvePoint[],
  regression: LocalRegression,
): boolean[] {
  const top = grid[at];
  assert(top, 'the top is a place of the grid');
  const width = studentWidth(regression.degrees);
  const least = rounding * Math.abs(top.fit);
  return grid.map(
    (place) =>
      sign * (top.fit - place.fit) >
      Math.max(least, width * differenceError(top, place, points, regression)),
  );
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
    return { x, weights, fit: boundedCurve(points, weights), standardError };
  });
}

/** Where there are no points a parabola leaps: it is taken for no value that none of the near ones comes up to. */
function boundedCurve(points: readonly CurvePoint[], weights: Float64Array): number {
  const near = points.flatMap(({ y }, index) => (weights[index] === 0 ? [] : [y]));
  return Math.min(Math.max(curveAt(points, weights), Math.min(...near)), Math.max(...near));
}

function differenceError(
  a: Place,
  b: Place,
  points: readonly CurvePoint[],
  { deviation }: LocalRegression,
): number {
  const difference = a.weights.map((weight, index) => weight - (b.weights[index] ?? 0));
  const scatter = (anywhere * deviation) ** 2 * varianceOf(points, difference);
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

/**
 * Local quadratic regression: a smooth curve through scattered values (Cleveland 1979, loess).
 *
 * At each place a parabola is fitted by weighted least squares to the nearest points; its value there
 * is the curve. Near and far is judged by the tricube weight over the distance to the farthest of them.
 * The curve is linear in the values, so a place has weights l with curve = Σ lᵢ yᵢ, and everything about
 * its noise follows from them. How many points count as near is chosen by the corrected Akaike
 * criterion (Hurvich, Simonoff and Tsai 1998), which does not follow the noise when points are few.
 *
 * A parabola over many points rounds off a sharp bend and swings beside it. The same regression over half
 * as many points does that less; where the two differ is what the shape of the curve may be wrong by.
 */
import { assert } from '../../base/assert.ts';
import { log } from '../../base/elementary.ts';

export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  /** How many observations it is the mean of. */
  readonly count: number;
}

export interface LocalRegression {
  /** The standard deviation of a single observation around the curve. */
  readonly deviation: number;
  /** Degrees of freedom that are left for it. */
  readonly degrees: number;
  /** l at x, one for each point. */
  weightsAt(x: number): Float64Array;
}

export interface ChosenRegression extends LocalRegression {
  /** The share of the points that count as near. */
  readonly span: number;
  /** Over half as many points: more noise, less of what a sharp bend does to the curve. */
  readonly finer: LocalRegression;
}

const spans = [0.3, 0.4, 0.5, 0.65, 0.8, 1] as const;
/** A parabola needs three; the farthest has weight 0. */
const nearMin = 6;
/** Degrees of freedom that must be left, for the noise to be known at all. */
const degreesMin = 4;

/** @param points ascending in x, all different; null where they are too few for their noise to be known */
export function localRegression(points: readonly CurvePoint[]): ChosenRegression | null {
  const n = points.length;
  if (n < nearMin) return null;
  const known = spans
    .map((span) => ({ span, ...fitWith(points, nearOf(span, n)) }))
    .filter(({ degrees }) => degrees >= degreesMin);
  const [finest] = known;
  if (finest === undefined) return null;
  const best = known.reduce((a, b) => (b.criterion < a.criterion ? b : a));
  const half = fitWith(points, nearOf(best.span / 2, n));
  return { ...best, finer: half.degrees >= degreesMin ? half : finest };
}

function nearOf(span: number, count: number): number {
  return Math.min(count, Math.max(nearMin, Math.ceil(span * count)));
}

export function curveAt(points: readonly CurvePoint[], weights: Float64Array): number {
  return points.reduce((sum, { y }, index) => sum + (weights[index] ?? 0) * y, 0);
}

/** Σ l²/c: the variance of the curve, or of a difference of two places of it, for noise of variance 1. */
export function varianceOf(points: readonly CurvePoint[], weights: Float64Array): number {
  return points.reduce((sum, { count }, index) => sum + (weights[index] ?? 0) ** 2 / count, 0);
}

function fitWith(
  points: readonly CurvePoint[],
  near: number,
): LocalRegression & { criterion: number } {
  const n = points.length;
  const weightsAt = (x: number): Float64Array => localWeights(points, x, near);
  let squares = 0;
  let trace = 0;
  let traceSquared = 0;
  for (const [index, { x, y, count }] of points.entries()) {
    const weights = weightsAt(x);
    squares += count * (y - curveAt(points, weights)) ** 2;
    trace += weights[index] ?? 0;
    // ‖L‖² in units of each point's own noise.
    traceSquared += count * varianceOf(points, weights);
  }
  const degrees = n - 2 * trace + traceSquared;
  const penalty = n - trace - 2 > 0 ? (2 * (trace + 1)) / (n - trace - 2) : Infinity;
  return {
    degrees,
    deviation: degrees > 0 ? Math.sqrt(squares / degrees) : NaN,
    weightsAt,
    criterion: log(Math.max(squares / n, Number.MIN_VALUE)) + penalty,
  };
}

/** The weights of a parabola around x through the `near` nearest points. */
function localWeights(points: readonly CurvePoint[], x: number, near: number): Float64Array {
  const reach = distanceOfNearest(points, x, near);
  assert(reach > 0, 'points of a curve lie at different places');
  const weights = new Float64Array(points.length);
  const moments = [0, 0, 0, 0, 0];
  for (const [index, point] of points.entries()) {
    const u = (point.x - x) / reach;
    if (Math.abs(u) >= 1) continue;
    const weight = point.count * (1 - Math.abs(u) ** 3) ** 3;
    weights[index] = weight;
    for (let power = 0; power <= 4; power++)
      moments[power] = (moments[power] ?? 0) + weight * u ** power;
  }
  const [a = 0, b = 0, c = 0] = firstOfInverse(moments);
  for (const [index, point] of points.entries()) {
    const u = (point.x - x) / reach;
    weights[index] = (weights[index] ?? 0) * (a + b * u + c * u * u);
  }
  return weights;
}

/** The first row of the inverse of [[m0, m1, m2], [m1, m2, m3], [m2, m3, m4]], by its cofactors. */
function firstOfInverse(moments: readonly number[]): readonly number[] {
  const [m0 = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0] = moments;
  const first = m2 * m4 - m3 * m3;
  const second = m2 * m3 - m1 * m4;
  const third = m1 * m3 - m2 * m2;
  const determinant = m0 * first + m1 * second + m2 * third;
  // Everything near in one spot: the mean of it is all that can be said.
  if (!(determinant > 1e-12 * m0 ** 3)) return [1 / m0, 0, 0];
  return [first / determinant, second / determinant, third / determinant];
}

/** Points are ascending, so the nearest ones are a window of them. */
function distanceOfNearest(points: readonly CurvePoint[], x: number, near: number): number {
  let low = 0;
  const distance = (index: number): number => Math.abs((points[index]?.x ?? Infinity) - x);
  while (low + near < points.length && distance(low + near) < distance(low)) low += 1;
  return Math.max(distance(low), distance(low + near - 1));
}

/**
 * Local quadratic regression: a smooth curve through scattered values (Cleveland 1979, loess).
 *
 * At each place x, a parabola is fitted to the nearest points by least squares with tricube weights; its
 * value at x is the curve. The curve is linear in the values, curve(x) = Σ lᵢ yᵢ, and its noise follows
 * from the weights l. The number of nearest points minimizes the corrected Akaike criterion (Hurvich,
 * Simonoff and Tsai 1998). The difference to the same regression over half as many points estimates the
 * error at a sharp bend, which a parabola over many points rounds off.
 */
import { assert } from '../../base/assert.ts';
import { log } from '../../base/elementary.ts';

export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  /** `y` is the mean of this many observations. */
  readonly count: number;
}

export interface LocalRegression {
  /** Share of the points that are fitted at each place. */
  readonly span: number;
  /** Standard deviation of a single observation around the curve. */
  readonly deviation: number;
  /** Residual degrees of freedom of `deviation`. */
  readonly degrees: number;
  /** The weights l at x, one per point. */
  weightsAt(x: number): Float64Array;
}

interface ChosenRegression extends LocalRegression {
  /** The regression over half as many points: more noise, less error at a sharp bend. */
  readonly finer: LocalRegression;
}

const spans = [0.3, 0.4, 0.5, 0.65, 0.8, 1] as const;
/** Fewest points per fit: a parabola needs three, and the farthest has weight 0. */
const nearMin = 6;
/** Fewest residual degrees of freedom with which the noise can be estimated. */
const degreesMin = 4;

/**
 * @param points ascending in x, all different
 * @returns null if there are too few points to estimate their noise
 */
export function localRegression(points: readonly CurvePoint[]): ChosenRegression | null {
  const n = points.length;
  if (n < nearMin) return null;
  const known = spans
    .map((span) => fitWith(points, span))
    .filter(({ degrees }) => degrees >= degreesMin);
  const [finest] = known;
  if (finest === undefined) return null;
  const best = known.reduce((a, b) => (b.criterion < a.criterion ? b : a));
  const half = fitWith(points, best.span / 2);
  return { ...best, finer: half.degrees >= degreesMin ? half : finest };
}

export function curveAt(points: readonly CurvePoint[], weights: Float64Array): number {
  return points.reduce((sum, { y }, index) => sum + (weights[index] ?? 0) * y, 0);
}

/** Σ l²/c: variance of the curve, or of the difference of two of its places, for noise of variance 1. */
export function varianceFactor(points: readonly CurvePoint[], weights: Float64Array): number {
  return points.reduce((sum, { count }, index) => sum + (weights[index] ?? 0) ** 2 / count, 0);
}

function fitWith(
  points: readonly CurvePoint[],
  span: number,
): LocalRegression & { criterion: number } {
  const n = points.length;
  const near = Math.min(n, Math.max(nearMin, Math.ceil(span * n)));
  const weightsAt = (x: number): Float64Array => localWeights(points, x, near);
  let squares = 0;
  let trace = 0;
  let traceSquared = 0;
  for (const [index, { x, y, count }] of points.entries()) {
    const weights = weightsAt(x);
    squares += count * (y - curveAt(points, weights)) ** 2;
    trace += weights[index] ?? 0;
    // ‖L‖², in units of each point's noise.
    traceSquared += count * varianceFactor(points, weights);
  }
  const degrees = n - 2 * trace + traceSquared;
  const penalty = n - trace - 2 > 0 ? (2 * (trace + 1)) / (n - trace - 2) : Infinity;
  return {
    span,
    degrees,
    deviation: degrees > 0 ? Math.sqrt(squares / degrees) : NaN,
    weightsAt,
    criterion: log(Math.max(squares / n, Number.MIN_VALUE)) + penalty,
  };
}

/** The weights l of a parabola around x through the `near` nearest points. */
function localWeights(points: readonly CurvePoint[], x: number, near: number): Float64Array {
  const reach = windowReach(points, x, near);
  assert(reach > 0, 'points of a curve are at different places');
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
  const [a = 0, b = 0, c = 0] = firstInverseRow(moments);
  for (const [index, point] of points.entries()) {
    const u = (point.x - x) / reach;
    weights[index] = (weights[index] ?? 0) * (a + b * u + c * u * u);
  }
  return weights;
}

/** The first row of the inverse of [[m0, m1, m2], [m1, m2, m3], [m2, m3, m4]], by cofactors. */
function firstInverseRow(moments: readonly number[]): readonly number[] {
  const [m0 = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0] = moments;
  const first = m2 * m4 - m3 * m3;
  const second = m2 * m3 - m1 * m4;
  const third = m1 * m3 - m2 * m2;
  const determinant = m0 * first + m1 * second + m2 * third;
  // All near points are at one place: use their mean.
  if (!(determinant > 1e-12 * m0 ** 3)) return [1 / m0, 0, 0];
  return [first / determinant, second / determinant, third / determinant];
}

/** Distance to the farthest of the `near` nearest points, which are a window of the ascending points. */
function windowReach(points: readonly CurvePoint[], x: number, near: number): number {
  let low = 0;
  const distance = (index: number): number => Math.abs((points[index]?.x ?? Infinity) - x);
  while (low + near < points.length && distance(low + near) < distance(low)) low += 1;
  return Math.max(distance(low), distance(low + near - 1));
}

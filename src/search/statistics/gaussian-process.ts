/**
 * Gaussian process: a smooth curve through scattered observations, with its uncertainty (Rasmussen and
 * Williams 2006).
 *
 * The curve has a Matérn 5/2 correlation over x, in decades of the parameter. Its length scale and its
 * height relative to the noise are not chosen but averaged over a fixed table, each entry weighted by how
 * well it explains the observations (marginal likelihood); the mean and the noise are integrated out. One
 * entry is a constant curve. Other entries stretch the length scale eight times on one side of a place: the
 * typical curve is flat over most decades and bends in one.
 *
 * Not done here: the scale of the observations (`bent-scale.ts`), and what the curve says (`smooth-fit.ts`).
 */
import { assert } from '../../base/assert.ts';
import { exp, log } from '../../base/elementary.ts';
import { cholesky, forwardSolve } from './cholesky.ts';
import { correlation, correlationMatrix, stretchesBetween, type Stretch } from './correlation.ts';

export interface Observation {
  /** In decades. */
  readonly x: number;
  readonly y: number;
  /** Its noise has the variance of one observation divided by this. */
  readonly count: number;
}

export interface ProcessOptions {
  /** Sum of squares around the observations, where several were merged into one. */
  readonly within: number;
  /** Number of observations before merging. */
  readonly total: number;
  /** What the deviation of the noise is expected to be at least; weighs as much as `floorDegrees` observations. */
  readonly floor: number;
}

/** The curve at some places. */
interface Curve {
  readonly mean: Float64Array;
  /** Variance of the curve, without the noise of an observation. */
  readonly variance: Float64Array;
  /** Variance of the difference between each place and place `from`. */
  differenceVariance(from: number): Float64Array;
}

export interface GaussianProcess {
  /** Standard deviation of one observation around the curve. */
  readonly deviation: number;
  readonly degrees: number;
  curveAt(places: readonly number[]): Curve;
  /** Distance of each observation from the curve through the others, in standard errors of a single one. */
  leaveOneOut(): Float64Array;
}

/** Length scales in decades, and variances of the curve relative to the noise. */
const lengths = [0.5, 0.8, 1.3, 2.2, 3.6, 6] as const;
const ratios = [1, 8, 64, 512, 4096, 32768] as const;
const floorDegrees = 5;
/** Entries are kept, best first, until they have this share of the weight. */
const keptWeight = 0.98;
const keptMax = 16;

interface Entry {
  readonly stretch: Stretch;
  readonly length: number;
  readonly ratio: number;
  /** Cholesky factor L of the covariance of the observations, in units of the noise. */
  readonly factor: Float64Array;
  /** L⁻¹·1 and L⁻¹·(y − mean). */
  readonly ones: Float64Array;
  readonly rest: Float64Array;
  readonly precision: number;
  readonly mean: number;
  /** Variance of the noise. */
  readonly noise: number;
  readonly logWeight: number;
}

type Weighted = Entry & { readonly weight: number };

/** @param observations ascending in x, all at different places; at least two */
export function gaussianProcess(
  observations: readonly Observation[],
  options: ProcessOptions,
): GaussianProcess {
  const entries = weighted(allEntries(observations, options));
  const xs = observations.map(({ x }) => x);
  return {
    deviation: Math.sqrt(sum(entries, ({ weight, noise }) => weight * noise)),
    degrees: options.total - 1 + floorDegrees,
    curveAt: (places) => curve(entries, xs, places),
    leaveOneOut: () => leaveOneOut(observations, entries[0]),
  };
}

function allEntries(observations: readonly Observation[], options: ProcessOptions): Entry[] {
  const [first, last] = [observations[0], observations.at(-1)];
  assert(first && last && first.x < last.x, 'a curve has observations at two places');
  const stretches = stretchesBetween(first.x, last.x);
  const n = observations.length;
  // A constant curve weighs as much as each ratio, an even length scale as much as all stretches.
  const even = log(stretches.length);
  const constant = fitEntry(observations, options, new Float64Array(n * n), {
    stretch: (x) => x,
    length: 1,
    ratio: 0,
    prior: even + log(lengths.length),
  });
  const entries = [constant];
  for (const [index, stretch] of [(x: number) => x, ...stretches].entries()) {
    const xs = observations.map(({ x }) => stretch(x));
    for (const length of lengths) {
      const correlations = correlationMatrix(xs, length);
      for (const ratio of ratios) {
        const prior = index === 0 ? even : 0;
        entries.push(
          fitEntry(observations, options, correlations, { stretch, length, ratio, prior }),
        );
      }
    }
  }
  return entries;
}

function fitEntry(
  observations: readonly Observation[],
  { within, total, floor }: ProcessOptions,
  correlations: Float64Array,
  { prior, ...shape }: Pick<Entry, 'stretch' | 'length' | 'ratio'> & { readonly prior: number },
): Entry {
  const n = observations.length;
  const factor = correlations.map((value) => shape.ratio * value);
  for (const [index, { count }] of observations.entries())
    factor[index * n + index] = shape.ratio + 1 / count;
  cholesky(factor, n);
  const ones = forwardSolve(factor, new Float64Array(n).fill(1));
  const values = forwardSolve(
    factor,
    Float64Array.from(observations, ({ y }) => y),
  );
  const precision = dot(ones, ones);
  const mean = dot(ones, values) / precision;
  const rest = values.map((value, index) => value - mean * (ones[index] ?? 0));
  const degrees = total - 1 + floorDegrees;
  const squares = dot(rest, rest) + within + floorDegrees * floor ** 2;
  let logWeight = prior - log(precision) / 2 - (degrees / 2) * log(squares);
  for (let index = 0; index < n; index++) logWeight -= log(factor[index * n + index] ?? 1);
  return { ...shape, factor, ones, rest, precision, mean, noise: squares / degrees, logWeight };
}

/** The entries that matter, best first, with weights that add up to 1. */
function weighted(entries: readonly Entry[]): Weighted[] {
  const best = entries.reduce((most, { logWeight }) => Math.max(most, logWeight), -Infinity);
  const all = entries
    .map((entry) => ({ ...entry, weight: exp(entry.logWeight - best) }))
    .toSorted((a, b) => b.weight - a.weight);
  const total = sum(all, ({ weight }) => weight);
  const kept: Weighted[] = [];
  let share = 0;
  for (const entry of all) {
    if (share >= keptWeight * total || kept.length >= keptMax) break;
    kept.push(entry);
    share += entry.weight;
  }
  return kept.map((entry) => ({ ...entry, weight: entry.weight / share }));
}

/** One entry at some places, in units of its noise. */
interface EntryCurve {
  readonly entry: Weighted;
  readonly places: readonly number[];
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  /** L⁻¹·k of each place, for its correlations k with the observations. */
  readonly solved: readonly Float64Array[];
  /** Remainder of the unknown mean at each place. */
  readonly leverage: Float64Array;
}

function curve(
  entries: readonly Weighted[],
  xs: readonly number[],
  places: readonly number[],
): Curve {
  const parts = entries.map((entry) => entryCurve(entry, xs, places));
  const mean = Float64Array.from(places, (_, at) =>
    sum(parts, ({ entry, mean: own }) => entry.weight * (own[at] ?? 0)),
  );
  // Between entries, means differ too. `from`: of the difference to this place.
  const mixed = (variance: (part: EntryCurve, at: number) => number, from: number | null) =>
    Float64Array.from(places, (_, at) => {
      const offset = (values: Float64Array): number =>
        (values[at] ?? 0) - (from === null ? 0 : (values[from] ?? 0));
      return sum(parts, (part) => {
        const { weight, noise } = part.entry;
        const apart = offset(part.mean) - offset(mean);
        return weight * (noise * Math.max(0, variance(part, at)) + apart ** 2);
      });
    });
  return {
    mean,
    variance: mixed(({ variance }, at) => variance[at] ?? 0, null),
    differenceVariance: (from) =>
      mixed((part, at) => {
        const { variance } = part;
        return (variance[at] ?? 0) + (variance[from] ?? 0) - 2 * covariance(part, at, from);
      }, from),
  };
}

function entryCurve(entry: Weighted, xs: readonly number[], places: readonly number[]): EntryCurve {
  const { stretch, length, ratio, factor, ones, rest, mean, precision } = entry;
  const near = xs.map(stretch);
  const own = places.map(stretch);
  const solved = own.map((place) =>
    forwardSolve(
      factor,
      Float64Array.from(near, (x) => ratio * correlation((place - x) / length)),
    ),
  );
  const leverage = Float64Array.from(solved, (vector) => 1 - dot(vector, ones));
  return {
    entry,
    places: own,
    mean: Float64Array.from(solved, (vector) => mean + dot(vector, rest)),
    variance: Float64Array.from(
      solved,
      (vector, at) => ratio - dot(vector, vector) + (leverage[at] ?? 0) ** 2 / precision,
    ),
    solved,
    leverage,
  };
}

function covariance({ entry, places, solved, leverage }: EntryCurve, a: number, b: number): number {
  const { ratio, length, precision } = entry;
  const prior = ratio * correlation(((places[a] ?? 0) - (places[b] ?? 0)) / length);
  const known = dot(solved[a] ?? new Float64Array(), solved[b] ?? new Float64Array());
  return prior - known + ((leverage[a] ?? 0) * (leverage[b] ?? 0)) / precision;
}

function leaveOneOut(
  observations: readonly Observation[],
  entry: Weighted | undefined,
): Float64Array {
  assert(entry, 'a process has an entry');
  const { factor, ones, rest, precision, noise } = entry;
  const n = observations.length;
  return Float64Array.from(observations, ({ count }, index) => {
    const unit = new Float64Array(n);
    unit[index] = 1;
    const column = forwardSolve(factor, unit);
    // The precision of the observation, given the others.
    const own = Math.max(
      Number.MIN_VALUE,
      dot(column, column) - dot(column, ones) ** 2 / precision,
    );
    return dot(column, rest) / own / Math.sqrt(noise * (1 / own + 1 - 1 / count));
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let index = 0; index < a.length; index++) total += (a[index] ?? 0) * (b[index] ?? 0);
  return total;
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

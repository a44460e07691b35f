/**
 * Learning-rate range: suggests bounds of a cyclical rate from a range test, in which the rate rises
 * slowly (Smith 2015, arXiv 1506.01186, section 3.3).
 *
 * The paper reads both bounds from a plot; this module has rules. The lowest rate is where accuracy is
 * clearly above chance. The highest is where it starts to fall: the median of five measurements is
 * clearly below the highest median before it, so single dips do not count.
 */
import { assert } from '../../base/assert.ts';

export interface RatePoint {
  readonly learningRate: number;
  /** Validation accuracy, a share in [0, 1]. */
  readonly accuracy: number;
}

export interface SuggestedRates {
  readonly min: number;
  readonly max: number;
  /** Sentences: what limits the suggestion, and what would improve it. */
  readonly notes: readonly string[];
}

/** Share of the way from chance to the best accuracy that counts as a rise. */
const riseShare = 0.1;
/** Standard errors that a clear difference exceeds. */
const clearErrors = 3;
/** Measurements on each side that a median includes. */
const medianReach = 2;
const pointsMin = 5;

const earlyRiseNote =
  'accuracy had already risen at the first measurement: use a lower --max or more --points to find the lowest rate';
const noFallNote =
  'accuracy did not fall up to the highest rate: use a higher --max to find the highest rate';

/**
 * Returns null if accuracy did not rise, or there are fewer than five points. `points` ascend by rate;
 * `classes` is the number of classes in the data set, `count` the number of validation images.
 */
export function suggestRates(
  points: readonly RatePoint[],
  classes: number,
  count: number,
): SuggestedRates | null {
  assert(classes > 1 && count > 0, 'accuracy is measured on images of several classes');
  const accuracies = points.map(({ accuracy }) => accuracy);
  const medians = accuracies.map((_, at) =>
    medianFrom(accuracies.slice(Math.max(0, at - medianReach), at + medianReach + 1)),
  );
  const best = Math.max(...medians);
  const chance = 1 / classes;
  const rise = Math.max(riseShare * (best - chance), clearErrors * standardError(chance, count));
  const risen = accuracies.findIndex((accuracy) => accuracy > chance + rise);
  if (points.length < pointsMin || risen === -1) return null;

  const peak = peakBeforeFall(medians, count);
  const min = points[Math.max(0, risen - 1)]?.learningRate ?? 0;
  const max = points[peak.index]?.learningRate ?? min;
  if (max <= min) return null;
  const notes = [];
  if (risen === 0) notes.push(earlyRiseNote);
  if (!peak.falls) notes.push(noFallNote);
  return { min, max, notes };
}

/** Index of the highest median before the first clear fall; the last of equals. */
function peakBeforeFall(
  medians: readonly number[],
  count: number,
): { index: number; falls: boolean } {
  let index = 0;
  for (const [at, median] of medians.entries()) {
    const highest = medians[index] ?? 0;
    if (median >= highest) index = at;
    // Both measurements have an error.
    const clear = clearErrors * Math.SQRT2 * standardError(highest, count);
    if (highest - median > clear) return { index, falls: true };
  }
  return { index, falls: false };
}

/** Binomial standard error of an accuracy of `share` on `count` images. */
function standardError(share: number, count: number): number {
  const half = 0.5 / count; // An accuracy of 0 or 1 is not certain.
  const bounded = Math.min(1 - half, Math.max(half, share));
  return Math.sqrt((bounded * (1 - bounded)) / count);
}

function medianFrom(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

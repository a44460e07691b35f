/**
 * Which learning rates to cycle between, from a test in which the rate rose slowly: Smith 2015
 * (arXiv 1506.01186), section 3.3. The lowest rate is where accuracy starts to rise, the highest where
 * it begins to fall or becomes ragged.
 *
 * Read by eye in the paper; here by rules. Accuracy has risen when it stands clear of chance. It falls
 * when the median of five measurements is clearly below what it was: single dips are noise, since each
 * measurement is of a network in the middle of training.
 */
import { assert } from '../../base/assert.ts';
import { standardError } from '../../search/statistics/standard-error.ts';

export interface RatePoint {
  readonly learningRate: number;
  /** Validation accuracy, a share in [0, 1]. */
  readonly accuracy: number;
}

export interface SuggestedRates {
  readonly min: number;
  readonly max: number;
  /** Sentences: why these, and what would tell more. */
  readonly notes: readonly string[];
}

/** Of the way from chance to the best accuracy: less is not called a rise. */
const riseShare = 0.1;
/** Standard errors that a difference must exceed. */
const clearErrors = 3;
/** Measurements on each side that a median is taken over. */
const medianReach = 2;
const pointsMin = 5;

/**
 * @param points   by rate, ascending
 * @param classes  of the data set: chance is 1/classes
 * @param count    validation images
 * @returns null where accuracy never rose, or too little was measured
 */
export function suggestRates(
  points: readonly RatePoint[],
  classes: number,
  count: number,
): SuggestedRates | null {
  assert(classes > 1 && count > 0, 'accuracy is measured on images of several classes');
  const medians = points.map((_, index) =>
    medianOf(
      points
        .slice(Math.max(0, index - medianReach), index + medianReach + 1)
        .map(({ accuracy }) => accuracy),
    ),
  );
  const best = Math.max(...medians);
  const chance = 1 / classes;
  const rise = Math.max(riseShare * (best - chance), clearErrors * standardError(chance, count));
  const risen = points.findIndex(({ accuracy }) => accuracy > chance + rise);
  if (points.length < pointsMin || risen === -1) return null;

  const peak = peakBeforeFall(medians, count);
  const min = points[Math.max(0, risen - 1)]?.learningRate ?? 0;
  const max = points[peak.index]?.learningRate ?? min;
  if (max <= min) return null;
  const notes = [];
  if (risen === 0)
    notes.push(
      'accuracy had risen at the first measurement already: a test with a lower --max, or more --points, tells more about the lowest rate',
    );
  if (!peak.falls)
    notes.push('accuracy did not fall up to the highest rate: a higher --max tells more about it');
  return { min, max, notes };
}

/** The highest median before the first clear fall; of the last of equals, since all below it are fine. */
function peakBeforeFall(
  medians: readonly number[],
  count: number,
): { readonly index: number; readonly falls: boolean } {
  let index = 0;
  for (const [at, median] of medians.entries()) {
    const highest = medians[index] ?? 0;
    if (median >= highest) index = at;
    // Two measurements are compared: each has its error.
    const clear = clearErrors * Math.SQRT2 * standardError(highest, count);
    if (highest - median > clear) return { index, falls: true };
  }
  return { index, falls: false };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

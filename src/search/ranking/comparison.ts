/**
 * Comparison with the best: for each configuration the paired difference to the best one, its error, and
 * whether the difference is significant.
 *
 * All configurations are scored on the same images, so two of them are compared image by image. The best
 * was chosen because its value is high, and every other one had the same chance: so the largest statistic of
 * all comparisons decides, not each of them alone (`sign-flips.ts`). A configuration is significantly worse if
 * its statistic is above the largest one of 95 % of the flips. The truly best configuration is then not
 * significantly worse with about 95 % probability; docs/decisions/0054 has the simulated ones.
 *
 * The intervals hold for all differences at once (Hsu 1984, comparisons with the best), and contain 0 for
 * exactly the configurations that are not significantly worse.
 *
 * The test covers the choice of images, not of seeds: replicates are not more images. Races have a test of
 * their own (`ties.ts`), which must not change.
 */
import { pairedDifferences, type Scores } from './paired-differences.ts';
import { flippedMaxima } from './sign-flips.ts';

export interface Comparison {
  /** Own value minus the value of the best, on the replicates that both have; in the objective's unit. */
  readonly difference: number;
  /** Paired standard error of `difference`, from the choice of images. */
  readonly standardError: number;
  /** One-sided, of this comparison alone; of accuracies by McNemar's exact test. */
  readonly pValue: number;
  /** Adjusted for all comparisons: at most 0.05 if and only if it is significantly worse. */
  readonly adjustedPValue: number;
  /** Ends of the simultaneous 95 % interval of `difference`; null with too few images for one. */
  readonly low: number | null;
  readonly high: number | null;
  /** Whether it is not significantly worse. */
  readonly tied: boolean;
}

export interface ComparisonOptions {
  /** Number of images. */
  readonly images: number;
  /** Of the study. */
  readonly seed: number;
  /** How often configurations were compared: the rounds of a race, else 1. */
  readonly looks: number;
}

/** Highest probability of calling the truly best configuration significantly worse. */
const miss = 0.05;
const flips = 2_048;
/** Comparisons above this are significant beyond doubt, and left out of the flips: one in 10^9 by chance. */
const beyondDoubt = 6;
/**
 * @param scores of each configuration, the best one first; replicate r is compared with replicate r, and
 *   surplus replicates of either side are ignored
 * @returns one comparison for each configuration but the best, in order
 */
export function compareWithBest(
  [best, ...others]: readonly Scores[],
  { images, seed, looks }: ComparisonOptions,
): Comparison[] {
  if (best === undefined) return [];
  const paired = others.map((other) => pairedDifferences(best, other, images));
  const flipped = paired.flatMap((one) =>
    one.flipped.root > 0 && one.statistic <= beyondDoubt ? [one.flipped] : [],
  );
  const maxima = flippedMaxima(flipped, { images, flips, seed });
  const critical = maxima[Math.max(1, Math.floor((miss / looks) * (flips + 1))) - 1] ?? 0;
  const width = intervalWidth(critical, images);
  return paired.map(({ statistic, difference, standardError, pValue }) => {
    const share = (1 + countAtLeast(maxima, statistic)) / (flips + 1);
    const half = width * standardError;
    return {
      difference,
      standardError,
      pValue,
      adjustedPValue: Math.min(1, looks * share),
      low: Number.isFinite(half) ? difference - half : null,
      high: Number.isFinite(half) ? difference + half : null,
      tied: looks * share > miss,
    };
  });
}

/**
 * Half-width of an interval in standard errors. The statistic S/√Q is `critical` where the difference is
 * this many of its standard errors, in which the mean is subtracted from Q.
 */
function intervalWidth(critical: number, images: number): number {
  const rest = images - critical ** 2;
  return rest > 0 ? critical * Math.sqrt((images - 1) / rest) : Infinity;
}

/** @param descending numbers in descending order @returns how many are at least `limit` */
function countAtLeast(descending: Float64Array, limit: number): number {
  let [low, high] = [0, descending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((descending[middle] ?? 0) >= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How far a measured value may be from the true one: the size of noise. */

import { mean } from './mean.ts';

/**
 * √(p(1−p)/n): the standard deviation of an accuracy p that was measured on n images. Where all of them
 * were right, or none, that would be 0, and nothing is as certain: then p is taken to be half an image off.
 */
export function standardError(accuracy: number, count: number): number {
  const half = 0.5 / count;
  const share = Math.min(1 - half, Math.max(half, accuracy));
  return Math.sqrt((share * (1 - share)) / count);
}

/**
 * Of a mean over replicates, which have other seeds but the same images: s/√r of their values, and the
 * images' error beside it, which more seeds do not make smaller. The values' scatter has a share of the
 * images' error in it already (seeds disagree about single images), so this errs to too large.
 *
 * @param values one a replicate; at least two
 * @param ofImages the standard error of one value from the choice of images; 0 where none is known
 */
export function meanError(values: readonly number[], ofImages: number): number {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  const ofSeeds = squares / (values.length - 1) / values.length;
  return Math.sqrt(ofSeeds + ofImages ** 2);
}

/** The median of |z| for a standard normal z: the upper quartile, Φ⁻¹(¾). */
const NORMAL_QUARTILE = 0.6744897501960817;

/**
 * The noise of values along a smooth curve, from the differences of neighbours: two neighbours with
 * independent normal noise of deviation σ differ by √2·σ, and the median of such a difference is
 * Φ⁻¹(¾)·√2·σ. The median, because a few steep neighbours must not count as noise (difference-based
 * variance estimators, Rice 1984, with the median absolute deviation in place of the mean square).
 * What slope there is makes it too large rather than too small.
 *
 * @param values in order along the curve; at least two
 */
export function deviationOfNeighbours(values: readonly number[]): number {
  const steps = values.slice(1).map((value, index) => Math.abs(value - (values[index] ?? value)));
  steps.sort((a, b) => a - b);
  const upper = steps[Math.floor(steps.length / 2)] ?? 0;
  const lower = steps[Math.floor((steps.length - 1) / 2)] ?? 0;
  return (lower + upper) / 2 / (Math.SQRT2 * NORMAL_QUARTILE);
}

/** Standard errors: how far a measured value may be from the true one. */
import { mean } from './mean.ts';

/**
 * Binomial standard error √(p(1−p)/n) of an accuracy p measured on n images. If all images are correct, or
 * none, that would be 0; p is then taken to be half an image away from the end.
 */
export function standardError(accuracy: number, count: number): number {
  const half = 0.5 / count;
  const share = Math.min(1 - half, Math.max(half, accuracy));
  return Math.sqrt((share * (1 - share)) / count);
}

/**
 * Standard error of a mean over r replicates, which have other seeds but the same images: √(s²/r + e²).
 * More seeds do not reduce the images' error e. The scatter s contains a part of e (seeds disagree about
 * single images), so the result is slightly too large.
 *
 * @param values     one per replicate; at least two
 * @param imageError standard error of one value from the choice of images; 0 if unknown
 */
export function meanError(values: readonly number[], imageError: number): number {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  const seedVariance = squares / (values.length - 1) / values.length;
  return Math.sqrt(seedVariance + imageError ** 2);
}

/** Φ⁻¹(¾): the median of |z| for a standard normal z. */
const normalQuartile = 0.6744897501960817;

/**
 * Standard deviation of the noise of values along a smooth curve, from the differences of neighbours.
 *
 * For normal noise σ, the median of |difference| is Φ⁻¹(¾)·√2·σ (Rice 1984, with the median instead of
 * the mean square, so that a few steep steps do not count as noise). A slope makes the estimate too large.
 *
 * @param values in order along the curve; at least two
 */
export function neighbourDeviation(values: readonly number[]): number {
  const steps = values.slice(1).map((value, index) => Math.abs(value - (values[index] ?? value)));
  steps.sort((a, b) => a - b);
  const upper = steps[Math.floor(steps.length / 2)] ?? 0;
  const lower = steps[Math.floor((steps.length - 1) / 2)] ?? 0;
  return (lower + upper) / 2 / (Math.SQRT2 * normalQuartile);
}

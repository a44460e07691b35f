/** The triangular cyclical learning rate (Smith 2015, arXiv 1506.01186). */
import type { CyclicalRate } from '../study/study-spec.ts';

/**
 * The rate of the update that follows `stepsDone` updates: `min` for the first of all, `max` after
 * `stepSize` updates, `min` again after 2 · `stepSize`.
 *
 * In float64; the kernel rounds it once to float32.
 */
export function learningRateAt({ min, max, stepSize }: CyclicalRate, stepsDone: number): number {
  const phase = stepsDone % (2 * stepSize);
  const height = phase <= stepSize ? phase / stepSize : (2 * stepSize - phase) / stepSize;
  return min + height * (max - min);
}

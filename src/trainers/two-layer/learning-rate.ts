/** The triangular cyclical learning rate (Smith 2015, arXiv 1506.01186). */
import type { CyclicalRate } from '../../study/spec/study-spec.ts';

/**
 * The rate of the update that follows `stepsDone` updates: `min` for the first of all, `max` after
 * `stepSize` updates, `min` again after 2 · `stepSize`; then a cycle of the same or of a multiple of
 * that length.
 *
 * In float64; the kernel rounds it once to float32.
 */
export function learningRateAt(
  { min, max, stepSize, cycleMultiplier = 1 }: CyclicalRate,
  stepsDone: number,
): number {
  let half = stepSize;
  let phase = stepsDone;
  if (cycleMultiplier === 1) phase %= 2 * stepSize;
  else {
    for (; phase >= 2 * half; half *= cycleMultiplier) phase -= 2 * half;
  }
  const height = phase <= half ? phase / half : (2 * half - phase) / half;
  return min + height * (max - min);
}

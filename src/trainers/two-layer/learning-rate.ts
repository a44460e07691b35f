/** Learning rate: the triangular cyclical rate (Smith 2015, arXiv 1506.01186). */
import type { LearningRate } from './settings.ts';

/**
 * Rate of the update that follows `stepsDone` updates, in float64: `min` for the first one, `max` after
 * `stepSize` updates, `min` after 2 · `stepSize`. The next cycle is `cycleMultiplier` times as long.
 */
export function learningRateAt(
  { min, max, stepSize, cycleMultiplier }: LearningRate,
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

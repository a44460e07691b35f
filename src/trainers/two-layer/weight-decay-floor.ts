/**
 * Weight-decay floor: the λ below which weight decay has no effect in float32.
 *
 * An update W ← fma(−η, fma(2λ, W, g), W) reduces W by the share 2λη, a whole training by at most 2λ·Ση.
 * If that share is below half a unit in the last place of a float32 number (2^-24), the effect of λ is
 * smaller than the rounding error of one update.
 */
import type { LearningRate } from './settings.ts';

/** @param steps updates of a trial; the mean of a triangular rate is the middle of its bounds */
export function lambdaFloor({ min, max }: LearningRate, steps: number): number {
  return 2 ** -24 / (2 * steps * ((min + max) / 2));
}

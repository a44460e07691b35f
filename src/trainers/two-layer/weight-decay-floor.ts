/**
 * The λ below which float32 training cannot feel it.
 *
 * An update is W ← fma(−η, fma(2λ, W, g), W): beside the gradient's step, W shrinks by the share 2λη. Over
 * the whole training it shrinks by at most 2λ·Ση. Where that is below half a unit in the last place of a
 * float32 (2^-24 of the weight), the whole of λ's effect is smaller than the rounding of a single update:
 * such trials differ by rounding alone, if they differ at all.
 */
import type { CyclicalRate } from '../../study/spec/study-spec.ts';

/** @param steps updates of a trial; the mean of a triangular rate is the middle of its bounds */
export function lambdaFloor({ min, max }: CyclicalRate, steps: number): number {
  return 2 ** -24 / (2 * steps * ((min + max) / 2));
}

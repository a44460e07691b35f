/** Distributions: from a uniform number to a hyperparameter. Random numbers come in as arguments. */
import { assert } from '../../base/assert.ts';
import { exp, log } from '../../base/elementary.ts';
import type { LambdaRange } from '../../study/spec/study-spec.ts';

/**
 * Maps u to a value whose logarithm is uniform on [ln min, ln max].
 *
 * `base`'s own exp and log, so that every machine samples the same bits; the clamp turns their last
 * unit of rounding into "never outside".
 *
 * @param u uniform in [0, 1)
 */
export function sampleLogUniform({ min, max }: LambdaRange, u: number): number {
  assert(min > 0 && min <= max, () => `0 < min <= max, got [${min}, ${max}]`);
  const low = log(min);
  return Math.min(max, Math.max(min, exp(low + u * (log(max) - low))));
}

/** Distributions: map a uniform random number to a hyperparameter value. */
import { assert } from '../../base/assert.ts';
import { exp, log } from '../../base/elementary.ts';
import type { Distribution } from '../../study/search-space.ts';

export type Range = Pick<Distribution, 'min' | 'max'>;

/**
 * A value whose logarithm is uniform on [ln min, ln max]. Clamping removes the rounding error at both ends.
 *
 * @param u uniform in [0, 1)
 */
export function sampleLogUniform({ min, max }: Range, u: number): number {
  assert(min > 0 && min <= max, () => `0 < min <= max, got [${min}, ${max}]`);
  const low = log(min);
  return Math.min(max, Math.max(min, exp(low + u * (log(max) - low))));
}

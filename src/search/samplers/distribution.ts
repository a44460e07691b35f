/** Distributions: map a uniform random number to a hyperparameter value, and back. */
import { assert } from '../../base/assert.ts';
import { exp, log } from '../../base/elementary.ts';
import type { Distribution, NumberDistribution, ParamValue } from '../../study/search-space.ts';

export type Range = Pick<NumberDistribution, 'min' | 'max'>;

/**
 * The quantile of a distribution for the share `u`; the first of a list for u = 0.
 *
 * @param u uniform in [0, 1)
 */
export function quantile(distribution: Distribution, u: number): ParamValue {
  switch (distribution.distribution) {
    case 'values': {
      const { values } = distribution;
      const value = values[Math.floor(u * values.length)];
      assert(value !== undefined, () => `a list of values has an item at ${u}`);
      return value;
    }
    case 'log_uniform':
      return sampleLogUniform(distribution, u);
    case 'uniform':
      return clamp(distribution, distribution.min + u * (distribution.max - distribution.min));
    case 'integer':
      return wholeBetween(
        distribution,
        u,
        (x) => x,
        (x) => x,
      );
    case 'log_integer':
      return wholeBetween(distribution, u, log, exp);
  }
}

/**
 * The inverse of `quantile`: the number of a value in [0, 1], the middle of those that give it; the index of
 * a value in a list. Null for a value outside of the distribution.
 */
export function unitOf(distribution: Distribution, value: ParamValue): number | null {
  if (distribution.distribution === 'values') {
    const index = distribution.values.indexOf(value);
    return index === -1 ? null : index;
  }
  const { min, max } = distribution;
  if (typeof value !== 'number' || !(value >= min && value <= max)) return null;
  switch (distribution.distribution) {
    case 'log_uniform':
      return shareBetween(log(min), log(value), log(max));
    case 'uniform':
      return shareBetween(min, value, max);
    case 'integer':
      return shareBetween(min - 0.5, value, max + 0.5);
    case 'log_integer':
      return shareBetween(log(min - 0.5), log(value), log(max + 0.5));
  }
}

function shareBetween(low: number, at: number, high: number): number {
  return Math.min(1, Math.max(0, (at - low) / (high - low)));
}

/**
 * A value whose logarithm is uniform on [ln min, ln max]. Clamping removes the rounding error at both ends.
 *
 * @param u uniform in [0, 1)
 */
export function sampleLogUniform({ min, max }: Range, u: number): number {
  assert(min > 0 && min <= max, () => `0 < min <= max, got [${min}, ${max}]`);
  const low = log(min);
  return clamp({ min, max }, exp(low + u * (log(max) - low)));
}

/** The whole number whose half-open interval [n - 1/2, n + 1/2) has the quantile, on the scale of `to`. */
function wholeBetween(
  range: Range,
  u: number,
  to: (value: number) => number,
  from: (value: number) => number,
): number {
  const low = to(range.min - 0.5);
  const value = from(low + u * (to(range.max + 0.5) - low));
  return clamp(range, Math.floor(value + 0.5));
}

function clamp({ min, max }: Range, value: number): number {
  return Math.min(max, Math.max(min, value));
}

/**
 * Parzen estimator of one parameter: the density of a set of values, which can be sampled.
 *
 * Numbers are in [0, 1], the unit interval of their distribution. The density is a mixture with equal
 * weights: a logistic kernel at each value, cut off at 0 and 1, and one flat kernel, so that every place is
 * possible. The standard deviation of a kernel is the larger gap to a neighbouring value. A choice has the
 * mixture of one kernel for each value, which has all its weight there, and a flat one.
 *
 * Source: Bergstra et al. 2011, "Algorithms for hyper-parameter optimization", section 4. Its kernels are
 * Gaussian; logistic ones have a distribution function and an inverse in closed form.
 */
import { assert } from '../../base/assert.ts';
import { exp, log } from '../../base/elementary.ts';

export interface ParzenEstimator {
  /**
   * A value: a number in [0, 1), or the index of a choice.
   *
   * @param which uniform in [0, 1): selects the kernel
   * @param where uniform in [0, 1): the place in the kernel
   */
  draw(which: number, where: number): number;
  /** Natural logarithm of the density of a number, or of the probability of a choice. */
  logDensity(value: number): number;
}

/** Kernels are at least as wide as a share 1/100 of the interval. */
const sharesMax = 100;
/** Scale of the logistic distribution with standard deviation 1. */
const unitScale = 0.551328895421792;
/** The largest number below 1. */
const almostOne = 1 - 2 ** -53;

interface Kernel {
  readonly centre: number;
  readonly scale: number;
  /** Value of the distribution function at 0. */
  readonly below: number;
  /** Weight between 0 and 1. */
  readonly inside: number;
}

/** @param values in [0, 1], in any order; there may be none */
export function numberEstimator(values: readonly number[]): ParzenEstimator {
  const sorted = values.toSorted((a, b) => a - b);
  const kernels = sorted.map((_, place) => kernelAt(sorted, place));
  const count = kernels.length + 1;
  return {
    draw(which, where) {
      const kernel = kernels[Math.floor(which * count)];
      return kernel === undefined ? where : drawFrom(kernel, where);
    },
    logDensity(value) {
      // In the order of the values, so that the sum has the same bits for every order of results.
      return log(kernels.reduce((sum, kernel) => sum + density(kernel, value), 1) / count);
    },
  };
}

/** @param values indices of choices, from 0 to `count` − 1 */
export function choiceEstimator(values: readonly number[], count: number): ParzenEstimator {
  const weights = Array.from({ length: count }, () => 1 / count);
  for (const value of values) {
    const before = weights[value];
    assert(before !== undefined, () => `choice ${value} is one of ${count}`);
    weights[value] = before + 1;
  }
  const total = values.length + 1;
  return {
    draw(which) {
      let rest = which * total;
      const chosen = weights.findIndex((weight) => (rest -= weight) < 0);
      return chosen === -1 ? count - 1 : chosen;
    },
    logDensity: (value) => log((weights[value] ?? 0) / total),
  };
}

function kernelAt(sorted: readonly number[], place: number): Kernel {
  const centre = sorted[place] ?? 0;
  const low = centre - (sorted[place - 1] ?? (sorted.length === 1 ? 0 : centre));
  const high = (sorted[place + 1] ?? (sorted.length === 1 ? 1 : centre)) - centre;
  const deviation = Math.max(low, high, 1 / Math.min(sharesMax, sorted.length + 2));
  const scale = unitScale * deviation;
  const below = logistic(-centre / scale);
  return { centre, scale, below, inside: logistic((1 - centre) / scale) - below };
}

function logistic(x: number): number {
  return 1 / (1 + exp(-x));
}

function drawFrom({ centre, scale, below, inside }: Kernel, where: number): number {
  const share = below + where * inside;
  return Math.min(almostOne, Math.max(0, centre + scale * log(share / (1 - share))));
}

function density({ centre, scale, inside }: Kernel, value: number): number {
  const tail = exp(-Math.abs(value - centre) / scale);
  return tail / (scale * (1 + tail) * (1 + tail) * inside);
}

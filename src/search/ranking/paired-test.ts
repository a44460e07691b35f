/**
 * Paired test: whether a configuration is better than another, or only luckier with the validation images.
 *
 * McNemar's exact test (McNemar 1947), one-sided. If neither is better, an image that exactly one of them
 * classifies correctly is equally likely to belong to either, so the count of one is binomial with p = ½.
 *
 * With replicates, an image counts by how many more replicates of one side classify it correctly; the
 * signs of these differences are the coin flips (Fisher's randomisation test). Replicates are not counted
 * as more images: they see the same ones. The test does not cover other seeds.
 */
import { assert } from '../../base/assert.ts';
import { exp, log } from '../../base/elementary.ts';
import { disagreement } from './correctness.ts';
import { normalTail } from '../statistics/normal.ts';

/** Images on which the two sides differ, each a coin flip under the null hypothesis. */
interface Flips {
  /** `bySize[d]`: images that d more replicates of one side classify correctly. */
  readonly bySize: readonly number[];
  /** Sum of d over the images that the first side wins. */
  readonly won: number;
}

/** Up to this many flips the distribution is computed exactly; above, the normal approximation is used. */
const exactFlipsMax = 500;

/**
 * The p-value: the probability that `first` looks at least this much better than `second` if it is not.
 *
 * @param first  validation bits, one array per replicate
 * @param second the same replicates in the same order; surplus replicates of either are ignored
 */
export function looksBetterByChance(
  first: readonly Uint8Array[],
  second: readonly Uint8Array[],
): number {
  const replicates = Math.min(first.length, second.length);
  assert(replicates >= 1, 'both configurations have validation bits');
  if (replicates === 1) {
    const [a = new Uint8Array(), b = new Uint8Array()] = [first[0], second[0]];
    const { firstOnly, secondOnly } = disagreement(a, b);
    return binomialTail(firstOnly, firstOnly + secondOnly);
  }
  return randomisationTail(countFlips(first, second, replicates));
}

/** P(X ≥ k) for X ~ Binomial(n, ½). */
export function binomialTail(k: number, n: number): number {
  assert(k >= 0 && k <= n, () => `0 ≤ k ≤ n, got ${k} of ${n}`);
  // Sums the shorter tail, largest term first: each term is the previous one times a ratio.
  if (2 * k <= n) return k === 0 ? 1 : 1 - binomialTail(n - k + 1, n);
  let term = exp(logFactorial(n) - logFactorial(k) - logFactorial(n - k) - n * Math.LN2);
  let sum = 0;
  for (let at = k; at <= n && term > sum * 1e-17; at++) {
    sum += term;
    term *= (n - at) / (at + 1);
  }
  return Math.min(1, sum);
}

const logFactorials: number[] = [0];

function logFactorial(n: number): number {
  for (let at = logFactorials.length; at <= n; at++) {
    logFactorials.push((logFactorials[at - 1] ?? 0) + log(at));
  }
  return logFactorials[n] ?? 0;
}

function countFlips(
  first: readonly Uint8Array[],
  second: readonly Uint8Array[],
  replicates: number,
): Flips {
  const bySize = Array.from({ length: replicates + 1 }, () => 0);
  let won = 0;
  const bytes = first[0]?.length ?? 0;
  for (let byte = 0; byte < bytes; byte++) {
    let differing = 0;
    for (let r = 0; r < replicates; r++)
      differing |= (first[r]?.[byte] ?? 0) ^ (second[r]?.[byte] ?? 0);
    for (let bit = 0; differing >> bit !== 0; bit++) {
      let sum = 0;
      for (let r = 0; r < replicates; r++)
        sum += (((first[r]?.[byte] ?? 0) >> bit) & 1) - (((second[r]?.[byte] ?? 0) >> bit) & 1);
      const size = Math.abs(sum);
      if (sum !== 0) bySize[size] = (bySize[size] ?? 0) + 1;
      won += Math.max(0, sum);
    }
  }
  return { bySize, won };
}

/** P(the first wins at least `won`). */
function randomisationTail({ bySize, won }: Flips): number {
  let [flips, mean, variance, step] = [0, 0, 0, 0];
  for (const [size, count] of bySize.entries()) {
    if (count > 0) step = greatestCommonDivisor(size, step);
    flips += count;
    mean += (size * count) / 2;
    variance += (size * size * count) / 4;
  }
  if (flips === 0) return 1;
  // Sums of coin flips have lighter tails than the normal, so errors favour "tied". `step / 2` corrects for continuity.
  if (flips > exactFlipsMax) return normalTail((won - mean - step / 2) / Math.sqrt(variance));
  return exactTail({ bySize, won });
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Convolves the flips one by one; in place, since a study compares a thousand pairs. */
function exactTail({ bySize, won }: Flips): number {
  const most = bySize.reduce((sum, flips, size) => sum + size * flips, 0);
  const chances = new Float64Array(most + 1);
  chances[0] = 1;
  let reached = 0;
  for (const [size, flips] of bySize.entries()) {
    for (let flip = 0; flip < flips; flip++) {
      reached += size;
      // Largest sum first: the smaller sums that it reads have their old values.
      for (let sum = reached; sum >= 0; sum--) {
        const before = sum >= size ? (chances[sum - size] ?? 0) : 0;
        chances[sum] = ((chances[sum] ?? 0) + before) / 2;
      }
    }
  }
  const tail = chances.subarray(won).reduce((sum, chance) => sum + chance, 0);
  return Math.min(1, tail);
}

/**
 * Fused multiply-add of float32 numbers, exact, from float64 arithmetic.
 *
 * `Math.fround(a * b + c)` rounds twice: the product is exact in float64, but the sum is rounded to 53
 * bits and then to 24. If the first rounding gives a tie, the second may be wrong. Rounding the first sum
 * "to odd" makes the second correct (Boldo and Melquiond 2008, "Emulation of FMA and correctly rounded
 * sums: proved algorithms using rounding to odd").
 *
 * It is slow; only the naive kernel uses it.
 */

const bits = new BigInt64Array(1);
const value = new Float64Array(bits.buffer);

/** fl32(a · b + c), rounded once; a, b, c are float32 numbers. */
export function fusedMultiplyAdd(a: number, b: number, c: number): number {
  const product = a * b; // 24 + 24 bits: exact
  const sum = product + c;
  if (!Number.isFinite(sum)) return Math.fround(sum);
  // The rounding error of the addition, exact (Knuth's TwoSum).
  const added = sum - product;
  const error = product - (sum - added) + (c - added);
  if (error === 0) return Math.fround(sum);
  value[0] = sum;
  if ((bits[0]! & 1n) === 0n) {
    // The exact value is between `sum` and its neighbour on the side of the error, which is odd.
    bits[0]! += error > 0 === sum > 0 ? 1n : -1n;
  }
  return Math.fround(value[0]);
}

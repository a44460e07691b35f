/**
 * The float32 fused multiply-add, exactly, from float64 arithmetic.
 *
 * `Math.fround(a * b + c)` is not it: the product is exact in float64, but the sum is rounded to 53 bits
 * and then again to 24, and where the first lands on a tie the second goes astray. Rounding the sum "to
 * odd" instead keeps the memory of what was cut off, and the second rounding is right (Boldo and
 * Melquiond 2008, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd").
 *
 * Slow; only the naive kernel uses it.
 */

const bits = new BigInt64Array(1);
const value = new Float64Array(bits.buffer);

/** fl32(a · b + c), rounded once; a, b, c are float32 numbers. */
export function fusedMultiplyAdd(a: number, b: number, c: number): number {
  const product = a * b; // 24 + 24 bits: exact
  const sum = product + c;
  if (!Number.isFinite(sum)) return Math.fround(sum);
  // What the addition cut off, exactly (Knuth's TwoSum).
  const added = sum - product;
  const error = product - (sum - added) + (c - added);
  if (error === 0) return Math.fround(sum);
  value[0] = sum;
  if ((bits[0]! & 1n) === 0n) {
    // The true value lies between `sum` and its neighbour on the error's side, which is odd.
    bits[0]! += error > 0 === sum > 0 ? 1n : -1n;
  }
  return Math.fround(value[0]);
}

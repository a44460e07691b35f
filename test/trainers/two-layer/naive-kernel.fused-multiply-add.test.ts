import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fusedMultiplyAdd } from './support/fused-multiply-add.ts';

/** A finite float as an exact whole multiple of 2^-298, the unit of products of the smallest floats. */
function exact(value: number, power: number): bigint {
  const scaled = value * 2 ** 149; // a power of two: exact, for floats below 2^128
  return BigInt(scaled) << BigInt(power);
}

/** The float32 nearest to `numerator` · 2^-298, ties to even: by search among the candidates. */
function nearestFloat(numerator: bigint): number {
  if (numerator === 0n) return 0;
  const negative = numerator < 0n;
  const size = negative ? -numerator : numerator;
  const length = size.toString(2).length;
  const cut = BigInt(Math.max(length - 24, 149)); // The last bit of a normal number, or of a subnormal one.
  let kept = size >> cut;
  const rest = size - (kept << cut);
  const half = 1n << (cut - 1n);
  if (rest > half || (rest === half && (kept & 1n) === 1n)) kept += 1n;
  const value = Number(kept) * 2 ** (Number(cut) - 298);
  const rounded = value >= 2 ** 128 ? Infinity : value;
  return negative ? -rounded : rounded;
}

const anyFloat = fc.float({ noNaN: true, noDefaultInfinity: true });
/** Few bits and similar sizes: ties, and sums that cancel. */
const tieFloat = fc
  .tuple(fc.integer({ min: -4097, max: 4097 }), fc.integer({ min: -26, max: 3 }))
  .map(([mantissa, power]) => Math.fround(mantissa * 2 ** power));

describe('fusedMultiplyAdd', () => {
  test('rounds the exact a · b + c once, for all numbers', () => {
    for (const float of [anyFloat, tieFloat]) {
      fc.assert(
        fc.property(float, float, float, (a, b, c) => {
          const sum = exact(a, 0) * exact(b, 0) + exact(c, 149);
          // Zeros of either sign are equal here; the last test distinguishes them.
          return fusedMultiplyAdd(a, b, c) === nearestFloat(sum);
        }),
        { numRuns: 20_000 },
      );
    }
  });

  test('differs from rounding twice if the first rounding gives a tie', () => {
    const [a, b, c] = [1 + 2 ** -12, 1 + 2 ** -12, 2 ** -60];
    // a · b = 1 + 2^-11 + 2^-24, a tie of float32; the tiny c tips it upwards, too small for float64.
    expect(fusedMultiplyAdd(a, b, c)).toBe(1 + 2 ** -11 + 2 ** -23);
    expect(Math.fround(a * b + c)).toBe(1 + 2 ** -11);
  });

  test('treats signed zeros, infinities and NaN as IEEE 754 does', () => {
    expect(fusedMultiplyAdd(-0, 1, -0)).toBe(-0);
    expect(fusedMultiplyAdd(-0, 1, 0)).toBe(0);
    expect(fusedMultiplyAdd(1, 1, -1)).toBe(0);
    expect(fusedMultiplyAdd(3e38, 2, 0)).toBe(Infinity);
    expect(fusedMultiplyAdd(Infinity, 0, 1)).toBeNaN();
    expect(fusedMultiplyAdd(NaN, 1, 1)).toBeNaN();
  });
});

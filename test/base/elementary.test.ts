/**
 * Elementary functions, compared with the engine's, which are within one unit in the last place of the
 * true value; sin and cos are compared with a series in 200-bit fixed point.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cosTurns, exp, log, sinTurns } from '../../src/base/elementary.ts';

const bits = new BigInt64Array(1);
const value = new Float64Array(bits.buffer);

/** Rank of a number in the order of all float64 numbers. */
function place(x: number): bigint {
  value[0] = x;
  return bits[0]! < 0n ? -(bits[0]! & 0x7fffffffffffffffn) : bits[0]!;
}

/** Distance of two numbers in units in the last place. */
function unitsApart(a: number, b: number): number {
  const apart = place(a) - place(b);
  return Number(apart < 0n ? -apart : apart);
}

const many = { numRuns: 20_000 };

describe('exp', () => {
  test('exp is within two units of Math.exp over its whole range', () => {
    const x = fc.oneof(
      fc.double({ min: -708, max: 709.78, noNaN: true }),
      fc.double({ min: -1, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(x, (v) => unitsApart(exp(v), Math.exp(v)) <= 2),
      many,
    );
  });

  test('exp is exact at 0 and saturates at both ends', () => {
    expect(exp(0)).toBe(1);
    expect(exp(Math.LN2)).toBe(2);
    expect(exp(710)).toBe(Infinity);
    expect(exp(-746)).toBe(0);
    expect(exp(-Infinity)).toBe(0);
    expect(exp(NaN)).toBeNaN();
    expect(exp(-745)).toBe(5e-324);
  });
});

describe('log', () => {
  test('log is within two units of Math.log, also close to 1 and for subnormal numbers', () => {
    const x = fc.oneof(
      fc.double({ min: 5e-324, max: 1.7e308, noNaN: true }),
      fc.double({ min: 0.5, max: 2, noNaN: true }),
      fc.double({ min: 0.999, max: 1.001, noNaN: true }),
    );
    fc.assert(
      fc.property(x, (v) => unitsApart(log(v), Math.log(v)) <= 2),
      many,
    );
  });

  test('log is exact at 1, and NaN or infinite where no logarithm exists', () => {
    expect(log(1)).toBe(0);
    expect(log(2)).toBe(Math.LN2);
    expect(log(0)).toBe(-Infinity);
    expect(log(-1)).toBeNaN();
    expect(log(Infinity)).toBe(Infinity);
  });
});

/** Fraction bits of the fixed-point numbers. */
const POINT = 200n;
const PI = 5048344754617993871973410141242436836214643421488662971535368n; // ⌊π · 2^200⌋

/** sin (`start` 1) or cos (`start` 0) of 2πu by its series, rounded to float64 at the very end. */
function circle(u: number, start: 0 | 1): number {
  const angle = (2n * PI * BigInt(u * 2 ** 100)) >> 100n; // u is a multiple of 2^-100 here.
  let term = start === 1 ? angle : 1n << POINT;
  let sum = 0n;
  for (let n = BigInt(start); n < 80n; n += 2n) {
    sum += term;
    term = -((((term * angle) >> POINT) * angle) >> POINT) / ((n + 1n) * (n + 2n));
  }
  return Number(sum) / 2 ** 200;
}

/** Within two units; near 0, within the precision of the series. */
function near(a: number, b: number): boolean {
  return unitsApart(a, b) <= 2 || Math.abs(a - b) < 2 ** -180;
}

describe('sinTurns and cosTurns', () => {
  test('sinTurns and cosTurns are within two units of the series, also near their zeros', () => {
    const turns = fc.oneof(
      fc.double({ min: 2 ** -40, max: 1, maxExcluded: true, noNaN: true }),
      fc
        .tuple(fc.constantFrom(0.25, 0.5, 0.75), fc.integer({ min: -99, max: 99 }))
        .map(([quarter, n]) => quarter + n * 2 ** -51),
    );
    fc.assert(
      fc.property(turns, (u) => {
        return near(sinTurns(u), circle(u, 1)) && near(cosTurns(u), circle(u, 0));
      }),
      { numRuns: 3000 },
    );
  });

  test('sinTurns and cosTurns are exact at quarter turns', () => {
    expect([0, 0.25, 0.5, 0.75].map(sinTurns)).toEqual([0, 1, -0, -1]);
    expect([0, 0.25, 0.5, 0.75].map(cosTurns)).toEqual([1, -0, -1, 0]);
  });

  test('sinTurns and cosTurns reject arguments outside of [0, 1)', () => {
    expect(() => sinTurns(1)).toThrow(/turns/);
    expect(() => cosTurns(-0.1)).toThrow(/turns/);
  });
});

/**
 * Elementary functions: exp, log, sin and cos with the same bits on every machine.
 *
 * `Math.exp` and similar functions may differ in the last place between engines and releases, so
 * reproducible training cannot use them. These use only +, −, ×, ÷ and exact powers of two, which
 * IEEE 754 fixes. They are within two units in the last place of the true value (measured in the tests
 * against higher precision), which is enough for the trainer.
 *
 * The kernel's exponential (`trainers/two-layer/kernel/assembly`) is the same sequence of operations.
 */
import { assert } from './assert.ts';

/** ln 2 in two parts: the first has 32 trailing zero bits, so that k · LN2_HIGH is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const LOG2_E = 1.4426950408889634;

const scratch = new DataView(new ArrayBuffer(8));

/** 2^k for a normal result, −1022 ≤ k ≤ 1023: exact. */
function powerOfTwo(k: number): number {
  scratch.setUint32(0, (k + 1023) << 20);
  scratch.setUint32(4, 0);
  return scratch.getFloat64(0);
}

/** 1/n! for n = 0 … 13, each correctly rounded: the Taylor series of e^r to 2e-17 for |r| ≤ ln 2 / 2. */
const EXP_TERMS = [
  1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880, 3628800, 39916800, 479001600, 6227020800,
].map((factorial) => 1 / factorial);

/** e^x. Overflows to Infinity above 709.78…, reaches 0 below −745.13…; NaN for NaN. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019412) return 0;
  const k = Math.floor(x * LOG2_E + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = EXP_TERMS[13]!;
  for (let n = 12; n >= 0; n--) sum = sum * r + EXP_TERMS[n]!;
  // Two factors, since one cannot represent 2^1024 or subnormal results.
  const half = k >> 1;
  return sum * powerOfTwo(half) * powerOfTwo(k - half);
}

/**
 * ln x: x = 2^k · m with √½ ≤ m < √2, and ln m = 2 artanh((m − 1)/(m + 1)) by its series.
 * −Infinity at 0; NaN below 0.
 */
export function log(x: number): number {
  if (Number.isNaN(x) || x < 0) return NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return Infinity;
  let k = 0;
  if (x < 2 ** -1022) {
    x *= 2 ** 54;
    k = -54;
  }
  scratch.setFloat64(0, x);
  const high = scratch.getUint32(0);
  k += (high >>> 20) - 1023;
  scratch.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  let m = scratch.getFloat64(0);
  if (m >= Math.SQRT2) {
    m /= 2;
    k += 1;
  }
  const f = m - 1;
  const s = f / (m + 1);
  const z = s * s;
  let sum = 0;
  for (let n = 23; n >= 3; n -= 2) sum = (sum + 1 / n) * z;
  // ln m = 2s + 2s·sum, and 2s = f − s·f exactly enough: f carries the leading bits unrounded.
  const tail = s * (2 * sum - f) + k * LN2_LOW;
  return k * LN2_HIGH + (f + tail);
}

const HALF_PI = 1.5707963267948966;

/** sin(π/2 · t) for |t| ≤ ½, Taylor to degree 17. */
function sinQuarter(t: number): number {
  const a = HALF_PI * t;
  const z = a * a;
  let sum = 0;
  for (let n = 16; n >= 2; n -= 2) sum = (-z / (n * (n + 1))) * (1 + sum);
  return a + a * sum;
}

/** cos(π/2 · t) for |t| ≤ ½, Taylor to degree 18. */
function cosQuarter(t: number): number {
  const a = HALF_PI * t;
  const z = a * a;
  let sum = 0;
  for (let n = 17; n >= 1; n -= 2) sum = (-z / (n * (n + 1))) * (1 + sum);
  return 1 + sum;
}

/** The quarter turn nearest to u, 0 … 3, and the signed distance of u from it in quarters; both exact. */
function nearestQuarter(u: number): readonly [quarter: number, rest: number] {
  assert(u >= 0 && u < 1, `turns in [0, 1), got ${u}`);
  const nearest = Math.floor(4 * u + 0.5);
  return [nearest % 4, 4 * u - nearest];
}

/** sin(2πu): the argument is in turns, so that its reduction to an eighth of a turn is exact. */
export function sinTurns(u: number): number {
  const [quarter, rest] = nearestQuarter(u);
  return sinQuarters(quarter, rest);
}

/** cos(2πu) = sin(2πu + π/2); see `sinTurns`. */
export function cosTurns(u: number): number {
  const [quarter, rest] = nearestQuarter(u);
  return sinQuarters(quarter + 1, rest);
}

/** sin(π/2 · (quarter + rest)) for |rest| ≤ ½. */
function sinQuarters(quarter: number, rest: number): number {
  const value = quarter % 2 === 0 ? sinQuarter(rest) : cosQuarter(rest);
  return quarter % 4 < 2 ? value : -value;
}

/**
 * Softmax: cross-entropy of one member, four rows side by side. `exponential` and `logarithm` are those of
 * `base/elementary.ts`, operation by operation: float64, rounded once to float32.
 */

const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;
const LOG2_E: f64 = 1.4426950408889634;

/** 1/n! for n = 0 … 13. In memory, since V8 builds a vector constant at each use. */
const EXP_TERMS = memory.data<f64>([
  1, 1, 0.5, 0.16666666666666666, 0.041666666666666664, 0.008333333333333333, 0.001388888888888889,
  0.0001984126984126984, 0.0000248015873015873, 0.0000027557319223985893, 2.755731922398589e-7,
  2.505210838544172e-8, 2.08767569878681e-9, 1.6059043836821613e-10,
]);

/** 2^k in both lanes, for k as the low two 32-bit integers of `k`; −1022 ≤ k ≤ 1023. */
// @ts-ignore: decorator
@inline
function powerOfTwo(k: v128): v128 {
  return i64x2.shl(i64x2.add(i64x2.extend_low_i32x4_s(k), i64x2.splat(1023)), 52);
}

/** e^x for two x ≤ 0, or NaN. */
// @ts-ignore: decorator
@inline
function exponential(x: v128): v128 {
  const k = f64x2.floor(f64x2.add(f64x2.mul(x, f64x2.splat(LOG2_E)), f64x2.splat(0.5)));
  const r = f64x2.sub(
    f64x2.sub(x, f64x2.mul(k, f64x2.splat(LN2_HIGH))),
    f64x2.mul(k, f64x2.splat(LN2_LOW)),
  );
  let sum = v128.load64_splat(EXP_TERMS + 13 * 8);
  for (let n: usize = 13; n > 0; n--) {
    sum = f64x2.add(f64x2.mul(sum, r), v128.load64_splat(EXP_TERMS + ((n - 1) << 3)));
  }
  const whole = i32x4.trunc_sat_f64x2_s_zero(k);
  const half = i32x4.shr_s(whole, 1);
  const value = f64x2.mul(f64x2.mul(sum, powerOfTwo(half)), powerOfTwo(i32x4.sub(whole, half)));
  return v128.andnot(value, f64x2.lt(x, f64x2.splat(-745.1332191019412)));
}

/** ln x for a normal x > 0; Infinity and NaN are returned unchanged. */
function logarithm(x: f64): f64 {
  if (!(x < Infinity)) return x;
  const bits = reinterpret<u64>(x);
  let k = <i32>(bits >> 52) - 1023;
  let m = reinterpret<f64>((bits & 0xfffffffffffff) | 0x3ff0000000000000);
  if (m >= 1.4142135623730951) {
    m /= 2;
    k += 1;
  }
  const f = m - 1;
  const s = f / (m + 1);
  const z = s * s;
  let sum: f64 = 0;
  for (let n = 23; n >= 3; n -= 2) sum = (sum + 1 / <f64>n) * z;
  const tail = s * (2 * sum - f) + <f64>k * LN2_LOW;
  return <f64>k * LN2_HIGH + (f + tail);
}

/** Labels of four rows as 32-bit integers. */
// @ts-ignore: decorator
@inline
function labelsAt(labels: usize): v128 {
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(labels)));
}

/**
 * Replaces scores by exponentials of score − maximum, and each row's `sums` by their sum. Returns `total`
 * plus the losses of these rows, added in order; NaN or Infinity if a score was.
 */
export function softmax(
  s: usize,
  sums: usize,
  labels: usize,
  total: f64,
  rows: i32,
  classes: i32,
  R: i32,
): f64 {
  const stride = <usize>R << 2;
  for (let i = 0; i < rows; i += 4) {
    const first = s + (<usize>i << 2);
    let max = v128.load(first);
    let at = first;
    for (let c = 1; c < classes; c++) {
      at += stride;
      max = f32x4.pmax(max, v128.load(at));
    }
    const label = labelsAt(labels + i);
    let sum = f32x4.splat(0);
    let chosen = sum;
    at = first;
    for (let c = 0; c < classes; c++) {
      const d = f32x4.sub(v128.load(at), max);
      chosen = v128.bitselect(d, chosen, i32x4.eq(label, i32x4.splat(c)));
      const e0 = exponential(f64x2.promote_low_f32x4(d));
      const e2 = exponential(f64x2.promote_low_f32x4(v128.shuffle<f32>(d, d, 2, 3, 2, 3)));
      const low = f32x4.demote_f64x2_zero(e0);
      const high = f32x4.demote_f64x2_zero(e2);
      const e = v128.shuffle<f32>(low, high, 0, 1, 4, 5);
      v128.store(at, e);
      sum = f32x4.add(sum, e);
      at += stride;
    }
    v128.store(sums + (<usize>i << 2), sum);
    total += logarithm(f32x4.extract_lane(sum, 0)) - <f64>f32x4.extract_lane(chosen, 0);
    if (i + 1 < rows) {
      total += logarithm(f32x4.extract_lane(sum, 1)) - <f64>f32x4.extract_lane(chosen, 1);
    }
    if (i + 2 < rows) {
      total += logarithm(f32x4.extract_lane(sum, 2)) - <f64>f32x4.extract_lane(chosen, 2);
    }
    if (i + 3 < rows) {
      total += logarithm(f32x4.extract_lane(sum, 3)) - <f64>f32x4.extract_lane(chosen, 3);
    }
  }
  return total;
}

/**
 * Computes (softmax − onehot) · shareOfRow from the output of `softmax`: in place, and a copy by rows in
 * `ds` (R, dStride), where columns beyond `classes` do not change.
 */
export function softmaxGradient(
  s: usize,
  ds: usize,
  sums: usize,
  labels: usize,
  shareOfRow: f32,
  rows: i32,
  classes: i32,
  dStride: i32,
  R: i32,
): void {
  const stride = <usize>R << 2;
  const dStep = <usize>dStride << 2;
  const share = f32x4.splat(shareOfRow);
  const one = f32x4.splat(1);
  for (let i = 0; i < rows; i += 4) {
    const label = labelsAt(labels + i);
    const inverse = f32x4.div(one, v128.load(sums + (<usize>i << 2)));
    let at = s + (<usize>i << 2);
    let out = ds + <usize>i * dStep;
    for (let c = 0; c < classes; c++) {
      const onehot = v128.and(one, i32x4.eq(label, i32x4.splat(c)));
      const p = f32x4.mul(v128.load(at), inverse);
      const d = f32x4.mul(f32x4.sub(p, onehot), share);
      v128.store(at, d);
      v128.store_lane<f32>(out, d, 0);
      v128.store_lane<f32>(out + dStep, d, 1);
      v128.store_lane<f32>(out + 2 * dStep, d, 2);
      v128.store_lane<f32>(out + 3 * dStep, d, 3);
      at += stride;
      out += 4;
    }
  }
}

/** Class with the highest score of each row, the first of equals, as 32-bit integers. */
export function classify(classOf: usize, s: usize, rows: i32, classes: i32, R: i32): void {
  const stride = <usize>R << 2;
  for (let i = 0; i < rows; i += 4) {
    let at = s + (<usize>i << 2);
    let best = v128.load(at);
    let index = i32x4.splat(0);
    for (let c = 1; c < classes; c++) {
      at += stride;
      const score = v128.load(at);
      const better = f32x4.gt(score, best);
      best = v128.bitselect(score, best, better);
      index = v128.bitselect(i32x4.splat(c), index, better);
    }
    v128.store(classOf + (<usize>i << 2), index);
  }
}

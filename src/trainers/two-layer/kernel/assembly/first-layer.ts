/**
 * First layer: the functions that stream W1 and take nearly all of the time. The native kernel replaces
 * these only.
 *
 * Tiles are 6 × 8: twelve accumulators hide the latency of the multiply-add, and with two weights and a
 * broadcast they fit the sixteen vector registers of x64.
 */
import { GROUP, groupStride, ROW } from './batch-layout';
import { updateTwo } from './update';

/**
 * Converts `bytes` (rows, inputs) to standardised floats, fma(u, scale, offset), eight at a time. `scale` (K)
 * is 0 beyond `inputs`: padded inputs are 0. Reads K − inputs bytes past the last row.
 */
export function packRows(
  x: usize,
  bytes: usize,
  scale: usize,
  offset: usize,
  rows: i32,
  inputs: i32,
  R: i32,
  K: i32,
): void {
  for (let kFrom = 0; kFrom < K; kFrom += GROUP) {
    const kTo = min(kFrom + GROUP, K);
    let out = x + <usize>(kFrom / GROUP) * groupStride(R);
    for (let i = 0; i < rows; i++) {
      const row = bytes + <usize>i * inputs;
      for (let k = kFrom; k < kTo; k += 8) {
        const to = out + (<usize>(k - kFrom) << 2);
        const s = scale + (<usize>k << 2);
        const t = offset + (<usize>k << 2);
        const words = i16x8.extend_low_i8x16_u(v128.load64_zero(row + k));
        const low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(words));
        const high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(words));
        const x0 = f32x4.relaxed_madd(low, v128.load(s, 0), v128.load(t, 0));
        const x1 = f32x4.relaxed_madd(high, v128.load(s, 16), v128.load(t, 16));
        v128.store(to, x0, 0);
        v128.store(to, x1, 16);
      }
      out += ROW;
    }
  }
}

/** z += x · w1 over inputs kFrom … kTo − 1, continuing the chains in z; kFrom is a multiple of 48. */
export function forward(
  z: usize,
  x: usize,
  w1: usize,
  rows: i32,
  panels: i32,
  kFrom: i32,
  kTo: i32,
  R: i32,
  K: i32,
): void {
  const xGroup = groupStride(R);
  const length = <usize>(kTo - kFrom) << 5;
  const xFrom = x + <usize>(kFrom / GROUP) * xGroup;
  for (let panel = 0; panel < panels; panel++) {
    const w = w1 + ((<usize>panel * K + kFrom) << 5);
    const out = z + ((<usize>panel * R) << 5);
    for (let i = 0; i < rows; i += 6) {
      forwardTile(out + (<usize>i << 5), xFrom + <usize>i * ROW, xGroup, w, w + length);
    }
  }
}

/** Six rows of one panel. */
// @ts-ignore: decorator
@inline
function forwardTile(
  c: usize,
  x: usize,
  xGroup: usize,
  w: usize,
  end: usize,
): void {
  let c00 = v128.load(c, 0);
  let c01 = v128.load(c, 16);
  let c10 = v128.load(c, 32);
  let c11 = v128.load(c, 48);
  let c20 = v128.load(c, 64);
  let c21 = v128.load(c, 80);
  let c30 = v128.load(c, 96);
  let c31 = v128.load(c, 112);
  let c40 = v128.load(c, 128);
  let c41 = v128.load(c, 144);
  let c50 = v128.load(c, 160);
  let c51 = v128.load(c, 176);
  while (w < end) {
    const groupEnd = min(w + GROUP * 32, end);
    while (w < groupEnd) {
      const w0 = v128.load(w, 0);
      const w1 = v128.load(w, 16);
      const x0 = v128.load32_splat(x, 0);
      c00 = f32x4.relaxed_madd(x0, w0, c00);
      c01 = f32x4.relaxed_madd(x0, w1, c01);
      const x1 = v128.load32_splat(x, ROW);
      c10 = f32x4.relaxed_madd(x1, w0, c10);
      c11 = f32x4.relaxed_madd(x1, w1, c11);
      const x2 = v128.load32_splat(x, 2 * ROW);
      c20 = f32x4.relaxed_madd(x2, w0, c20);
      c21 = f32x4.relaxed_madd(x2, w1, c21);
      const x3 = v128.load32_splat(x, 3 * ROW);
      c30 = f32x4.relaxed_madd(x3, w0, c30);
      c31 = f32x4.relaxed_madd(x3, w1, c31);
      const x4 = v128.load32_splat(x, 4 * ROW);
      c40 = f32x4.relaxed_madd(x4, w0, c40);
      c41 = f32x4.relaxed_madd(x4, w1, c41);
      const x5 = v128.load32_splat(x, 5 * ROW);
      c50 = f32x4.relaxed_madd(x5, w0, c50);
      c51 = f32x4.relaxed_madd(x5, w1, c51);
      w += 32;
      x += 4;
    }
    x += xGroup - ROW;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
  v128.store(c, c10, 32);
  v128.store(c, c11, 48);
  v128.store(c, c20, 64);
  v128.store(c, c21, 80);
  v128.store(c, c30, 96);
  v128.store(c, c31, 112);
  v128.store(c, c40, 128);
  v128.store(c, c41, 144);
  v128.store(c, c50, 160);
  v128.store(c, c51, 176);
}

/**
 * Updates W1 for inputs kFrom … kTo − 1 (multiples of 6) without writing a gradient matrix; `twoLambdas` and
 * `minusRates` have 2λ and −η of each column. Sums include the rows of the batch only, not the padding.
 */
export function backward(
  w1: usize,
  x: usize,
  dz: usize,
  twoLambdas: usize,
  minusRates: usize,
  rows: i32,
  panels: i32,
  kFrom: i32,
  kTo: i32,
  R: i32,
  K: i32,
): void {
  const xGroup = groupStride(R);
  const length = <usize>rows << 5;
  for (let panel = 0; panel < panels; panel++) {
    const d = dz + ((<usize>panel * R) << 5);
    const own = <usize>panel << 5;
    for (let k = kFrom; k < kTo; k += 6) {
      const out = w1 + ((<usize>panel * K + k) << 5);
      const from = x + <usize>(k / GROUP) * xGroup + (<usize>(k % GROUP) << 2);
      backwardTile(out, from, d, d + length, twoLambdas + own, minusRates + own);
    }
  }
}

/** Six inputs of one panel. */
// @ts-ignore: decorator
@inline
function backwardTile(
  c: usize,
  x: usize,
  d: usize,
  end: usize,
  twoLambdas: usize,
  minusRates: usize,
): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let c40 = c00;
  let c41 = c00;
  let c50 = c00;
  let c51 = c00;
  while (d < end) {
    const d0 = v128.load(d, 0);
    const d1 = v128.load(d, 16);
    const x0 = v128.load32_splat(x, 0);
    c00 = f32x4.relaxed_madd(x0, d0, c00);
    c01 = f32x4.relaxed_madd(x0, d1, c01);
    const x1 = v128.load32_splat(x, 4);
    c10 = f32x4.relaxed_madd(x1, d0, c10);
    c11 = f32x4.relaxed_madd(x1, d1, c11);
    const x2 = v128.load32_splat(x, 8);
    c20 = f32x4.relaxed_madd(x2, d0, c20);
    c21 = f32x4.relaxed_madd(x2, d1, c21);
    const x3 = v128.load32_splat(x, 12);
    c30 = f32x4.relaxed_madd(x3, d0, c30);
    c31 = f32x4.relaxed_madd(x3, d1, c31);
    const x4 = v128.load32_splat(x, 16);
    c40 = f32x4.relaxed_madd(x4, d0, c40);
    c41 = f32x4.relaxed_madd(x4, d1, c41);
    const x5 = v128.load32_splat(x, 20);
    c50 = f32x4.relaxed_madd(x5, d0, c50);
    c51 = f32x4.relaxed_madd(x5, d1, c51);
    d += 32;
    x += ROW;
  }
  updateTwo(c + 0, c00, c01, twoLambdas, minusRates);
  updateTwo(c + 32, c10, c11, twoLambdas, minusRates);
  updateTwo(c + 64, c20, c21, twoLambdas, minusRates);
  updateTwo(c + 96, c30, c31, twoLambdas, minusRates);
  updateTwo(c + 128, c40, c41, twoLambdas, minusRates);
  updateTwo(c + 160, c50, c51, twoLambdas, minusRates);
}

/**
 * First layer: the functions that stream W1 and take nearly all of the time. The native kernel replaces
 * these only.
 *
 * Tiles are 4 × 8: eight accumulators hide the latency of the multiply-add, and with two weights and the
 * broadcasts they fit the sixteen vector registers of x64.
 */
import { update } from './update';

/** Four bytes at `from` as floats, standardised: fma(u, scale, offset). */
// @ts-ignore: decorator
@inline
function standardise(from: usize, scale: v128, offset: v128): v128 {
  const bytes = v128.load32_zero(from);
  const words = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes));
  return f32x4.relaxed_madd(f32x4.convert_i32x4_u(words), scale, offset);
}

/**
 * Converts `bytes` (rows, inputs) to standardised floats, in both layouts; if `x2` is 0, only in `x1`.
 * Reads padding rows, and up to 3 bytes past them. `scale` (K) is 0 beyond `inputs`: padded inputs are 0.
 */
export function packRows(
  x1: usize,
  x2: usize,
  bytes: usize,
  scale: usize,
  offset: usize,
  rows: i32,
  inputs: i32,
  R: i32,
  K: i32,
): void {
  const x2Stride = <usize>R << 4;
  for (let i = 0; i < rows; i += 4) {
    let from = bytes + <usize>i * inputs;
    let out1 = x1 + ((<usize>i * K) << 2);
    let out2 = x2 + (<usize>i << 4);
    for (let k = 0; k < K; k += 4) {
      const s = v128.load(scale + (<usize>k << 2));
      const t = v128.load(offset + (<usize>k << 2));
      const r0 = standardise(from, s, t);
      const r1 = standardise(from + inputs, s, t);
      const r2 = standardise(from + 2 * inputs, s, t);
      const r3 = standardise(from + 3 * inputs, s, t);
      if (x2 != 0) {
        v128.store(out2, r0, 0);
        v128.store(out2, r1, 16);
        v128.store(out2, r2, 32);
        v128.store(out2, r3, 48);
      }
      const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
      const b = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
      const c = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      v128.store(out1, v128.shuffle<f32>(a, b, 0, 1, 4, 5), 0);
      v128.store(out1, v128.shuffle<f32>(a, b, 2, 3, 6, 7), 16);
      v128.store(out1, v128.shuffle<f32>(c, d, 0, 1, 4, 5), 32);
      v128.store(out1, v128.shuffle<f32>(c, d, 2, 3, 6, 7), 48);
      from += 4;
      out1 += 64;
      out2 += x2Stride;
    }
  }
}

/** z += x · w1 over inputs kFrom … kTo − 1, continuing the chains in z. */
export function forward(
  z: usize,
  x1: usize,
  w1: usize,
  rows: i32,
  panels: i32,
  kFrom: i32,
  kTo: i32,
  R: i32,
  K: i32,
): void {
  for (let panel = 0; panel < panels; panel++) {
    const wPanel = w1 + ((<usize>panel * K + kFrom) << 5);
    const zPanel = z + ((<usize>panel * R) << 5);
    for (let i = 0; i < rows; i += 4) {
      const out = zPanel + (<usize>i << 5);
      let x = x1 + ((<usize>i * K) << 2) + (<usize>kFrom << 4);
      let w = wPanel;
      const end = wPanel + (<usize>(kTo - kFrom) << 5);
      let c00 = v128.load(out, 0);
      let c01 = v128.load(out, 16);
      let c10 = v128.load(out, 32);
      let c11 = v128.load(out, 48);
      let c20 = v128.load(out, 64);
      let c21 = v128.load(out, 80);
      let c30 = v128.load(out, 96);
      let c31 = v128.load(out, 112);
      while (w < end) {
        const w0 = v128.load(w, 0);
        const w1 = v128.load(w, 16);
        const x0 = v128.load32_splat(x, 0);
        c00 = f32x4.relaxed_madd(x0, w0, c00);
        c01 = f32x4.relaxed_madd(x0, w1, c01);
        const x1 = v128.load32_splat(x, 4);
        c10 = f32x4.relaxed_madd(x1, w0, c10);
        c11 = f32x4.relaxed_madd(x1, w1, c11);
        const x2 = v128.load32_splat(x, 8);
        c20 = f32x4.relaxed_madd(x2, w0, c20);
        c21 = f32x4.relaxed_madd(x2, w1, c21);
        const x3 = v128.load32_splat(x, 12);
        c30 = f32x4.relaxed_madd(x3, w0, c30);
        c31 = f32x4.relaxed_madd(x3, w1, c31);
        w += 32;
        x += 16;
      }
      v128.store(out, c00, 0);
      v128.store(out, c01, 16);
      v128.store(out, c10, 32);
      v128.store(out, c11, 48);
      v128.store(out, c20, 64);
      v128.store(out, c21, 80);
      v128.store(out, c30, 96);
      v128.store(out, c31, 112);
    }
  }
}

/**
 * Updates W1 for inputs kFrom … kTo − 1 (multiples of 4) without writing a gradient matrix; `twoLambdas` and
 * `minusRates` have 2λ and −η of each column. Sums include the rows of the batch only, not the padding.
 */
export function backward(
  w1: usize,
  x2: usize,
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
  const rowsEnd = <usize>rows << 5;
  for (let panel = 0; panel < panels; panel++) {
    const twoLambda0 = v128.load(twoLambdas + (<usize>panel << 5), 0);
    const twoLambda1 = v128.load(twoLambdas + (<usize>panel << 5), 16);
    const minusRate0 = v128.load(minusRates + (<usize>panel << 5), 0);
    const minusRate1 = v128.load(minusRates + (<usize>panel << 5), 16);
    const dPanel = dz + ((<usize>panel * R) << 5);
    for (let k = kFrom; k < kTo; k += 4) {
      const out = w1 + ((<usize>panel * K + k) << 5);
      let x = x2 + ((<usize>k * R) << 2);
      let d = dPanel;
      const end = dPanel + rowsEnd;
      let c00 = f32x4.splat(0);
      let c01 = c00;
      let c10 = c00;
      let c11 = c00;
      let c20 = c00;
      let c21 = c00;
      let c30 = c00;
      let c31 = c00;
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
        d += 32;
        x += 16;
      }
      update(out, c00, twoLambda0, minusRate0);
      update(out + 16, c01, twoLambda1, minusRate1);
      update(out + 32, c10, twoLambda0, minusRate0);
      update(out + 48, c11, twoLambda1, minusRate1);
      update(out + 64, c20, twoLambda0, minusRate0);
      update(out + 80, c21, twoLambda1, minusRate1);
      update(out + 96, c30, twoLambda0, minusRate0);
      update(out + 112, c31, twoLambda1, minusRate1);
    }
  }
}

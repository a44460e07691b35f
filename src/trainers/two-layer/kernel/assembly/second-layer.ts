/**
 * Second layer: all functions between the products with W1 and the softmax. They take a fiftieth of the
 * time.
 */
import { update } from './update';

/** z[panel][row] = b1[panel]: the start of the forward product's chains. */
export function setBias(z: usize, b1: usize, rows: i32, panels: i32, R: i32): void {
  for (let panel = 0; panel < panels; panel++) {
    const bias0 = v128.load(b1 + (<usize>panel << 5), 0);
    const bias1 = v128.load(b1 + (<usize>panel << 5), 16);
    let out = z + ((<usize>panel * R) << 5);
    for (let i = 0; i < rows; i++) {
      v128.store(out, bias0, 0);
      v128.store(out, bias1, 16);
      out += 32;
    }
  }
}

/** z > 0 ? z : +0, so that NaN gives +0. */
// @ts-ignore: decorator
@inline
function positivePart(z: v128, zero: v128): v128 {
  return v128.and(z, f32x4.gt(z, zero));
}

/** a = ReLU(z), from panels of rows to rows of columns: four rows are transposed at a time. */
export function rectify(a: usize, z: usize, rows: i32, panels: i32, R: i32): void {
  const zero = f32x4.splat(0);
  const stride = <usize>R << 2;
  for (let panel = 0; panel < panels; panel++) {
    for (let half = 0; half < 2; half++) {
      const zHalf = z + ((<usize>panel * R) << 5) + (half << 4);
      const aHalf = a + (<usize>(panel * 8 + half * 4)) * stride;
      for (let i = 0; i < rows; i += 4) {
        const from = zHalf + (<usize>i << 5);
        const r0 = positivePart(v128.load(from, 0), zero);
        const r1 = positivePart(v128.load(from, 32), zero);
        const r2 = positivePart(v128.load(from, 64), zero);
        const r3 = positivePart(v128.load(from, 96), zero);
        const p = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
        const q = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
        const s = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
        const t = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
        const out = aHalf + (<usize>i << 2);
        v128.store(out, v128.shuffle<f32>(p, q, 0, 1, 4, 5));
        v128.store(out + stride, v128.shuffle<f32>(p, q, 2, 3, 6, 7));
        v128.store(out + 2 * stride, v128.shuffle<f32>(s, t, 0, 1, 4, 5));
        v128.store(out + 3 * stride, v128.shuffle<f32>(s, t, 2, 3, 6, 7));
      }
    }
  }
}

/** s = a · w2 + b2 for one member, from its first column `a`; classes, w2, b2 and s are padded to 4. */
export function scores(
  s: usize,
  a: usize,
  w2: usize,
  b2: usize,
  rows: i32,
  hidden: i32,
  classes: i32,
  R: i32,
): void {
  const stride = <usize>R << 2;
  const wStride = <usize>classes << 2;
  for (let i = 0; i < rows; i += 8) {
    for (let c = 0; c < classes; c += 4) {
      const bias = b2 + (<usize>c << 2);
      let s00 = v128.load32_splat(bias, 0);
      let s01 = s00;
      let s10 = v128.load32_splat(bias, 4);
      let s11 = s10;
      let s20 = v128.load32_splat(bias, 8);
      let s21 = s20;
      let s30 = v128.load32_splat(bias, 12);
      let s31 = s30;
      let from = a + (<usize>i << 2);
      let w = w2 + (<usize>c << 2);
      for (let j = 0; j < hidden; j++) {
        const a0 = v128.load(from, 0);
        const a1 = v128.load(from, 16);
        const w0 = v128.load32_splat(w, 0);
        s00 = f32x4.relaxed_madd(a0, w0, s00);
        s01 = f32x4.relaxed_madd(a1, w0, s01);
        const w1 = v128.load32_splat(w, 4);
        s10 = f32x4.relaxed_madd(a0, w1, s10);
        s11 = f32x4.relaxed_madd(a1, w1, s11);
        const w2 = v128.load32_splat(w, 8);
        s20 = f32x4.relaxed_madd(a0, w2, s20);
        s21 = f32x4.relaxed_madd(a1, w2, s21);
        const w3 = v128.load32_splat(w, 12);
        s30 = f32x4.relaxed_madd(a0, w3, s30);
        s31 = f32x4.relaxed_madd(a1, w3, s31);
        from += stride;
        w += wStride;
      }
      const out = s + <usize>c * stride + (<usize>i << 2);
      v128.store(out, s00, 0);
      v128.store(out, s01, 16);
      v128.store(out + stride, s10, 0);
      v128.store(out + stride, s11, 16);
      v128.store(out + 2 * stride, s20, 0);
      v128.store(out + 2 * stride, s21, 16);
      v128.store(out + 3 * stride, s30, 0);
      v128.store(out + 3 * stride, s31, 16);
    }
  }
}

/**
 * dz = (ds · w2ᵀ) if the unit was active, else +0; times the scale of dropout (1 without dropout).
 * The sum includes the classes only, not their padding. Call it before `updateOutput`.
 *
 * @param a        all columns; the member's are `hidden` from `column`
 * @param wStride  classes padded to a multiple of 4
 */
export function hiddenGradient(
  dz: usize,
  a: usize,
  s: usize,
  w2: usize,
  column: i32,
  rows: i32,
  hidden: i32,
  classes: i32,
  wStride: i32,
  scale: f32,
  R: i32,
): void {
  const zero = f32x4.splat(0);
  const scales = f32x4.splat(scale);
  const stride = <usize>R << 2;
  for (let j = 0; j < hidden; j++) {
    const panel = (column + j) >> 3;
    const lane = (column + j) & 7;
    const aColumn = a + <usize>(column + j) * stride;
    const dColumn = dz + ((<usize>panel * R) << 5) + (<usize>lane << 2);
    const w = w2 + ((<usize>j * wStride) << 2);
    for (let i = 0; i < rows; i += 4) {
      let sum = zero;
      let from = s + (<usize>i << 2);
      for (let c = 0; c < classes; c++) {
        sum = f32x4.relaxed_madd(v128.load(from), v128.load32_splat(w + (<usize>c << 2)), sum);
        from += stride;
      }
      const active = f32x4.gt(v128.load(aColumn + (<usize>i << 2)), zero);
      const d = v128.and(f32x4.mul(sum, scales), active);
      const out = dColumn + (<usize>i << 5);
      v128.store_lane<f32>(out, d, 0, 0);
      v128.store_lane<f32>(out, d, 1, 32);
      v128.store_lane<f32>(out, d, 2, 64);
      v128.store_lane<f32>(out, d, 3, 96);
    }
  }
}

/**
 * Computes the gradient of one member's w2 and b2, and updates them; classes are padded to 4. Reads up to
 * 3 columns past the last one of `a`, and writes as many padding rows of w2.
 */
export function updateOutput(
  w2: usize,
  b2: usize,
  a: usize,
  ds: usize,
  rate: f32,
  twoLambda: f32,
  rows: i32,
  hidden: i32,
  classes: i32,
  R: i32,
): void {
  const minusRate = f32x4.splat(-rate);
  const twoLambdas = f32x4.splat(twoLambda);
  const stride = <usize>R << 2;
  const dStride = <usize>classes << 2;
  for (let c = 0; c < classes; c += 4) {
    const dFirst = ds + (<usize>c << 2);
    for (let j = 0; j < hidden; j += 4) {
      let g0 = f32x4.splat(0);
      let g1 = g0;
      let g2 = g0;
      let g3 = g0;
      let from = a + <usize>j * stride;
      let d = dFirst;
      for (let i = 0; i < rows; i++) {
        const d0 = v128.load(d);
        g0 = f32x4.relaxed_madd(v128.load32_splat(from), d0, g0);
        g1 = f32x4.relaxed_madd(v128.load32_splat(from + stride), d0, g1);
        g2 = f32x4.relaxed_madd(v128.load32_splat(from + 2 * stride), d0, g2);
        g3 = f32x4.relaxed_madd(v128.load32_splat(from + 3 * stride), d0, g3);
        from += 4;
        d += dStride;
      }
      const out = w2 + <usize>j * dStride + (<usize>c << 2);
      update(out, g0, twoLambdas, minusRate);
      update(out + dStride, g1, twoLambdas, minusRate);
      update(out + 2 * dStride, g2, twoLambdas, minusRate);
      update(out + 3 * dStride, g3, twoLambdas, minusRate);
    }
    let sum = f32x4.splat(0);
    let d = dFirst;
    for (let i = 0; i < rows; i++) {
      sum = f32x4.add(sum, v128.load(d));
      d += dStride;
    }
    const bias = b2 + (<usize>c << 2);
    v128.store(bias, f32x4.relaxed_madd(minusRate, sum, v128.load(bias)));
  }
}

/** b1 ← fma(−η, Σ dz over rows, b1); `minusRates` has −η of each column. */
export function updateHiddenBias(
  b1: usize,
  dz: usize,
  minusRates: usize,
  rows: i32,
  panels: i32,
  R: i32,
): void {
  for (let panel = 0; panel < panels; panel++) {
    let sum0 = f32x4.splat(0);
    let sum1 = sum0;
    let d = dz + ((<usize>panel * R) << 5);
    for (let i = 0; i < rows; i++) {
      sum0 = f32x4.add(sum0, v128.load(d, 0));
      sum1 = f32x4.add(sum1, v128.load(d, 16));
      d += 32;
    }
    const bias = b1 + (<usize>panel << 5);
    const rates = minusRates + (<usize>panel << 5);
    v128.store(bias, f32x4.relaxed_madd(v128.load(rates, 0), sum0, v128.load(bias, 0)), 0);
    v128.store(bias, f32x4.relaxed_madd(v128.load(rates, 16), sum1, v128.load(bias, 16)), 16);
  }
}

/**
 * First layer in pairs of panels, for V8's revectorisation: it merges operations on both halves of a panel
 * into one on vectors of 256 bits. See docs/performance.md.
 *
 * Tiles are 6 × 16. V8 merges if both halves are next to each other in memory, and if the loads of a pair
 * come before its stores. An odd last panel is left to `first-layer.ts`.
 */
import { backward, forward } from './first-layer';
import { GROUP, groupStride, ROW } from './batch-layout';
import { updateTwo } from './update';

/** Like `forward`. */
export function forwardPairs(
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
  const zPanel = <usize>R << 5;
  const wPanel = <usize>K << 5;
  const paired = panels & ~1;
  for (let panel = 0; panel < paired; panel += 2) {
    const w = w1 + <usize>panel * wPanel + (<usize>kFrom << 5);
    const out = z + <usize>panel * zPanel;
    for (let i = 0; i < rows; i += 6) {
      const a = out + (<usize>i << 5);
      forwardTile(a, a + zPanel, xFrom + <usize>i * ROW, xGroup, w, w + wPanel, w + length);
    }
  }
  if (paired == panels) return;
  const last = <usize>paired;
  forward(z + last * zPanel, x, w1 + last * wPanel, rows, 1, kFrom, kTo, R, K);
}

/** Six rows of two panels. */
// @ts-ignore: decorator
@inline
function forwardTile(
  a: usize,
  b: usize,
  x: usize,
  xGroup: usize,
  wa: usize,
  wb: usize,
  end: usize,
): void {
  let a00 = v128.load(a, 0);
  let a01 = v128.load(a, 16);
  let a10 = v128.load(a, 32);
  let a11 = v128.load(a, 48);
  let a20 = v128.load(a, 64);
  let a21 = v128.load(a, 80);
  let a30 = v128.load(a, 96);
  let a31 = v128.load(a, 112);
  let a40 = v128.load(a, 128);
  let a41 = v128.load(a, 144);
  let a50 = v128.load(a, 160);
  let a51 = v128.load(a, 176);
  let b00 = v128.load(b, 0);
  let b01 = v128.load(b, 16);
  let b10 = v128.load(b, 32);
  let b11 = v128.load(b, 48);
  let b20 = v128.load(b, 64);
  let b21 = v128.load(b, 80);
  let b30 = v128.load(b, 96);
  let b31 = v128.load(b, 112);
  let b40 = v128.load(b, 128);
  let b41 = v128.load(b, 144);
  let b50 = v128.load(b, 160);
  let b51 = v128.load(b, 176);
  while (wa < end) {
    const groupEnd = min(wa + GROUP * 32, end);
    while (wa < groupEnd) {
      const wa0 = v128.load(wa, 0);
      const wa1 = v128.load(wa, 16);
      const wb0 = v128.load(wb, 0);
      const wb1 = v128.load(wb, 16);
      const x0 = v128.load32_splat(x, 0);
      a00 = f32x4.relaxed_madd(x0, wa0, a00);
      a01 = f32x4.relaxed_madd(x0, wa1, a01);
      b00 = f32x4.relaxed_madd(x0, wb0, b00);
      b01 = f32x4.relaxed_madd(x0, wb1, b01);
      const x1 = v128.load32_splat(x, ROW);
      a10 = f32x4.relaxed_madd(x1, wa0, a10);
      a11 = f32x4.relaxed_madd(x1, wa1, a11);
      b10 = f32x4.relaxed_madd(x1, wb0, b10);
      b11 = f32x4.relaxed_madd(x1, wb1, b11);
      const x2 = v128.load32_splat(x, 2 * ROW);
      a20 = f32x4.relaxed_madd(x2, wa0, a20);
      a21 = f32x4.relaxed_madd(x2, wa1, a21);
      b20 = f32x4.relaxed_madd(x2, wb0, b20);
      b21 = f32x4.relaxed_madd(x2, wb1, b21);
      const x3 = v128.load32_splat(x, 3 * ROW);
      a30 = f32x4.relaxed_madd(x3, wa0, a30);
      a31 = f32x4.relaxed_madd(x3, wa1, a31);
      b30 = f32x4.relaxed_madd(x3, wb0, b30);
      b31 = f32x4.relaxed_madd(x3, wb1, b31);
      const x4 = v128.load32_splat(x, 4 * ROW);
      a40 = f32x4.relaxed_madd(x4, wa0, a40);
      a41 = f32x4.relaxed_madd(x4, wa1, a41);
      b40 = f32x4.relaxed_madd(x4, wb0, b40);
      b41 = f32x4.relaxed_madd(x4, wb1, b41);
      const x5 = v128.load32_splat(x, 5 * ROW);
      a50 = f32x4.relaxed_madd(x5, wa0, a50);
      a51 = f32x4.relaxed_madd(x5, wa1, a51);
      b50 = f32x4.relaxed_madd(x5, wb0, b50);
      b51 = f32x4.relaxed_madd(x5, wb1, b51);
      wa += 32;
      wb += 32;
      x += 4;
    }
    x += xGroup - ROW;
  }
  v128.store(a, a00, 0);
  v128.store(a, a01, 16);
  v128.store(a, a10, 32);
  v128.store(a, a11, 48);
  v128.store(a, a20, 64);
  v128.store(a, a21, 80);
  v128.store(a, a30, 96);
  v128.store(a, a31, 112);
  v128.store(a, a40, 128);
  v128.store(a, a41, 144);
  v128.store(a, a50, 160);
  v128.store(a, a51, 176);
  v128.store(b, b00, 0);
  v128.store(b, b01, 16);
  v128.store(b, b10, 32);
  v128.store(b, b11, 48);
  v128.store(b, b20, 64);
  v128.store(b, b21, 80);
  v128.store(b, b30, 96);
  v128.store(b, b31, 112);
  v128.store(b, b40, 128);
  v128.store(b, b41, 144);
  v128.store(b, b50, 160);
  v128.store(b, b51, 176);
}

/** Like `backward`. */
export function backwardPairs(
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
  const dPanel = <usize>R << 5;
  const wPanel = <usize>K << 5;
  const paired = panels & ~1;
  for (let panel = 0; panel < paired; panel += 2) {
    const d = dz + <usize>panel * dPanel;
    const twoLambda = twoLambdas + (<usize>panel << 5);
    const minusRate = minusRates + (<usize>panel << 5);
    for (let k = kFrom; k < kTo; k += 6) {
      const a = w1 + <usize>panel * wPanel + (<usize>k << 5);
      const from = x + <usize>(k / GROUP) * xGroup + (<usize>(k % GROUP) << 2);
      backwardTile(a, a + wPanel, from, d, d + dPanel, d + length, twoLambda, minusRate);
    }
  }
  if (paired == panels) return;
  const last = <usize>paired;
  const own = last << 5;
  const w = w1 + last * wPanel;
  backward(w, x, dz + last * dPanel, twoLambdas + own, minusRates + own, rows, 1, kFrom, kTo, R, K);
}

/** Six inputs of two panels. */
// @ts-ignore: decorator
@inline
function backwardTile(
  a: usize,
  b: usize,
  x: usize,
  da: usize,
  db: usize,
  end: usize,
  twoLambdas: usize,
  minusRates: usize,
): void {
  let a00 = f32x4.splat(0);
  let a01 = a00;
  let a10 = a00;
  let a11 = a00;
  let a20 = a00;
  let a21 = a00;
  let a30 = a00;
  let a31 = a00;
  let a40 = a00;
  let a41 = a00;
  let a50 = a00;
  let a51 = a00;
  let b00 = a00;
  let b01 = a00;
  let b10 = a00;
  let b11 = a00;
  let b20 = a00;
  let b21 = a00;
  let b30 = a00;
  let b31 = a00;
  let b40 = a00;
  let b41 = a00;
  let b50 = a00;
  let b51 = a00;
  while (da < end) {
    const da0 = v128.load(da, 0);
    const da1 = v128.load(da, 16);
    const db0 = v128.load(db, 0);
    const db1 = v128.load(db, 16);
    const x0 = v128.load32_splat(x, 0);
    a00 = f32x4.relaxed_madd(x0, da0, a00);
    a01 = f32x4.relaxed_madd(x0, da1, a01);
    b00 = f32x4.relaxed_madd(x0, db0, b00);
    b01 = f32x4.relaxed_madd(x0, db1, b01);
    const x1 = v128.load32_splat(x, 4);
    a10 = f32x4.relaxed_madd(x1, da0, a10);
    a11 = f32x4.relaxed_madd(x1, da1, a11);
    b10 = f32x4.relaxed_madd(x1, db0, b10);
    b11 = f32x4.relaxed_madd(x1, db1, b11);
    const x2 = v128.load32_splat(x, 8);
    a20 = f32x4.relaxed_madd(x2, da0, a20);
    a21 = f32x4.relaxed_madd(x2, da1, a21);
    b20 = f32x4.relaxed_madd(x2, db0, b20);
    b21 = f32x4.relaxed_madd(x2, db1, b21);
    const x3 = v128.load32_splat(x, 12);
    a30 = f32x4.relaxed_madd(x3, da0, a30);
    a31 = f32x4.relaxed_madd(x3, da1, a31);
    b30 = f32x4.relaxed_madd(x3, db0, b30);
    b31 = f32x4.relaxed_madd(x3, db1, b31);
    const x4 = v128.load32_splat(x, 16);
    a40 = f32x4.relaxed_madd(x4, da0, a40);
    a41 = f32x4.relaxed_madd(x4, da1, a41);
    b40 = f32x4.relaxed_madd(x4, db0, b40);
    b41 = f32x4.relaxed_madd(x4, db1, b41);
    const x5 = v128.load32_splat(x, 20);
    a50 = f32x4.relaxed_madd(x5, da0, a50);
    a51 = f32x4.relaxed_madd(x5, da1, a51);
    b50 = f32x4.relaxed_madd(x5, db0, b50);
    b51 = f32x4.relaxed_madd(x5, db1, b51);
    da += 32;
    db += 32;
    x += ROW;
  }
  updateTwo(a + 0, a00, a01, twoLambdas, minusRates);
  updateTwo(a + 32, a10, a11, twoLambdas, minusRates);
  updateTwo(a + 64, a20, a21, twoLambdas, minusRates);
  updateTwo(a + 96, a30, a31, twoLambdas, minusRates);
  updateTwo(a + 128, a40, a41, twoLambdas, minusRates);
  updateTwo(a + 160, a50, a51, twoLambdas, minusRates);
  updateTwo(b + 0, b00, b01, twoLambdas + 32, minusRates + 32);
  updateTwo(b + 32, b10, b11, twoLambdas + 32, minusRates + 32);
  updateTwo(b + 64, b20, b21, twoLambdas + 32, minusRates + 32);
  updateTwo(b + 96, b30, b31, twoLambdas + 32, minusRates + 32);
  updateTwo(b + 128, b40, b41, twoLambdas + 32, minusRates + 32);
  updateTwo(b + 160, b50, b51, twoLambdas + 32, minusRates + 32);
}

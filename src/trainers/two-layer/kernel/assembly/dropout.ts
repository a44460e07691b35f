/** Dropout: whether a unit is kept is a function of seed, replicate, step, row and unit (base/philox.ts). */

/**
 * `mask` (hidden, R) of one step, the same for all members: −1 if a unit is kept, 0 if it is dropped. Unit j
 * of row i is dropped if the 32-bit number i · hidden + j of the stream is below `threshold`.
 */
export function dropoutMask(
  mask: usize,
  threshold: u32,
  rows: i32,
  hidden: i32,
  R: i32,
  place0: u32,
  place1: u32,
  purpose: u32,
  key0: u32,
  key1: u32,
): void {
  const count = rows * hidden;
  const stride = <usize>R << 2;
  let row: usize = mask;
  let at: usize = mask;
  let unit = 0;
  for (let block = 0; block << 2 < count; block++) {
    let c0: u32 = block;
    let c1 = place0;
    let c2 = place1;
    let c3 = purpose;
    let k0 = key0;
    let k1 = key1;
    for (let round = 0; round < 10; round++) {
      const product0 = <u64>c0 * 0xd2511f53;
      const product1 = <u64>c2 * 0xcd9e8d57;
      c0 = <u32>(product1 >> 32) ^ c1 ^ k0;
      c1 = <u32>product1;
      c2 = <u32>(product0 >> 32) ^ c3 ^ k1;
      c3 = <u32>product0;
      k0 += 0x9e3779b9;
      k1 += 0xbb67ae85;
    }
    const left = count - (block << 2);
    for (let word = 0; word < 4 && word < left; word++) {
      const value = word == 0 ? c0 : word == 1 ? c1 : word == 2 ? c2 : c3;
      store<i32>(at, value < threshold ? 0 : -1);
      at += stride;
      if (++unit == hidden) {
        unit = 0;
        row += 4;
        at = row;
      }
    }
  }
}

/** a ← kept ? a · scale : +0, for one member's columns. */
export function applyDropout(
  a: usize,
  mask: usize,
  scale: f32,
  rows: i32,
  hidden: i32,
  R: i32,
): void {
  const scales = f32x4.splat(scale);
  for (let j = 0; j < hidden; j++) {
    let at = a + ((<usize>j * R) << 2);
    let kept = mask + ((<usize>j * R) << 2);
    for (let i = 0; i < rows; i += 4) {
      v128.store(at, v128.and(f32x4.mul(v128.load(at), scales), v128.load(kept)));
      at += 16;
      kept += 16;
    }
  }
}

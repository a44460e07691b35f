/**
 * Peak: multiply-adds on registers, the most that WebAssembly can do on a core. For the benchmark.
 * `count` is even; the result is the sum of all accumulators, so that the compiler keeps them.
 */
export function multiplyAdds(count: i32, a: f32, b: f32): f32 {
  const x = f32x4.splat(a);
  const y = f32x4.splat(b);
  let c0 = x;
  let c1 = x;
  let c2 = x;
  let c3 = x;
  let c4 = x;
  let c5 = x;
  let c6 = x;
  let c7 = x;
  let c8 = x;
  let c9 = x;
  for (let i = 0; i < count; i += 2) {
    c0 = f32x4.relaxed_madd(x, y, c0);
    c1 = f32x4.relaxed_madd(x, y, c1);
    c2 = f32x4.relaxed_madd(x, y, c2);
    c3 = f32x4.relaxed_madd(x, y, c3);
    c4 = f32x4.relaxed_madd(x, y, c4);
    c5 = f32x4.relaxed_madd(x, y, c5);
    c6 = f32x4.relaxed_madd(x, y, c6);
    c7 = f32x4.relaxed_madd(x, y, c7);
    c8 = f32x4.relaxed_madd(x, y, c8);
    c9 = f32x4.relaxed_madd(x, y, c9);
    c0 = f32x4.relaxed_madd(x, y, c0);
    c1 = f32x4.relaxed_madd(x, y, c1);
    c2 = f32x4.relaxed_madd(x, y, c2);
    c3 = f32x4.relaxed_madd(x, y, c3);
    c4 = f32x4.relaxed_madd(x, y, c4);
    c5 = f32x4.relaxed_madd(x, y, c5);
    c6 = f32x4.relaxed_madd(x, y, c6);
    c7 = f32x4.relaxed_madd(x, y, c7);
    c8 = f32x4.relaxed_madd(x, y, c8);
    c9 = f32x4.relaxed_madd(x, y, c9);
  }
  const low = f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3));
  const high = f32x4.add(f32x4.add(c4, c5), f32x4.add(c6, c7));
  const sum = f32x4.add(f32x4.add(low, high), f32x4.add(c8, c9));
  return f32x4.extract_lane(sum, 0);
}

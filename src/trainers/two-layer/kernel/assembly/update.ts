/** Weight update of both layers: w ← fma(−η, fma(2λ, w, g), w) for four weights. */
// @ts-ignore: decorator
@inline
export function update(at: usize, gradient: v128, twoLambda: v128, minusRate: v128): void {
  const w = v128.load(at);
  v128.store(at, f32x4.relaxed_madd(minusRate, f32x4.relaxed_madd(twoLambda, w, gradient), w));
}

/** The same for the eight weights of a panel, with the addresses of 2λ and −η of its columns. */
// @ts-ignore: decorator
@inline
export function updateTwo(
  at: usize,
  gradient0: v128,
  gradient1: v128,
  twoLambdas: usize,
  minusRates: usize,
): void {
  const w0 = v128.load(at, 0);
  const w1 = v128.load(at, 16);
  const g0 = f32x4.relaxed_madd(v128.load(twoLambdas, 0), w0, gradient0);
  const g1 = f32x4.relaxed_madd(v128.load(twoLambdas, 16), w1, gradient1);
  const u0 = f32x4.relaxed_madd(v128.load(minusRates, 0), g0, w0);
  const u1 = f32x4.relaxed_madd(v128.load(minusRates, 16), g1, w1);
  v128.store(at, u0, 0);
  v128.store(at, u1, 16);
}

/** Weight update of both layers: w ← fma(−η, fma(2λ, w, g), w) for four weights. */
// @ts-ignore: decorator
@inline
export function update(at: usize, gradient: v128, twoLambda: v128, minusRate: v128): void {
  const w = v128.load(at);
  v128.store(at, f32x4.relaxed_madd(minusRate, f32x4.relaxed_madd(twoLambda, w, gradient), w));
}

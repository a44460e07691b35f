/* Vectors of NEON (arm64): four floats, and two doubles. `vector-avx2.h` explains the operations. */
#include <arm_neon.h>

#define WIDTH neon
#define LANES 4
#define TALL_3 8
#define TALL_2 12
#define TALL_1 12
#define DEPTH 96
#define GROUP 8
#define TAIL_GROUP 2

typedef float32x4_t vec;
typedef float64x2_t dvec;

INLINE vec load(const float *at) { return vld1q_f32(at); }
INLINE void store(float *at, vec v) { vst1q_f32(at, v); }
INLINE vec every(float v) { return vdupq_n_f32(v); }
INLINE vec fused(vec a, vec b, vec c) { return vfmaq_f32(c, a, b); }
INLINE vec add(vec a, vec b) { return vaddq_f32(a, b); }
INLINE vec subtract(vec a, vec b) { return vsubq_f32(a, b); }
INLINE vec multiply(vec a, vec b) { return vmulq_f32(a, b); }
INLINE vec divide(vec a, vec b) { return vdivq_f32(a, b); }
INLINE vec larger(vec a, vec b) { return vbslq_f32(vcgtq_f32(b, a), b, a); }
INLINE vec if_positive(vec test, vec v) { return vbslq_f32(vcgtq_f32(test, vdupq_n_f32(0)), v, vdupq_n_f32(0)); }
INLINE vec if_equal(vec x, vec y, vec yes, vec no) { return vbslq_f32(vceqq_f32(x, y), yes, no); }
INLINE vec if_greater(vec x, vec y, vec yes, vec no) { return vbslq_f32(vcgtq_f32(x, y), yes, no); }
INLINE vec keep(vec v, vec mask) {
  return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(v), vreinterpretq_u32_f32(mask)));
}
INLINE vec bytes(const uint8_t *at) {
  uint32_t word;
  memcpy(&word, at, sizeof word);
  const uint16x8_t words = vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(word)));
  return vcvtq_f32_u32(vmovl_u16(vget_low_u16(words)));
}

INLINE dvec low_half(vec v) { return vcvt_f64_f32(vget_low_f32(v)); }
INLINE dvec high_half(vec v) { return vcvt_high_f64_f32(v); }
INLINE vec join_halves(dvec low, dvec high) { return vcvt_high_f32_f64(vcvt_f32_f64(low), high); }
INLINE dvec d_every(double v) { return vdupq_n_f64(v); }
INLINE dvec d_add(dvec a, dvec b) { return vaddq_f64(a, b); }
INLINE dvec d_subtract(dvec a, dvec b) { return vsubq_f64(a, b); }
INLINE dvec d_multiply(dvec a, dvec b) { return vmulq_f64(a, b); }
INLINE dvec d_floor(dvec v) { return vrndmq_f64(v); }
INLINE dvec d_zero_below(dvec x, double limit, dvec v) {
  return vbslq_f64(vcltq_f64(x, d_every(limit)), d_every(0), v);
}
INLINE dvec power_of_two(int64x2_t k) {
  return vreinterpretq_f64_s64(vshlq_n_s64(vaddq_s64(k, vdupq_n_s64(1023)), 52));
}
INLINE dvec d_scale(dvec v, dvec k) {
  const int64x2_t whole = vcvtq_s64_f64(k), half = vshrq_n_s64(whole, 1);
  return d_multiply(d_multiply(v, power_of_two(half)), power_of_two(vsubq_s64(whole, half)));
}

INLINE void transpose(vec v[LANES]) {
  const float32x4x2_t a = vtrnq_f32(v[0], v[1]), b = vtrnq_f32(v[2], v[3]);
  v[0] = vcombine_f32(vget_low_f32(a.val[0]), vget_low_f32(b.val[0]));
  v[1] = vcombine_f32(vget_low_f32(a.val[1]), vget_low_f32(b.val[1]));
  v[2] = vcombine_f32(vget_high_f32(a.val[0]), vget_high_f32(b.val[0]));
  v[3] = vcombine_f32(vget_high_f32(a.val[1]), vget_high_f32(b.val[1]));
}

#define WIDE 16
typedef uint8x16_t wide;
INLINE wide load_wide(const uint8_t *at) { return vld1q_u8(at); }
INLINE void store_wide(uint8_t *at, wide v) { vst1q_u8(at, v); }
INLINE wide interleave_low(wide a, wide b) { return vzip1q_u8(a, b); }
INLINE wide interleave_high(wide a, wide b) { return vzip2q_u8(a, b); }

/*
 * Vectors of AVX2: eight floats, and four doubles. `vector-avx512.h` and `vector-neon.h` have the same names.
 * Every operation rounds once, in the default mode of the processor.
 */
#include <immintrin.h>

#define WIDTH avx2
#define TARGET "avx2,fma"
#define LANES 8
#define TALL_3 4 /* rows of a tile of three vectors: twelve accumulators hide the latency of the multiply-add */
#define TALL_2 6
#define TALL_1 12
#define DEPTH 96 /* inputs of a forward block, at most DEEPEST */
#define GROUP 8 /* rows whose bytes are transposed at once */
#define TAIL_GROUP 2

#include "target-push.h"

typedef __m256 vec;
typedef __m256d dvec;

INLINE vec load(const float *at) { return _mm256_loadu_ps(at); }
INLINE void store(float *at, vec v) { _mm256_storeu_ps(at, v); }
INLINE vec every(float v) { return _mm256_set1_ps(v); }
INLINE vec fused(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); } /* a · b + c, rounded once */
INLINE vec add(vec a, vec b) { return _mm256_add_ps(a, b); }
INLINE vec subtract(vec a, vec b) { return _mm256_sub_ps(a, b); }
INLINE vec multiply(vec a, vec b) { return _mm256_mul_ps(a, b); }
INLINE vec divide(vec a, vec b) { return _mm256_div_ps(a, b); }
/* b > a ? b : a, so that a NaN in `a` stays. */
INLINE vec larger(vec a, vec b) { return _mm256_max_ps(b, a); }
/* test > 0 ? v : +0 */
INLINE vec if_positive(vec test, vec v) {
  return _mm256_and_ps(v, _mm256_cmp_ps(test, _mm256_setzero_ps(), _CMP_GT_OQ));
}
INLINE vec if_equal(vec x, vec y, vec yes, vec no) { return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(x, y, _CMP_EQ_OQ)); }
INLINE vec if_greater(vec x, vec y, vec yes, vec no) { return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(x, y, _CMP_GT_OQ)); }
/* All bits of `mask` are equal: v, or +0. */
INLINE vec keep(vec v, vec mask) { return _mm256_and_ps(v, mask); }
/* As many bytes as floats. */
INLINE vec bytes(const uint8_t *at) {
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)at)));
}

INLINE dvec low_half(vec v) { return _mm256_cvtps_pd(_mm256_castps256_ps128(v)); }
INLINE dvec high_half(vec v) { return _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1)); }
INLINE vec join_halves(dvec low, dvec high) {
  return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(low)), _mm256_cvtpd_ps(high), 1);
}
INLINE dvec d_every(double v) { return _mm256_set1_pd(v); }
INLINE dvec d_add(dvec a, dvec b) { return _mm256_add_pd(a, b); }
INLINE dvec d_subtract(dvec a, dvec b) { return _mm256_sub_pd(a, b); }
INLINE dvec d_multiply(dvec a, dvec b) { return _mm256_mul_pd(a, b); }
INLINE dvec d_floor(dvec v) { return _mm256_floor_pd(v); }
/* x < limit ? +0 : v */
INLINE dvec d_zero_below(dvec x, double limit, dvec v) {
  return _mm256_andnot_pd(_mm256_cmp_pd(x, d_every(limit), _CMP_LT_OQ), v);
}
INLINE __m256d power_of_two(__m128i k) {
  const __m256i biased = _mm256_add_epi64(_mm256_cvtepi32_epi64(k), _mm256_set1_epi64x(1023));
  return _mm256_castsi256_pd(_mm256_slli_epi64(biased, 52));
}
/* v · 2^⌊k/2⌋ · 2^(k − ⌊k/2⌋) for whole k: no factor overflows. */
INLINE dvec d_scale(dvec v, dvec k) {
  const __m128i whole = _mm256_cvttpd_epi32(k), half = _mm_srai_epi32(whole, 1);
  return d_multiply(d_multiply(v, power_of_two(half)), power_of_two(_mm_sub_epi32(whole, half)));
}

/* Rows become columns. */
INLINE void transpose(vec v[LANES]) {
  vec a[8], b[8];
  UNROLL
  for (int i = 0; i < 4; i++) {
    a[2 * i] = _mm256_unpacklo_ps(v[2 * i], v[2 * i + 1]);
    a[2 * i + 1] = _mm256_unpackhi_ps(v[2 * i], v[2 * i + 1]);
  }
  UNROLL
  for (int i = 0; i < 2; i++) {
    b[4 * i] = _mm256_shuffle_ps(a[4 * i], a[4 * i + 2], 0x44);
    b[4 * i + 1] = _mm256_shuffle_ps(a[4 * i], a[4 * i + 2], 0xee);
    b[4 * i + 2] = _mm256_shuffle_ps(a[4 * i + 1], a[4 * i + 3], 0x44);
    b[4 * i + 3] = _mm256_shuffle_ps(a[4 * i + 1], a[4 * i + 3], 0xee);
  }
  UNROLL
  for (int i = 0; i < 4; i++) {
    v[i] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x20);
    v[i + 4] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x31);
  }
}

#define WIDE 32
typedef __m256i wide;
INLINE wide load_wide(const uint8_t *at) { return _mm256_loadu_si256((const __m256i *)at); }
INLINE void store_wide(uint8_t *at, wide v) { _mm256_storeu_si256((__m256i *)at, v); }
/* Bytes of the low, or high, halves of all 16-byte blocks, alternately. */
INLINE wide interleave_low(wide a, wide b) { return _mm256_unpacklo_epi8(a, b); }
INLINE wide interleave_high(wide a, wide b) { return _mm256_unpackhi_epi8(a, b); }

/* Vectors of AVX-512: sixteen floats, and eight doubles. `vector-avx2.h` explains the operations. */
#include <immintrin.h>

#define WIDTH avx512
#define TARGET "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"
#define LANES 16
#define TALL_3 8
#define TALL_2 12
#define TALL_1 12
#define DEPTH 128
#define GROUP 16
#define TAIL_GROUP 4

#include "target-push.h"

typedef __m512 vec;
typedef __m512d dvec;

INLINE vec load(const float *at) { return _mm512_loadu_ps(at); }
INLINE void store(float *at, vec v) { _mm512_storeu_ps(at, v); }
INLINE vec every(float v) { return _mm512_set1_ps(v); }
INLINE vec fused(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
INLINE vec add(vec a, vec b) { return _mm512_add_ps(a, b); }
INLINE vec subtract(vec a, vec b) { return _mm512_sub_ps(a, b); }
INLINE vec multiply(vec a, vec b) { return _mm512_mul_ps(a, b); }
INLINE vec divide(vec a, vec b) { return _mm512_div_ps(a, b); }
INLINE vec larger(vec a, vec b) { return _mm512_max_ps(b, a); }
INLINE vec if_positive(vec test, vec v) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(test, _mm512_setzero_ps(), _CMP_GT_OQ), v);
}
INLINE vec if_equal(vec x, vec y, vec yes, vec no) {
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, y, _CMP_EQ_OQ), no, yes);
}
INLINE vec if_greater(vec x, vec y, vec yes, vec no) {
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, y, _CMP_GT_OQ), no, yes);
}
INLINE vec keep(vec v, vec mask) {
  return _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(v), _mm512_castps_si512(mask)));
}
INLINE vec bytes(const uint8_t *at) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)at)));
}

INLINE dvec low_half(vec v) { return _mm512_cvtps_pd(_mm512_castps512_ps256(v)); }
INLINE dvec high_half(vec v) {
  return _mm512_cvtps_pd(_mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(v), 1)));
}
INLINE vec join_halves(dvec low, dvec high) {
  const __m512d halves = _mm512_castpd256_pd512(_mm256_castps_pd(_mm512_cvtpd_ps(low)));
  return _mm512_castpd_ps(_mm512_insertf64x4(halves, _mm256_castps_pd(_mm512_cvtpd_ps(high)), 1));
}
INLINE dvec d_every(double v) { return _mm512_set1_pd(v); }
INLINE dvec d_add(dvec a, dvec b) { return _mm512_add_pd(a, b); }
INLINE dvec d_subtract(dvec a, dvec b) { return _mm512_sub_pd(a, b); }
INLINE dvec d_multiply(dvec a, dvec b) { return _mm512_mul_pd(a, b); }
INLINE dvec d_floor(dvec v) { return _mm512_floor_pd(v); }
INLINE dvec d_zero_below(dvec x, double limit, dvec v) {
  return _mm512_mask_blend_pd(_mm512_cmp_pd_mask(x, d_every(limit), _CMP_LT_OQ), v, _mm512_setzero_pd());
}
INLINE __m512d power_of_two(__m256i k) {
  const __m512i biased = _mm512_add_epi64(_mm512_cvtepi32_epi64(k), _mm512_set1_epi64(1023));
  return _mm512_castsi512_pd(_mm512_slli_epi64(biased, 52));
}
INLINE dvec d_scale(dvec v, dvec k) {
  const __m256i whole = _mm512_cvttpd_epi32(k), half = _mm256_srai_epi32(whole, 1);
  return d_multiply(d_multiply(v, power_of_two(half)), power_of_two(_mm256_sub_epi32(whole, half)));
}

INLINE void transpose(vec v[LANES]) {
  vec a[16], b[16];
  UNROLL
  for (int i = 0; i < 8; i++) {
    a[2 * i] = _mm512_unpacklo_ps(v[2 * i], v[2 * i + 1]);
    a[2 * i + 1] = _mm512_unpackhi_ps(v[2 * i], v[2 * i + 1]);
  }
  /* b[4 g + c]: column c of every block of four columns, rows 4 g to 4 g + 3. */
  UNROLL
  for (int i = 0; i < 4; i++) {
    b[4 * i] = _mm512_shuffle_ps(a[4 * i], a[4 * i + 2], 0x44);
    b[4 * i + 1] = _mm512_shuffle_ps(a[4 * i], a[4 * i + 2], 0xee);
    b[4 * i + 2] = _mm512_shuffle_ps(a[4 * i + 1], a[4 * i + 3], 0x44);
    b[4 * i + 3] = _mm512_shuffle_ps(a[4 * i + 1], a[4 * i + 3], 0xee);
  }
  /* Transposes the 4 × 4 blocks of four columns. */
  UNROLL
  for (int c = 0; c < 4; c++) {
    const vec even_low = _mm512_shuffle_f32x4(b[c], b[c + 4], 0x88), odd_low = _mm512_shuffle_f32x4(b[c], b[c + 4], 0xdd);
    const vec even_high = _mm512_shuffle_f32x4(b[c + 8], b[c + 12], 0x88);
    const vec odd_high = _mm512_shuffle_f32x4(b[c + 8], b[c + 12], 0xdd);
    v[c] = _mm512_shuffle_f32x4(even_low, even_high, 0x88);
    v[c + 8] = _mm512_shuffle_f32x4(even_low, even_high, 0xdd);
    v[c + 4] = _mm512_shuffle_f32x4(odd_low, odd_high, 0x88);
    v[c + 12] = _mm512_shuffle_f32x4(odd_low, odd_high, 0xdd);
  }
}

#define WIDE 64
typedef __m512i wide;
INLINE wide load_wide(const uint8_t *at) { return _mm512_loadu_si512(at); }
INLINE void store_wide(uint8_t *at, wide v) { _mm512_storeu_si512(at, v); }
INLINE wide interleave_low(wide a, wide b) { return _mm512_unpacklo_epi8(a, b); }
INLINE wide interleave_high(wide a, wide b) { return _mm512_unpackhi_epi8(a, b); }

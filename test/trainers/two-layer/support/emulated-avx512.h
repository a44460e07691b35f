/*
 * AVX-512 for processors without it: SIMDe computes the intrinsics, so that the bits of the kernel can be tested everywhere.
 * The conversions that SIMDe 0.7.4 lacks are below. Compile with `-DEMULATED -include emulated-avx512.h -mavx2 -mfma`.
 */
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <immintrin.h>
#include <simde/x86/avx512.h>
#include <simde/x86/svml.h>

#define HAS(feature) true

static inline simde__m512i emulated_load(const void *at) { return simde_mm512_loadu_si512(at); }
static inline void emulated_store(void *at, simde__m512i v) { simde_mm512_storeu_si512(at, v); }
#undef _mm512_loadu_si512
#define _mm512_loadu_si512 emulated_load
#undef _mm512_storeu_si512
#define _mm512_storeu_si512 emulated_store

static inline simde__m512i emulated_bytes_to_integers(__m128i bytes) {
  simde__m512i_private r;
  for (int i = 0; i < 16; i++) r.i32[i] = ((uint8_t *)&bytes)[i];
  return simde__m512i_from_private(r);
}
#define _mm512_cvtepu8_epi32 emulated_bytes_to_integers

static inline simde__m512i emulated_integers_to_long(__m256i integers) {
  simde__m512i_private r;
  for (int i = 0; i < 8; i++) r.i64[i] = ((int32_t *)&integers)[i];
  return simde__m512i_from_private(r);
}
#define _mm512_cvtepi32_epi64 emulated_integers_to_long

static inline __m256i emulated_doubles_to_integers(simde__m512d doubles) {
  const simde__m512d_private v = simde__m512d_to_private(doubles);
  __m256i r;
  /* As the instruction: the smallest integer for NaN and for values out of range. */
  for (int i = 0; i < 8; i++) ((int32_t *)&r)[i] = v.f64[i] > -2147483649.0 && v.f64[i] < 2147483648.0 ? (int32_t)v.f64[i] : INT32_MIN;
  return r;
}
#define _mm512_cvttpd_epi32 emulated_doubles_to_integers

static inline __m256 emulated_doubles_to_floats(simde__m512d doubles) {
  const simde__m512d_private v = simde__m512d_to_private(doubles);
  __m256 r;
  for (int i = 0; i < 8; i++) ((float *)&r)[i] = (float)v.f64[i];
  return r;
}
#define _mm512_cvtpd_ps emulated_doubles_to_floats

static inline simde__m512d emulated_floats_to_doubles(__m256 floats) {
  simde__m512d_private r;
  for (int i = 0; i < 8; i++) r.f64[i] = ((float *)&floats)[i];
  return simde__m512d_from_private(r);
}
#undef _mm512_cvtps_pd
#define _mm512_cvtps_pd emulated_floats_to_doubles

static inline simde__m512 emulated_integers_to_floats(simde__m512i integers) {
  const simde__m512i_private v = simde__m512i_to_private(integers);
  simde__m512_private r;
  for (int i = 0; i < 16; i++) r.f32[i] = (float)v.i32[i];
  return simde__m512_from_private(r);
}
#define _mm512_cvtepi32_ps emulated_integers_to_floats

/* Blocks of four floats: two of `a` and two of `b`, each chosen by two bits. */
static inline simde__m512 emulated_shuffle_blocks(simde__m512 a, simde__m512 b, int choice) {
  const simde__m512_private v[2] = {simde__m512_to_private(a), simde__m512_to_private(b)};
  simde__m512_private r;
  for (int i = 0; i < 16; i++) r.f32[i] = v[i / 8].f32[(choice >> i / 4 * 2 & 3) * 4 + i % 4];
  return simde__m512_from_private(r);
}
#undef _mm512_shuffle_f32x4
#define _mm512_shuffle_f32x4 emulated_shuffle_blocks

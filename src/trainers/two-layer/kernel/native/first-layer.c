/*
 * Native kernel: the functions that stream the batch and W1, in C, as a Node-API addon.
 *
 * Three functions work in place on the thread's WebAssembly memory and replace `assembly/first-layer.ts`; one gathers a
 * batch into it. The result is the same to the last bit: every output element is one chain of fused multiply-adds in
 * increasing index. Lanes of a vector are columns of the output, never parts of a sum, and a block of a sum continues
 * from the accumulator that the previous block stored.
 *
 * `assembly/kernel.ts` describes the layouts of `w1`, `z` and `dz`, in panels of 8 columns. The batch has one packing
 * here, which both products use: x [k / 6][row][6]. Groups of six inputs are an odd number of cache lines apart, so
 * that groups do not share cache sets. A tile of either product reads it from front to back.
 *
 * A tile is 6 × 16 outputs: twelve accumulators of eight lanes, two vectors of weights and one broadcast fill the
 * sixteen registers of x64; arm64 has 32 of half the width. A last single panel has tiles of 12 × 8.
 *
 * JavaScript plans the memory and passes byte offsets. The second layer is always WebAssembly. The build uses no
 * fast-math and no contraction, and the code does not change the floating-point control registers.
 */
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#define TILE 6   /* rows of a forward tile, inputs of a backward tile */
#define PANEL 8  /* columns of a panel */
#define LINE 16  /* floats of a cache line */
#define INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
#include <immintrin.h>
#define KERNEL __attribute__((target("avx2,fma")))
typedef __m256 eight;
INLINE KERNEL eight load(const float *at) { return _mm256_loadu_ps(at); }
INLINE KERNEL void store(float *at, eight v) { _mm256_storeu_ps(at, v); }
INLINE KERNEL eight every(float v) { return _mm256_set1_ps(v); }
/* a · b + c, rounded once. */
INLINE KERNEL eight fused(eight a, eight b, eight c) { return _mm256_fmadd_ps(a, b, c); }
INLINE KERNEL eight bytes(const uint8_t *at) {
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)at)));
}
static bool supported(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

#elif defined(__aarch64__)
#include <arm_neon.h>
#define KERNEL
typedef struct {
  float32x4_t low, high;
} eight;
INLINE eight load(const float *at) { return (eight){vld1q_f32(at), vld1q_f32(at + 4)}; }
INLINE void store(float *at, eight v) {
  vst1q_f32(at, v.low);
  vst1q_f32(at + 4, v.high);
}
INLINE eight every(float v) { return (eight){vdupq_n_f32(v), vdupq_n_f32(v)}; }
/* a · b + c, rounded once. */
INLINE eight fused(eight a, eight b, eight c) {
  return (eight){vfmaq_f32(c.low, a.low, b.low), vfmaq_f32(c.high, a.high, b.high)};
}
INLINE eight bytes(const uint8_t *at) {
  uint16x8_t words = vmovl_u8(vld1_u8(at));
  return (eight){vcvtq_f32_u32(vmovl_u16(vget_low_u16(words))), vcvtq_f32_u32(vmovl_u16(vget_high_u16(words)))};
}
static bool supported(void) { return true; }

#else
#error "only x64 and arm64 have a native kernel"
#endif

/*
 * Copies rows of `size` bytes from anywhere in `source` to consecutive rows of `out`. They are far apart in main
 * memory, so the next two are prefetched while one is copied.
 */
static void gather(uint8_t *out, const uint8_t *source, const uint32_t *records, size_t count, size_t size) {
  for (size_t i = 0; i < count; i++) {
    if (i + 2 < count)
      for (size_t at = 0; at < size; at += 64) __builtin_prefetch(source + records[i + 2] * size + at, 0);
    memcpy(out + i * size, source + records[i] * size, size);
  }
}

/* Floats from one group of six inputs to the next: all rows and two more floats, in an odd number of cache lines. */
static size_t group_stride(int R) { return ((size_t)(TILE * R + 2 + LINE - 1) / LINE | 1) * LINE; }

/*
 * Converts bytes to standardised floats, x = fma(u, scale, offset), eight at a time. The next row overwrites the two
 * floats beyond a group; those of the last row are in the gap between groups.
 */
KERNEL static void pack_rows(float *x, const uint8_t *pixels, const float *scale, const float *offset, int rows,
                             int inputs, int R) {
  const size_t stride = group_stride(R);
  const int block = 16 * TILE; /* Bounds the number of memory pages in use. */
  for (int from = 0; from < inputs; from += block) {
    const int to = inputs - from < block ? inputs : from + block;
    for (int i = 0; i < rows; i++) {
      const uint8_t *row = pixels + (size_t)i * inputs;
      float *out = x + from / TILE * stride + (size_t)i * TILE;
      for (int k = from; k < to; k += TILE, out += stride)
        store(out, fused(bytes(row + k), load(scale + k), load(offset + k)));
    }
  }
}

/* `height` rows × `panels` panels of z, over `count` inputs. */
INLINE KERNEL void forward_tile(float *z, size_t zPanel, const float *x, size_t xGroup, const float *w, size_t wPanel,
                                int count, const int height, const int panels) {
  eight c[12][2];
#pragma GCC unroll 12
  for (int r = 0; r < height; r++) {
    c[r][0] = load(z + r * PANEL);
    if (panels == 2) c[r][1] = load(z + zPanel + r * PANEL);
  }
  for (; count > 0; count -= TILE, x += xGroup, w += TILE * PANEL) {
    const int width = count < TILE ? count : TILE;
#pragma GCC unroll 6
    for (int k = 0; k < TILE; k++) {
      if (k >= width) break;
      const eight w0 = load(w + k * PANEL);
      const eight w1 = panels == 2 ? load(w + wPanel + k * PANEL) : w0;
#pragma GCC unroll 12
      for (int r = 0; r < height; r++) {
        const eight v = every(x[r * TILE + k]);
        c[r][0] = fused(v, w0, c[r][0]);
        if (panels == 2) c[r][1] = fused(v, w1, c[r][1]);
      }
    }
  }
#pragma GCC unroll 12
  for (int r = 0; r < height; r++) {
    store(z + r * PANEL, c[r][0]);
    if (panels == 2) store(z + zPanel + r * PANEL, c[r][1]);
  }
}

#define FORWARD(height, panels) \
  case height: forward_tile(zTile, zPanel, xTile, xGroup, w, wPanel, count, height, panels); break

/* z += x · w1 over inputs kFrom … kTo − 1, continuing the chains in z; kFrom is a multiple of 6. */
KERNEL static void forward(float *z, const float *x, const float *w1, int rows, int panels, int kFrom, int kTo, int R,
                           int K) {
  const size_t xGroup = group_stride(R), wPanel = (size_t)K * PANEL, zPanel = (size_t)R * PANEL;
  const int count = kTo - kFrom;
  for (int panel = 0; panel < panels; panel += 2) {
    const bool pair = panel + 1 < panels;
    const int step = pair ? TILE : 2 * TILE;
    const float *w = w1 + panel * wPanel + (size_t)kFrom * PANEL;
    for (int i = 0; i < rows; i += step) {
      float *zTile = z + panel * zPanel + (size_t)i * PANEL;
      const float *xTile = x + kFrom / TILE * xGroup + (size_t)i * TILE;
      const int height = rows - i < step ? rows - i : step;
      if (pair) {
        switch (height) {
          FORWARD(1, 2); FORWARD(2, 2); FORWARD(3, 2); FORWARD(4, 2); FORWARD(5, 2); FORWARD(6, 2);
        }
      } else {
        switch (height) {
          FORWARD(1, 1); FORWARD(2, 1); FORWARD(3, 1); FORWARD(4, 1); FORWARD(5, 1); FORWARD(6, 1);
          FORWARD(7, 1); FORWARD(8, 1); FORWARD(9, 1); FORWARD(10, 1); FORWARD(11, 1); FORWARD(12, 1);
        }
      }
    }
  }
}

/* w ← fma(−η, fma(2λ, w, g), w) */
INLINE KERNEL void update(float *at, eight gradient, eight twoLambda, eight minusRate) {
  const eight w = load(at);
  store(at, fused(minusRate, fused(twoLambda, w, gradient), w));
}

/* Gradient of `width` inputs × `panels` panels of W1, in one or two groups of x, with the update. */
INLINE KERNEL void backward_tile(float *w, size_t wPanel, const float *x, size_t xGroup, const float *d, size_t dPanel,
                                 const float *twoLambdas, const float *minusRates, int rows, const int width, const int groups,
                                 const int panels) {
  eight c[12][2];
#pragma GCC unroll 12
  for (int k = 0; k < width * groups; k++) {
    c[k][0] = every(0);
    c[k][1] = every(0);
  }
#pragma GCC unroll 12
  for (int k = 0; k < width * groups; k += 2) {
    /* The weights are needed at the end of the tile: fetch them now. */
    __builtin_prefetch(w + k * PANEL, 1);
    if (panels == 2) __builtin_prefetch(w + wPanel + k * PANEL, 1);
  }
  for (int i = 0; i < rows; i++) {
    const eight d0 = load(d + (size_t)i * PANEL);
    const eight d1 = panels == 2 ? load(d + dPanel + (size_t)i * PANEL) : d0;
#pragma GCC unroll 12
    for (int k = 0; k < width * groups; k++) {
      const eight v = every(x[k / TILE * xGroup + i * TILE + k % TILE]);
      c[k][0] = fused(v, d0, c[k][0]);
      if (panels == 2) c[k][1] = fused(v, d1, c[k][1]);
    }
  }
#pragma GCC unroll 12
  for (int k = 0; k < width * groups; k++) {
    update(w + k * PANEL, c[k][0], load(twoLambdas), load(minusRates));
    if (panels == 2) update(w + wPanel + k * PANEL, c[k][1], load(twoLambdas + PANEL), load(minusRates + PANEL));
  }
}

#define BACKWARD(width, groups, panels) \
  backward_tile(w, wPanel, xTile, xGroup, d, dPanel, t, m, rows, width, groups, panels)

/* Inputs kFrom … kTo − 1; kFrom is a multiple of 6, and so is kTo unless it is K. Sums do not include padding rows. */
KERNEL static void backward(float *w1, const float *x, const float *dz, const float *twoLambdas,
                            const float *minusRates, int rows, int panels, int kFrom, int kTo, int R, int K) {
  const size_t wPanel = (size_t)K * PANEL, dPanel = (size_t)R * PANEL, xGroup = group_stride(R);
  for (int panel = 0; panel < panels; panel += 2) {
    const bool pair = panel + 1 < panels;
    const float *d = dz + panel * dPanel;
    const float *t = twoLambdas + panel * PANEL, *m = minusRates + panel * PANEL;
    for (int k = kFrom; k < kTo;) {
      float *w = w1 + panel * wPanel + (size_t)k * PANEL;
      const float *xTile = x + k / TILE * xGroup;
      const int left = kTo - k;
      if (pair && left >= TILE) BACKWARD(6, 1, 2);
      else if (pair && left == 4) BACKWARD(4, 1, 2);
      else if (pair) BACKWARD(2, 1, 2);
      else if (left >= 2 * TILE) BACKWARD(6, 2, 1);
      else if (left >= TILE) BACKWARD(6, 1, 1);
      else if (left == 4) BACKWARD(4, 1, 1);
      else BACKWARD(2, 1, 1);
      k += !pair && left >= 2 * TILE ? 2 * TILE : left >= TILE ? TILE : left;
    }
  }
}

/* Makes the compiler assume that `v` is read and changed here. */
#if defined(__x86_64__)
#define TOUCH(v) __asm__ volatile("" : "+x"(v))
#else
#define TOUCH(v) __asm__ volatile("" : "+w"((v).low), "+w"((v).high))
#endif

/* Nanoseconds of `count` × 12 × 8 multiply-adds on registers: the peak of this core, for the benchmark. */
KERNEL static double peak(int64_t count) {
  struct timespec start, end;
  eight c[12], b = every(1.0f);
  const eight a = every(0.5f);
#pragma GCC unroll 12
  for (int r = 0; r < 12; r++) c[r] = every((float)r);
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (int64_t i = 0; i < count; i++) {
    TOUCH(b);
#pragma GCC unroll 12
    for (int r = 0; r < 12; r++) c[r] = fused(a, c[r], b);
  }
#pragma GCC unroll 12
  for (int r = 0; r < 12; r++) TOUCH(c[r]);
  clock_gettime(CLOCK_MONOTONIC, &end);
  return (double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);
}

/* Arguments from JavaScript: the memory, then numbers. */
typedef struct {
  uint8_t *memory;
  double number[11];
} arguments;

/* False, with a pending exception, unless there are `count` numbers of which the first `places` are in the memory. */
static bool read_arguments(napi_env env, napi_callback_info info, int places, int count, arguments *into) {
  napi_value values[12];
  size_t given = 12, size = 0;
  void *data = NULL;
  bool valid = napi_get_cb_info(env, info, &given, values, NULL, NULL) == napi_ok && given == (size_t)count + 1 &&
               napi_get_arraybuffer_info(env, values[0], &data, &size) == napi_ok;
  for (int i = 0; valid && i < count; i++) {
    valid = napi_get_value_double(env, values[i + 1], &into->number[i]) == napi_ok;
    if (valid && i < places) valid = into->number[i] >= 0 && into->number[i] < (double)size;
  }
  if (!valid) napi_throw_type_error(env, NULL, "the native kernel needs a memory and addresses inside it");
  into->memory = data;
  return valid;
}

/* Elements of a typed array of the wanted type; false for other values. Threads may share its buffer. */
static bool read_array(napi_env env, napi_value value, napi_typedarray_type wanted, void **data, size_t *length) {
  napi_typedarray_type type;
  return napi_get_typedarray_info(env, value, &type, length, data, NULL, NULL) == napi_ok && type == wanted;
}

/* (out, source, records, size): `records` has 32-bit indices, the others bytes. */
static napi_value call_gather(napi_env env, napi_callback_info info) {
  napi_value values[4];
  size_t given = 4, outLength = 0, length = 0, count = 0;
  void *out = NULL, *source = NULL, *records = NULL;
  uint32_t size = 0;
  bool valid = napi_get_cb_info(env, info, &given, values, NULL, NULL) == napi_ok && given == 4 &&
               read_array(env, values[0], napi_uint8_array, &out, &outLength) &&
               read_array(env, values[1], napi_uint8_array, &source, &length) &&
               read_array(env, values[2], napi_uint32_array, &records, &count) &&
               napi_get_value_uint32(env, values[3], &size) == napi_ok && size > 0 && count * size <= outLength;
  for (size_t i = 0; valid && i < count; i++) valid = ((const uint32_t *)records)[i] < length / size;
  if (!valid) {
    napi_throw_type_error(env, NULL, "gather needs records inside the source and an output that is large enough");
    return NULL;
  }
  gather(out, source, records, count, size);
  return NULL;
}

#define FLOATS(i) ((float *)(a.memory + (size_t)a.number[i]))
#define INTEGER(i) ((int)a.number[i])

static napi_value call_pack_rows(napi_env env, napi_callback_info info) {
  arguments a;
  if (!read_arguments(env, info, 4, 8, &a)) return NULL;
  pack_rows(FLOATS(0), a.memory + (size_t)a.number[1], FLOATS(2), FLOATS(3), INTEGER(4), INTEGER(5), INTEGER(6));
  return NULL;
}

static napi_value call_forward(napi_env env, napi_callback_info info) {
  arguments a;
  if (!read_arguments(env, info, 3, 9, &a)) return NULL;
  forward(FLOATS(0), FLOATS(1), FLOATS(2), INTEGER(3), INTEGER(4), INTEGER(5), INTEGER(6), INTEGER(7), INTEGER(8));
  return NULL;
}

static napi_value call_backward(napi_env env, napi_callback_info info) {
  arguments a;
  if (!read_arguments(env, info, 5, 11, &a)) return NULL;
  backward(FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), FLOATS(4), INTEGER(5), INTEGER(6), INTEGER(7),
           INTEGER(8), INTEGER(9), INTEGER(10));
  return NULL;
}

static napi_value call_supported(napi_env env, napi_callback_info info) {
  napi_value result;
  (void)info;
  return napi_get_boolean(env, supported(), &result) == napi_ok ? result : NULL;
}

static napi_value call_peak(napi_env env, napi_callback_info info) {
  napi_value count, result;
  size_t given = 1;
  int64_t repeats = 0;
  if (napi_get_cb_info(env, info, &given, &count, NULL, NULL) != napi_ok ||
      napi_get_value_int64(env, count, &repeats) != napi_ok)
    return NULL;
  return napi_create_double(env, peak(repeats), &result) == napi_ok ? result : NULL;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"gather", NULL, call_gather, NULL, NULL, NULL, napi_enumerable, NULL},
      {"packRows", NULL, call_pack_rows, NULL, NULL, NULL, napi_enumerable, NULL},
      {"forward", NULL, call_forward, NULL, NULL, NULL, napi_enumerable, NULL},
      {"backward", NULL, call_backward, NULL, NULL, NULL, napi_enumerable, NULL},
      {"supported", NULL, call_supported, NULL, NULL, NULL, napi_enumerable, NULL},
      {"peakNanoseconds", NULL, call_peak, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  if (napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions) != napi_ok) return NULL;
  return exports;
}

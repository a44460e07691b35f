/*
 * First layer, for one width: both products with W1, which take nearly all of the time.
 *
 * Both are the same loop over tiles: c[r][q] += x[k][r] · m[k][q]. Forward, r are rows, k inputs and m is W1; backward, r are
 * inputs, k rows and m is the gradient of z. The batch stays bytes in place; a block is converted to floats in the first-level
 * cache just before its tiles: twice, which is faster than to write floats to memory once.
 */
#include "convert-pixels.h"
#include "tail-columns.h"

/* c [height][V] += x [k][r] · m [k][V · L] over `count` k. */
INLINE void multiply_tile(vec c[][3], const float *x, const float *m, int count, const int height, const int V) {
  for (int k = 0; k < count; k++, x += BLOCK, m += V * LANES) {
    vec v[3];
    UNROLL
    for (int q = 0; q < V; q++) v[q] = load(m + q * LANES);
    UNROLL
    for (int r = 0; r < height; r++) {
      const vec e = every(x[r]);
      UNROLL
      for (int q = 0; q < V; q++) c[r][q] = fused(e, v[q], c[r][q]);
    }
  }
}

/* `height` rows × V vectors of z; the chains continue from `from`, a row of biases (step 0) or z itself. */
INLINE void forward_tile(float *z, const float *from, int step, const float *x, const float *w, int count, const int height,
                         const int V) {
  vec c[12][3];
  UNROLL
  for (int r = 0; r < height; r++)
    UNROLL
    for (int q = 0; q < V; q++) c[r][q] = load(from + r * step + q * LANES);
  multiply_tile(c, x, w, count, height, V);
  UNROLL
  for (int r = 0; r < height; r++)
    UNROLL
    for (int q = 0; q < V; q++) store(z + r * V * LANES + q * LANES, c[r][q]);
}

/* Gradient of `height` inputs × V vectors of columns, and their update. */
INLINE void backward_tile(float *w, const float *two_lambdas, const float *minus_rates, const float *x, const float *d, int rows,
                          const int height, const int V) {
  vec c[12][3];
  UNROLL
  for (int r = 0; r < height; r++)
    UNROLL
    for (int q = 0; q < V; q++) c[r][q] = every(0);
  /* The weights are needed at the end of the tile: fetch them now. */
  UNROLL
  for (int at = 0; at < height * V * LANES; at += LINE) __builtin_prefetch(w + at, 1);
  multiply_tile(c, x, d, rows, height, V);
  UNROLL
  for (int r = 0; r < height; r++)
    UNROLL
    for (int q = 0; q < V; q++)
      update(w + (r * V + q) * LANES, c[r][q], load(two_lambdas + q * LANES), load(minus_rates + q * LANES));
}

#define TILES_3(run) run(1, 3) run(2, 3) run(3, 3) run(4, 3)
#define TILES_2(run) run(1, 2) run(2, 2) run(3, 2) run(4, 2) run(5, 2) run(6, 2)
#define TILES_1(run) \
  run(1, 1) run(2, 1) run(3, 1) run(4, 1) run(5, 1) run(6, 1) run(7, 1) run(8, 1) run(9, 1) run(10, 1) run(11, 1) run(12, 1)
#if TALL_3 == 8
#define TILES(run) \
  TILES_3(run) run(5, 3) run(6, 3) run(7, 3) run(8, 3) TILES_2(run) run(7, 2) run(8, 2) run(9, 2) run(10, 2) run(11, 2) \
      run(12, 2) TILES_1(run)
#else
#define TILES(run) TILES_3(run) TILES_2(run) TILES_1(run)
#endif

#define FORWARD(height, V) \
  case height * 4 + V: \
    forward_tile(z, from, step, x, w, count, height, V); \
    break;
static void run_forward(float *z, const float *from, int step, const float *x, const float *w, int count, int height, int V) {
  switch (height * 4 + V) { TILES(FORWARD) }
}

#define BACKWARD(height, V) \
  case height * 4 + V: \
    backward_tile(w, two_lambdas, minus_rates, x, d, rows, height, V); \
    break;
static void run_backward(float *w, const float *two_lambdas, const float *minus_rates, const float *x, const float *d, int rows,
                         int height, int V) {
  switch (height * 4 + V) { TILES(BACKWARD) }
}

INLINE int tall(int V) { return V == 3 ? TALL_3 : V == 2 ? TALL_2 : TALL_1; }

/* Prefetches the pixels that the next block of inputs converts. */
INLINE void fetch_pixels(const network *n, int row, int count, int from) {
  for (int i = row; i < row + count; i++)
    for (int at = from; at < from + DEPTH && at < n->shape.inputs; at += 64) __builtin_prefetch(n->records[i] + at);
}

/* Prefetches a part of the weights that the next panel needs: part `part` of `parts`. */
INLINE void fetch_weights(const float *w, int floats, int part, int parts) {
  const int lines = (floats + LINE - 1) / LINE, from = lines * part / parts, to = lines * (part + 1) / parts;
  for (int line = from; line < to; line++) __builtin_prefetch(w + line * LINE, 0, 2);
}

/* z = b1 + x · w1 */
static void forward(network *n, const batch *b) {
  const int inputs = n->shape.inputs, whole = n->vectors * LANES;
  const ptrdiff_t R = n->R, K = n->K;
  for (int k = 0; k < inputs; k += DEPTH) {
    const int count = smaller(DEPTH, inputs - k);
    for (int i = 0; i < b->rows; i += BLOCK) {
      const int height = smaller(BLOCK, b->rows - i);
      convert_columns(n->x, n->records + i, height, k, count, n);
      for (int panel = 0; panel < n->panels; panel++) {
        const int first = first_vector(n, panel), V = vectors_of(n, panel), size = V * LANES;
        const float *w = n->w1 + first * LANES * K + (ptrdiff_t)k * size;
        float *z = n->z + first * LANES * R + (ptrdiff_t)i * size;
        /* The weights that are needed after this panel's. */
        const int next_panel = panel + 1 < n->panels ? panel + 1 : 0, next_k = next_panel > 0 ? k : k + DEPTH;
        const int next_size = vectors_of(n, next_panel) * LANES, tiles = (height + tall(V) - 1) / tall(V);
        const float *next = n->w1 + first_vector(n, next_panel) * LANES * K + (ptrdiff_t)next_k * next_size;
        for (int r = 0; r < height; r += tall(V)) {
          if (i == 0) fetch_weights(next, count * next_size, r / tall(V), tiles);
          if (panel == 0) fetch_pixels(n, i + r, smaller(tall(V), height - r), k + DEPTH);
          const float *from = k == 0 ? n->b1 + first * LANES : z + r * size;
          run_forward(z + r * size, from, k == 0 ? 0 : size, n->x + r, w, count, smaller(tall(V), height - r), V);
        }
      }
      for (int t = 0; t < n->tails; t += TAIL_GROUP) {
        const int column = whole + t;
        run_forward_tails(n->z + column * R + i, R, k == 0 ? n->b1 + column : NULL, n->x, n->w1 + column * K + k, K, count,
                          smaller(TAIL_GROUP, n->tails - t), (height + LANES - 1) / LANES);
      }
    }
  }
}

/* Updates w1 by the gradient of z, without writing a gradient matrix. */
static void backward(network *n, const batch *b) {
  const int inputs = n->shape.inputs, whole = n->vectors * LANES;
  const ptrdiff_t R = n->R, K = n->K;
  for (int k = 0; k < inputs; k += BLOCK) {
    const int count = smaller(BLOCK, inputs - k);
    convert_rows(n->x, n->records, b->rows, k, count, n);
    for (int panel = 0; panel < n->panels; panel++) {
      const int first = first_vector(n, panel), V = vectors_of(n, panel), size = V * LANES, column = first * LANES;
      float *w = n->w1 + column * K + (ptrdiff_t)k * size;
      for (int r = 0; r < count; r += tall(V))
        run_backward(w + r * size, n->two_lambdas + column, n->minus_rates + column, n->x + r, n->z + column * R, b->rows,
                     smaller(tall(V), count - r), V);
    }
    for (int t = 0; t < n->tails; t += TAIL_GROUP) {
      const int column = whole + t;
      run_backward_tails(n->w1 + column * K + k, K, n->two_lambdas + column, n->minus_rates + column, n->x, n->z + column * R, R,
                         b->rows, smaller(TAIL_GROUP, n->tails - t), (count + LANES - 1) / LANES);
    }
  }
}

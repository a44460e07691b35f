/*
 * First layer, for one width: both products with W1, which take nearly all of the time.
 *
 * Both are the same loop over tiles: c[r][q] += x[k][r] · m[k][q]. Forward, r are rows, k inputs and m is W1; backward, r are
 * inputs, k rows and m is the gradient of z. The batch stays bytes in place; a block is converted to floats in the first-level
 * cache just before its tiles: twice, which is faster than to write floats to memory once.
 */
#include "convert-pixels.h"
#include "tail-columns.h"

/*
 * A forward tile prefetches what is needed later: a few lines every TURN inputs. All at once would hold up the tile's own loads,
 * since a core waits for 10 to 16 lines at a time.
 */
#define TURN 8
#define TURNS (DEPTH / TURN)
typedef struct {
  /* Pixels of the next block of inputs, and their number of lines: two for each record, without one that this block shares. */
  const uint8_t *const *records;
  int from, lines;
  /* Weights of the next panel, and lines per turn. */
  const float *weights;
  int weight_lines;
} fetches;

INLINE void fetch(const fetches *f, int turn) {
  for (int line = turn; line < f->lines; line += TURNS) __builtin_prefetch(f->records[line / 2] + f->from + 63 + line % 2 * 64);
  for (int line = 0; line < f->weight_lines; line++)
    __builtin_prefetch(f->weights + (turn * f->weight_lines + line) * LINE, 0, 2);
}

/* c [height][V] += x [k][r] · m [k][V · L] over `count` k. `f` is NULL if there is nothing to prefetch. */
INLINE void multiply_tile(vec c[][3], const float *x, const float *m, const fetches *f, int count, const int height, const int V) {
  for (int k = 0; k < count; k++, x += BLOCK, m += V * LANES) {
    if (f != NULL && k % TURN == 0) fetch(f, k / TURN);
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
INLINE void forward_tile(float *z, const float *from, int step, const float *x, const float *w, const fetches *f, int count,
                         const int height, const int V) {
  vec c[12][3];
  UNROLL
  for (int r = 0; r < height; r++)
    UNROLL
    for (int q = 0; q < V; q++) c[r][q] = load(from + r * step + q * LANES);
  multiply_tile(c, x, w, f, count, height, V);
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
  multiply_tile(c, x, d, NULL, rows, height, V);
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
    forward_tile(z, from, step, x, w, f, count, height, V); \
    break;
static void run_forward(float *z, const float *from, int step, const float *x, const float *w, const fetches *f, int count,
                        int height, int V) {
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

/* Rows of the next forward block, of the `left` that are left. A last block of few rows would make little use of its weights. */
INLINE int block_rows(int left) { return left <= BLOCK ? left : left < BLOCK + 16 ? 32 : BLOCK; }

/* z = b1 + x · w1 */
static void forward(network *n, const batch *b) {
  const int inputs = n->shape.inputs, whole = n->vectors * LANES;
  const ptrdiff_t R = n->R, K = n->K;
  const bool fits_cache = n->columns * K * (ptrdiff_t)sizeof(float) < SECOND_LEVEL;
  for (int k = 0; k < inputs; k += DEPTH) {
    const int count = smaller(DEPTH, inputs - k);
    const bool is_last = k + DEPTH >= inputs;
    for (int i = 0, height; i < b->rows; i += height) {
      height = block_rows(b->rows - i);
      convert_columns(n->x, n->records + i, height, k, count, n);
      for (int panel = 0; panel < n->panels; panel++) {
        const int first = first_vector(n, panel), V = vectors_of(n, panel), size = V * LANES;
        const float *w = n->w1 + first * LANES * K + (ptrdiff_t)k * size;
        float *z = n->z + first * LANES * R + (ptrdiff_t)i * size;
        /* The weights that are needed after this panel's. */
        const int next_panel = panel + 1 < n->panels ? panel + 1 : 0, next_k = next_panel > 0 ? k : k + DEPTH;
        const int next_size = vectors_of(n, next_panel) * LANES, tiles = (height + tall(V) - 1) / tall(V);
        const float *next = n->w1 + first_vector(n, next_panel) * LANES * K + (ptrdiff_t)next_k * next_size;
        const int lines = i > 0 || fits_cache ? 0 : (count * next_size / LINE + tiles * TURNS - 1) / (tiles * TURNS);
        for (int r = 0; r < height; r += tall(V)) {
          const int rows = smaller(tall(V), height - r);
          const fetches f = {n->records + i + r, k + DEPTH, panel > 0 || is_last ? 0 : 2 * rows,
                             next + r / tall(V) * TURNS * lines * LINE, lines};
          const float *from = k == 0 ? n->b1 + first * LANES : z + r * size;
          run_forward(z + r * size, from, k == 0 ? 0 : size, n->x + r, w, &f, count, rows, V);
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

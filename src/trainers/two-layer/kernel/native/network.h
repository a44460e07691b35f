/*
 * Native kernel: a pack of two-layer networks in one block of memory, as `pack-network.ts` describes it.
 *
 * A width is one implementation of `struct width` for one kind of vector. All give the same bits: every output element is one
 * chain of fused multiply-adds in increasing index. Lanes of a vector are different outputs, never parts of a sum, and a block of
 * a sum continues from the accumulator that the previous block stored. The build uses no fast-math and no contraction, and the
 * code does not change the floating-point control registers.
 *
 * Layouts, with V ≤ 3 vectors of L floats per panel and R rows rounded up:
 *
 *     w1   [panel][input][V · L], then [tail column][input]
 *     z    [panel][row][V · L], then [tail column][row]: before ReLU; later the gradient
 *     a    [column][row]: after ReLU
 *     s    [member][class][row]: scores, then exponentials, then their gradient
 *     ds   [row][class]: a copy of the gradient of one member
 *     w2   [member][unit][class], classes rounded up to whole vectors
 *
 * Columns of all members are side by side: unit j of member p is column p · hidden + j. Columns beyond the last whole vector are
 * tail columns if they are at most half a vector: their lanes are rows (forward) or inputs (backward), which needs no padding.
 * Otherwise they are padded to a vector. Padding columns stay zero.
 */
#ifndef RIDGELINE_NETWORK_H
#define RIDGELINE_NETWORK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
/* Before a loop with a constant number of rounds, so that arrays of vectors are registers. */
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif
/* Rows of a forward block and inputs of a backward block: a multiple of every vector and every tile. */
#define BLOCK 48
/* Most inputs of a forward block. The converted pixels and a panel of weights fit the first-level cache. */
#define DEEPEST 128
/* Floats of a cache line. */
#define LINE 16
/* Bytes of weights that stay in the second-level cache of a core from one step to the next. */
#define SECOND_LEVEL (1 << 20)

typedef struct {
  int members, inputs, hidden, classes, rows;
} shape;

typedef struct {
  shape shape;
  int lanes;
  /* Columns: all, those in vectors (with padding), and tail columns. */
  int columns, vectors, panels, tails;
  /* R, and classes and inputs rounded up. */
  int R, C, K;
  float *scale, *offset, *w1, *b1, *two_lambdas, *minus_rates, *z, *a, *mask, *s, *ds, *sums, *labels, *w2, *b2, *x;
  double *losses;
  const uint8_t **records;
} network;

/* A batch in place: row i is `size` bytes at source + records[i] · size. */
typedef struct {
  const uint8_t *source;
  const uint32_t *records;
  const uint8_t *labels;
  int rows;
} batch;

/* Hidden units that a step drops: those whose number in the random stream is below `threshold`. */
typedef struct {
  uint32_t threshold, place0, place1, purpose, key0, key1;
  float scale;
} dropout;

typedef struct {
  const char *name;
  /* Floats of a vector. */
  int lanes;
  bool (*supported)(void);
  /* One update of all members; `losses` (members) becomes the sums of the losses before it. */
  void (*train)(network *n, const batch *b, const dropout *d, const float *rates, double *losses);
  /* Leaves in the parameters the gradients of the mean losses. */
  void (*gradients)(network *n, const batch *b);
  /* Adds to `losses` (members), writes `class_of` (members, rows). */
  void (*evaluate)(network *n, const batch *b, double *losses, uint8_t *class_of);
  /* Writes (members, rows, classes). */
  void (*scores)(network *n, const batch *b, float *scores);
  /* Nanoseconds of `count` × 12 · lanes multiply-adds on registers. */
  double (*peak)(int64_t count);
} width;

extern const width ridgeline_avx512, ridgeline_avx2, ridgeline_neon;

/* First vector of a panel. The first ones have one vector more than the others. */
INLINE int first_vector(const network *n, int panel) {
  const int fewer = n->vectors / n->panels, more = n->vectors % n->panels;
  return panel * fewer + (panel < more ? panel : more);
}
INLINE int vectors_of(const network *n, int panel) { return first_vector(n, panel + 1) - first_vector(n, panel); }

/* An element of one column: w1 (length K) or z (length R). */
typedef struct {
  float *first;
  ptrdiff_t step;
} column_place;

INLINE column_place place_column(const network *n, float *array, int length, int column) {
  const int whole = n->vectors * n->lanes;
  if (column >= whole) return (column_place){array + (ptrdiff_t)column * length, 1};
  int panel = 0;
  while (first_vector(n, panel + 1) * n->lanes <= column) panel++;
  const int first = first_vector(n, panel) * n->lanes;
  return (column_place){array + (ptrdiff_t)first * length + (column - first), (ptrdiff_t)vectors_of(n, panel) * n->lanes};
}

/* Parameters of one member as JavaScript has them: w1 (inputs, hidden), b1, w2 (hidden, classes), b2. */
typedef struct {
  float *w1, *b1, *w2, *b2;
} parameters;

/* Bytes of a network's memory. Fills in `n` if `memory` is not NULL. */
size_t ridgeline_plan(network *n, shape s, int lanes, uint8_t *memory);
/* Zeros the parameters and 2λ of all members. */
void ridgeline_clear_parameters(network *n);
/* Reads the parameters of a member, or writes them. */
void ridgeline_copy_parameters(network *n, int member, parameters p, bool is_read);

#endif

/* The functions of one width (`network.h`), from its vector header. */
#include "first-layer.h"
#include "softmax.h"
#include "second-layer.h"

#include <time.h>

/* Addresses of the records, and their labels as floats, which compare a vector at a time. */
static void open_batch(network *n, const batch *b) {
  const size_t size = (size_t)n->shape.inputs;
  for (int i = 0; i < b->rows; i++) {
    n->records[i] = b->source + b->records[i] * size;
    n->labels[i] = b->labels[i];
  }
}

/* Computes a = ReLU(x · w1 + b1). */
static void hidden_layer(network *n, const batch *b) {
  open_batch(n, b);
  forward(n, b);
  rectify(n, b->rows);
}

/* Leaves the gradients of the scores in s, and of the hidden layer in z. */
static void gradient_pass(network *n, int rows, float dropout_scale, double *losses) {
  for (int member = 0; member < n->shape.members; member++) {
    float *s = scores_of(n, member);
    output_scores(n, member, rows);
    losses[member] = softmax(n, s, rows, 0);
    softmax_gradient(n, s, rows, 1.0f / (float)rows);
  }
  hidden_gradient(n, rows, dropout_scale);
}

static void update_all(network *n, const batch *b) {
  for (int member = 0; member < n->shape.members; member++) update_output(n, member, b->rows);
  update_hidden_bias(n, b->rows);
  backward(n, b);
}

static void train(network *n, const batch *b, const dropout *d, const float *rates, double *losses) {
  const int hidden = n->shape.hidden;
  for (int member = 0; member < n->shape.members; member++)
    for (int j = 0; j < hidden; j++) n->minus_rates[member * hidden + j] = -rates[member];
  hidden_layer(n, b);
  if (d != NULL) drop_units(n, b->rows, d);
  gradient_pass(n, b->rows, d == NULL ? 1 : d->scale, losses);
  update_all(n, b);
}

/* Updating zeros with a rate of −1 leaves the gradient, unrounded. */
static void gradients(network *n, const batch *b) {
  hidden_layer(n, b);
  gradient_pass(n, b->rows, 1, n->losses);
  ridgeline_clear_parameters(n);
  for (int column = 0; column < n->columns; column++) n->minus_rates[column] = 1;
  update_all(n, b);
}

static void evaluate(network *n, const batch *b, double *losses, uint8_t *class_of) {
  hidden_layer(n, b);
  for (int member = 0; member < n->shape.members; member++) {
    output_scores(n, member, b->rows);
    classify(n, scores_of(n, member), b->rows, class_of + (ptrdiff_t)member * b->rows);
    losses[member] = softmax(n, scores_of(n, member), b->rows, losses[member]);
  }
}

static void scores(network *n, const batch *b, float *scores) {
  hidden_layer(n, b);
  for (int member = 0; member < n->shape.members; member++) {
    output_scores(n, member, b->rows);
    const float *s = scores_of(n, member);
    for (int i = 0; i < b->rows; i++)
      for (int c = 0; c < n->shape.classes; c++) *scores++ = s[c * (ptrdiff_t)n->R + i];
  }
}

/* Makes the compiler assume that `v` is read and changed here. */
#if defined(EMULATED)
#define TOUCH(v) __asm__ volatile("" : "+m"(v))
#elif defined(__x86_64__)
#define TOUCH(v) __asm__ volatile("" : "+v"(v))
#else
#define TOUCH(v) __asm__ volatile("" : "+w"(v))
#endif

/* The peak of this core, for the benchmark: twelve chains of multiply-adds on registers. */
static double peak(int64_t count) {
  struct timespec start, end;
  vec c[12], b = every(1.0f);
  const vec a = every(0.5f);
  UNROLL
  for (int r = 0; r < 12; r++) c[r] = every((float)r);
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (int64_t i = 0; i < count; i++) {
    TOUCH(b);
    UNROLL
    for (int r = 0; r < 12; r++) c[r] = fused(a, c[r], b);
  }
  UNROLL
  for (int r = 0; r < 12; r++) TOUCH(c[r]);
  clock_gettime(CLOCK_MONOTONIC, &end);
  return (double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);
}

/*
 * Tail columns, for one width: the columns of W1 beyond the last whole vector. Their lanes are rows (forward) or inputs
 * (backward).
 */

/* w ← fma(−η, fma(2λ, w, g), w) */
INLINE void update(float *at, vec gradient, vec two_lambda, vec minus_rate) {
  const vec w = load(at);
  store(at, fused(minus_rate, fused(two_lambda, w, gradient), w));
}

/* Tail columns: c [T][E] += x [k][lanes] · m [T][k], for E vectors of rows (forward) or of inputs (backward). */
INLINE void multiply_tails(vec c[][BLOCK / LANES], const float *x, const float *m, ptrdiff_t length, int count, const int T,
                           const int E) {
  for (int k = 0; k < count; k++, x += BLOCK) {
    vec v[TAIL_GROUP];
    UNROLL
    for (int t = 0; t < T; t++) v[t] = every(m[t * length + k]);
    UNROLL
    for (int e = 0; e < E; e++) {
      const vec lanes = load(x + e * LANES);
      UNROLL
      for (int t = 0; t < T; t++) c[t][e] = fused(lanes, v[t], c[t][e]);
    }
  }
}

INLINE void forward_tails(float *z, ptrdiff_t R, const float *biases, const float *x, const float *w, ptrdiff_t K, int count,
                          const int T, const int E) {
  vec c[TAIL_GROUP][BLOCK / LANES];
  UNROLL
  for (int t = 0; t < T; t++)
    UNROLL
    for (int e = 0; e < E; e++) c[t][e] = biases == NULL ? load(z + t * R + e * LANES) : every(biases[t]);
  multiply_tails(c, x, w, K, count, T, E);
  UNROLL
  for (int t = 0; t < T; t++)
    UNROLL
    for (int e = 0; e < E; e++) store(z + t * R + e * LANES, c[t][e]);
}

INLINE void backward_tails(float *w, ptrdiff_t K, const float *two_lambdas, const float *minus_rates, const float *x,
                           const float *d, ptrdiff_t R, int rows, const int T, const int E) {
  vec c[TAIL_GROUP][BLOCK / LANES];
  UNROLL
  for (int t = 0; t < T; t++)
    UNROLL
    for (int e = 0; e < E; e++) c[t][e] = every(0);
  multiply_tails(c, x, d, R, rows, T, E);
  UNROLL
  for (int t = 0; t < T; t++)
    UNROLL
    for (int e = 0; e < E; e++)
      update(w + t * K + e * LANES, c[t][e], every(two_lambdas[t]), every(minus_rates[t]));
}

#define TAIL_WIDTHS_3(run, T) run(T, 1) run(T, 2) run(T, 3)
#define TAIL_WIDTHS_6(run, T) TAIL_WIDTHS_3(run, T) run(T, 4) run(T, 5) run(T, 6)
#define TAIL_WIDTHS_12(run, T) TAIL_WIDTHS_6(run, T) run(T, 7) run(T, 8) run(T, 9) run(T, 10) run(T, 11) run(T, 12)
#if LANES == 16
#define TAIL_SIZES(run) TAIL_WIDTHS_3(run, 1) TAIL_WIDTHS_3(run, 2) TAIL_WIDTHS_3(run, 3) TAIL_WIDTHS_3(run, 4)
#elif LANES == 8
#define TAIL_SIZES(run) TAIL_WIDTHS_6(run, 1) TAIL_WIDTHS_6(run, 2)
#else
#define TAIL_SIZES(run) TAIL_WIDTHS_12(run, 1) TAIL_WIDTHS_12(run, 2)
#endif

#define FORWARD_TAILS(T, E) \
  case T * 16 + E: \
    forward_tails(z, R, biases, x, w, K, count, T, E); \
    break;
static void run_forward_tails(float *z, ptrdiff_t R, const float *biases, const float *x, const float *w, ptrdiff_t K, int count,
                              int T, int E) {
  switch (T * 16 + E) { TAIL_SIZES(FORWARD_TAILS) }
}

#define BACKWARD_TAILS(T, E) \
  case T * 16 + E: \
    backward_tails(w, K, two_lambdas, minus_rates, x, d, R, rows, T, E); \
    break;
static void run_backward_tails(float *w, ptrdiff_t K, const float *two_lambdas, const float *minus_rates, const float *x,
                               const float *d, ptrdiff_t R, int rows, int T, int E) {
  switch (T * 16 + E) { TAIL_SIZES(BACKWARD_TAILS) }
}

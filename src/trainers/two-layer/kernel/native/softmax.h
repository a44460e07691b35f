/*
 * Softmax and cross-entropy, for one width: rows side by side. `exponential` and `logarithm` are those of
 * `base/elementary.ts`, operation by operation: float64, rounded once to float32.
 */

#define LN2_HIGH 0.6931471803691238
#define LN2_LOW 1.9082149292705877e-10
#define LOG2_E 1.4426950408889634

/* 1/n! for n = 0 … 13 */
static const double exp_terms[] = {1,
                                   1,
                                   0.5,
                                   0.16666666666666666,
                                   0.041666666666666664,
                                   0.008333333333333333,
                                   0.001388888888888889,
                                   0.0001984126984126984,
                                   0.0000248015873015873,
                                   0.0000027557319223985893,
                                   2.755731922398589e-7,
                                   2.505210838544172e-8,
                                   2.08767569878681e-9,
                                   1.6059043836821613e-10};

/* e^x for x ≤ 0, or NaN. */
INLINE dvec exponential(dvec x) {
  const dvec k = d_floor(d_add(d_multiply(x, d_every(LOG2_E)), d_every(0.5)));
  const dvec r = d_subtract(d_subtract(x, d_multiply(k, d_every(LN2_HIGH))), d_multiply(k, d_every(LN2_LOW)));
  dvec sum = d_every(exp_terms[13]);
  UNROLL
  for (int n = 12; n >= 0; n--) sum = d_add(d_multiply(sum, r), d_every(exp_terms[n]));
  return d_zero_below(x, -745.1332191019412, d_scale(sum, k));
}

/* ln x for a normal x > 0; Infinity and NaN are returned unchanged. */
INLINE double logarithm(double x) {
  if (!(x < __builtin_inf())) return x;
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  double k = (double)((int)(bits >> 52) - 1023), m;
  bits = (bits & 0xfffffffffffff) | 0x3ff0000000000000;
  memcpy(&m, &bits, sizeof m);
  if (m >= 1.4142135623730951) {
    m /= 2;
    k += 1;
  }
  const double f = m - 1, s = f / (m + 1), z = s * s;
  double sum = 0;
  UNROLL
  for (int n = 23; n >= 3; n -= 2) sum = (sum + 1.0 / n) * z;
  const double tail = s * (2 * sum - f) + k * LN2_LOW;
  return k * LN2_HIGH + (f + tail);
}

/*
 * Replaces scores `s` by exponentials of score − maximum, and `sums` by each row's sum. Returns `total` plus the losses of the
 * rows, added in order; NaN or Infinity if a score was.
 */
static double softmax(network *n, float *s, int rows, double total) {
  const int classes = n->shape.classes;
  const ptrdiff_t R = n->R;
  float *chosen = n->sums + R;
  for (int i = 0; i < rows; i += LANES) {
    vec most = load(s + i), sum = every(0), own = every(0);
    for (int c = 1; c < classes; c++) most = larger(most, load(s + c * R + i));
    const vec label = load(n->labels + i);
    for (int c = 0; c < classes; c++) {
      float *at = s + c * R + i;
      const vec d = subtract(load(at), most);
      own = if_equal(label, every((float)c), d, own);
      const vec e = join_halves(exponential(low_half(d)), exponential(high_half(d)));
      store(at, e);
      sum = add(sum, e);
    }
    store(n->sums + i, sum);
    store(chosen + i, own);
  }
  for (int i = 0; i < rows; i++) total += logarithm(n->sums[i]) - chosen[i];
  return total;
}

/* s ← (softmax − onehot) · share, from the output of `softmax`. */
static void softmax_gradient(network *n, float *s, int rows, float share) {
  const int classes = n->shape.classes;
  const ptrdiff_t R = n->R;
  const vec one = every(1);
  for (int i = 0; i < rows; i += LANES) {
    const vec label = load(n->labels + i), inverse = divide(one, load(n->sums + i));
    for (int c = 0; c < classes; c++) {
      float *at = s + c * R + i;
      const vec onehot = if_equal(label, every((float)c), one, every(0));
      store(at, multiply(subtract(multiply(load(at), inverse), onehot), every(share)));
    }
  }
}

/* The class with the highest score of each row, the first of equals. */
static void classify(network *n, const float *s, int rows, uint8_t *class_of) {
  const int classes = n->shape.classes;
  const ptrdiff_t R = n->R;
  for (int i = 0; i < rows; i += LANES) {
    vec best = load(s + i), index = every(0);
    for (int c = 1; c < classes; c++) {
      const vec score = load(s + c * R + i);
      index = if_greater(score, best, every((float)c), index);
      best = if_greater(score, best, score, best);
    }
    store(n->sums + i, index);
  }
  for (int i = 0; i < rows; i++) class_of[i] = (uint8_t)n->sums[i];
}

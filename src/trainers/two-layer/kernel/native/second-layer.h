/*
 * Second layer, for one width: everything between the products with W1 and the softmax. Lanes are rows, except in the update of
 * w2, where they are classes.
 */

INLINE float *scores_of(const network *n, int member) { return n->s + (ptrdiff_t)member * n->C * n->R; }
/* Units per member of w2, rounded up for `update_output`. */
INLINE int units_of(const network *n) { return (n->shape.hidden + 7) / 8 * 8; }
INLINE float *output_weights(const network *n, int member) { return n->w2 + (ptrdiff_t)member * units_of(n) * n->C; }

/* a = ReLU(z), transposed from panels to columns. z > 0 ? z : +0, so that NaN gives +0. */
static void rectify(network *n, int rows) {
  const ptrdiff_t R = n->R;
  for (int panel = 0; panel < n->panels; panel++) {
    const int first = first_vector(n, panel), V = vectors_of(n, panel);
    for (int q = 0; q < V; q++) {
      const float *z = n->z + first * LANES * R + q * LANES;
      float *a = n->a + (first + q) * LANES * R;
      for (int i = 0; i < rows; i += LANES) {
        vec v[LANES];
        UNROLL
        for (int r = 0; r < LANES; r++) {
          v[r] = load(z + (ptrdiff_t)(i + r) * V * LANES);
          v[r] = if_positive(v[r], v[r]);
        }
        transpose(v);
        UNROLL
        for (int r = 0; r < LANES; r++) store(a + r * R + i, v[r]);
      }
    }
  }
  for (int column = n->vectors * LANES; column < n->columns; column++)
    for (int i = 0; i < rows; i += LANES) {
      const vec z = load(n->z + column * R + i);
      store(n->a + column * R + i, if_positive(z, z));
    }
}

/* a ← kept ? a · scale : +0. Unit j of row i is dropped if number i · hidden + j of the Philox stream is below the threshold. */
static void drop_units(network *n, int rows, const dropout *d) {
  const int hidden = n->shape.hidden;
  const ptrdiff_t R = n->R;
  const uint32_t count = (uint32_t)rows * (uint32_t)hidden;
  int row = 0, unit = 0;
  for (uint32_t block = 0; block * 4 < count; block++) {
    uint32_t c[4] = {block, d->place0, d->place1, d->purpose}, k0 = d->key0, k1 = d->key1;
    for (int round = 0; round < 10; round++) {
      const uint64_t p0 = (uint64_t)c[0] * 0xd2511f53, p1 = (uint64_t)c[2] * 0xcd9e8d57;
      c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ k0;
      c[1] = (uint32_t)p1;
      c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
      c[3] = (uint32_t)p0;
      k0 += 0x9e3779b9;
      k1 += 0xbb67ae85;
    }
    for (int word = 0; word < 4 && row < rows; word++) {
      const uint32_t mask = c[word] < d->threshold ? 0 : UINT32_MAX;
      memcpy(n->mask + unit * R + row, &mask, sizeof mask);
      if (++unit == hidden) {
        unit = 0;
        row++;
      }
    }
  }
  const vec scale = every(d->scale);
  for (int column = 0; column < n->shape.members * hidden; column++) {
    float *a = n->a + column * R;
    const float *mask = n->mask + column % hidden * R;
    for (int i = 0; i < rows; i += LANES) store(a + i, keep(multiply(load(a + i), scale), load(mask + i)));
  }
}

/* s = b2 + a · w2 of one member. */
static void output_scores(network *n, int member, int rows) {
  const int hidden = n->shape.hidden, C = n->C;
  const ptrdiff_t R = n->R;
  const float *a = n->a + (ptrdiff_t)member * hidden * R, *w2 = output_weights(n, member), *b2 = n->b2 + member * C;
  float *s = scores_of(n, member);
  for (int i = 0; i < rows; i += 2 * LANES)
    for (int c = 0; c < n->shape.classes; c += 4) {
      vec sum[4][2];
      UNROLL
      for (int d = 0; d < 4; d++) sum[d][0] = sum[d][1] = every(b2[c + d]);
      const float *from = a + i, *w = w2 + c;
      for (int j = 0; j < hidden; j++, from += R, w += C) {
        const vec a0 = load(from), a1 = load(from + LANES);
        UNROLL
        for (int d = 0; d < 4; d++) {
          const vec e = every(w[d]);
          sum[d][0] = fused(a0, e, sum[d][0]);
          sum[d][1] = fused(a1, e, sum[d][1]);
        }
      }
      UNROLL
      for (int d = 0; d < 4; d++) {
        store(s + (c + d) * R + i, sum[d][0]);
        store(s + (c + d) * R + i + LANES, sum[d][1]);
      }
    }
}

/* Where the gradient of one column comes from: the member's scores, and the unit's weights. */
typedef struct {
  const float *s, *w, *a;
} gradient_source;

INLINE gradient_source source_of(const network *n, int column) {
  const int member = column / n->shape.hidden, unit = column % n->shape.hidden;
  return (gradient_source){scores_of(n, member), output_weights(n, member) + unit * n->C, n->a + column * (ptrdiff_t)n->R};
}

/* (ds · w2ᵀ) · scale if the unit was active, else +0; for rows i … i + L − 1 of one column. */
INLINE vec masked(vec sum, const float *a, vec scale) { return if_positive(load(a), multiply(sum, scale)); }

/* One vector of columns, for all rows. `is_shared`: they are of one member. */
INLINE void vector_gradient(network *n, float *z, int size, const gradient_source *from, int rows, vec scale,
                            const bool is_shared) {
  const int classes = n->shape.classes;
  const ptrdiff_t R = n->R;
  for (int i = 0; i < rows; i += LANES) {
    vec v[LANES];
    UNROLL
    for (int l = 0; l < LANES; l++) v[l] = every(0);
    for (int c = 0; c < classes; c++) {
      const vec shared = load(from[0].s + c * R + i);
      UNROLL
      for (int l = 0; l < LANES; l++)
        v[l] = fused(is_shared ? shared : load(from[l].s + c * R + i), every(from[l].w[c]), v[l]);
    }
    UNROLL
    for (int l = 0; l < LANES; l++) v[l] = masked(v[l], from[l].a + i, scale);
    transpose(v);
    UNROLL
    for (int l = 0; l < LANES; l++) store(z + (ptrdiff_t)(i + l) * size, v[l]);
  }
}

/* z ← gradient of z, of all columns. Call it before w2 is updated. */
static void hidden_gradient(network *n, int rows, float dropout_scale) {
  const vec scale = every(dropout_scale);
  const ptrdiff_t R = n->R;
  /* The activations of padding columns are zero, so their gradients are zero with any weights. */
  const int last = n->columns - 1;
  for (int panel = 0; panel < n->panels; panel++) {
    const int first = first_vector(n, panel), V = vectors_of(n, panel);
    for (int q = 0; q < V; q++) {
      gradient_source from[LANES];
      const int column = (first + q) * LANES;
      for (int l = 0; l < LANES; l++) {
        from[l] = source_of(n, column + l < last ? column + l : last);
        from[l].a = n->a + (column + l) * R;
      }
      float *z = n->z + first * LANES * R + q * LANES;
      if (from[0].s == from[LANES - 1].s) vector_gradient(n, z, V * LANES, from, rows, scale, true);
      else vector_gradient(n, z, V * LANES, from, rows, scale, false);
    }
  }
  for (int column = n->vectors * LANES; column < n->columns; column++) {
    const gradient_source from = source_of(n, column);
    for (int i = 0; i < rows; i += LANES) {
      vec sum = every(0);
      for (int c = 0; c < n->shape.classes; c++) sum = fused(load(from.s + c * R + i), every(from.w[c]), sum);
      store(n->z + column * R + i, masked(sum, from.a + i, scale));
    }
  }
}

/* Updates w2 and b2 of one member. Columns of `a` past the last unit are read, and padding units of w2 written. */
static void update_output(network *n, int member, int rows) {
  const int hidden = n->shape.hidden, classes = n->shape.classes, C = n->C;
  const ptrdiff_t R = n->R;
  const float *s = scores_of(n, member), *a = n->a + (ptrdiff_t)member * hidden * R;
  float *w2 = output_weights(n, member), *b2 = n->b2 + member * C;
  const vec minus_rate = every(n->minus_rates[member * hidden]), two_lambda = every(n->two_lambdas[member * hidden]);
  for (int c = 0; c < classes; c += LANES) {
    for (int i = 0; i < rows; i += LANES) {
      vec v[LANES];
      UNROLL
      for (int l = 0; l < LANES; l++) v[l] = c + l < classes ? load(s + (c + l) * R + i) : every(0);
      transpose(v);
      UNROLL
      for (int l = 0; l < LANES; l++) store(n->ds + (ptrdiff_t)(i + l) * LANES, v[l]);
    }
    for (int j = 0; j < hidden; j += 8) {
      vec g[8];
      UNROLL
      for (int u = 0; u < 8; u++) g[u] = every(0);
      const float *from = a + j * R;
      for (int i = 0; i < rows; i++) {
        const vec d = load(n->ds + i * LANES);
        UNROLL
        for (int u = 0; u < 8; u++) g[u] = fused(every(from[u * R + i]), d, g[u]);
      }
      UNROLL
      for (int u = 0; u < 8; u++) update(w2 + (j + u) * C + c, g[u], two_lambda, minus_rate);
    }
    vec sum = every(0);
    for (int i = 0; i < rows; i++) sum = add(sum, load(n->ds + i * LANES));
    store(b2 + c, fused(minus_rate, sum, load(b2 + c)));
  }
}

/* b1 ← fma(−η, Σ dz over rows, b1) */
static void update_hidden_bias(network *n, int rows) {
  const ptrdiff_t R = n->R;
  for (int panel = 0; panel < n->panels; panel++) {
    const int first = first_vector(n, panel), V = vectors_of(n, panel);
    for (int q = 0; q < V; q++) {
      const int column = (first + q) * LANES;
      const float *d = n->z + first * LANES * R + q * LANES;
      vec sum = every(0);
      for (int i = 0; i < rows; i++) sum = add(sum, load(d + (ptrdiff_t)i * V * LANES));
      store(n->b1 + column, fused(load(n->minus_rates + column), sum, load(n->b1 + column)));
    }
  }
  for (int column = n->vectors * LANES; column < n->columns; column++) {
    float sum = 0;
    for (int i = 0; i < rows; i++) sum += n->z[column * R + i];
    n->b1[column] = __builtin_fmaf(n->minus_rates[column], sum, n->b1[column]);
  }
}

/* Pixels to standardised floats, x = fma(u, scale, offset), for one width: by columns (forward) and by rows (backward). */

INLINE int smaller(int a, int b) { return a < b ? a : b; }

/*
 * GROUP rows of WIDE bytes become columns. A round interleaves row r with row r + GROUP / 2; after log2(GROUP) rounds, the bytes
 * of one column are side by side: those of column 16 g + c are at `column_at`.
 */
INLINE void transpose_bytes(uint8_t *square, const uint8_t *const *rows, int at) {
  wide v[GROUP], w[GROUP];
  UNROLL
  for (int r = 0; r < GROUP; r++) v[r] = load_wide(rows[r] + at);
  UNROLL
  for (int size = GROUP; size > 1; size /= 2) {
    UNROLL
    for (int r = 0; r < GROUP / 2; r++) {
      w[2 * r] = interleave_low(v[r], v[r + GROUP / 2]);
      w[2 * r + 1] = interleave_high(v[r], v[r + GROUP / 2]);
    }
    UNROLL
    for (int r = 0; r < GROUP; r++) v[r] = w[r];
  }
  UNROLL
  for (int r = 0; r < GROUP; r++) store_wide(square + r * WIDE, v[r]);
}

INLINE int column_at(int g, int c) { return c * GROUP / 16 * WIDE + g * 16 + c * GROUP % 16; }

/* x [k][BLOCK] from `count` inputs of `height` rows, with padding up to multiples of 16 inputs and GROUP rows. */
INLINE void convert_columns(float *x, const uint8_t *const *rows, int height, int from, int count, const network *n) {
  const float *scale = n->scale + from, *offset = n->offset + from;
  const uint8_t *block[BLOCK];
  for (int r = 0; r < BLOCK; r++) block[r] = rows[smaller(r, height - 1)];
  for (int k = 0; k < count; k += WIDE)
    for (int i = 0; i < height; i += GROUP) {
      _Alignas(64) uint8_t square[GROUP * WIDE];
      uint8_t rest[GROUP][WIDE];
      if (from + k + WIDE <= n->shape.inputs) transpose_bytes(square, block + i, from + k);
      else {
        const uint8_t *copies[GROUP];
        for (int r = 0; r < GROUP; r++)
          copies[r] = memcpy(rest[r], block[i + r] + from + k, (size_t)(n->shape.inputs - from - k));
        transpose_bytes(square, copies, 0);
      }
      for (int g = 0; g < WIDE / 16 && k + 16 * g < count; g++) {
        const int at = k + 16 * g;
        float *out = x + at * BLOCK + i;
        UNROLL
        for (int c = 0; c < 16; c++) {
          const vec s = every(scale[at + c]), o = every(offset[at + c]);
          UNROLL
          for (int r = 0; r < GROUP; r += LANES) store(out + c * BLOCK + r, fused(bytes(square + column_at(g, c) + r), s, o));
        }
      }
    }
}

/* x [row][BLOCK] from `count` inputs of all rows. */
INLINE void convert_rows(float *x, const uint8_t *const *rows, int height, int from, int count, const network *n) {
  const bool is_inside = from + BLOCK <= n->shape.inputs;
  uint8_t rest[BLOCK] = {0};
  vec scale[BLOCK / LANES], offset[BLOCK / LANES];
  UNROLL
  for (int k = 0; k < BLOCK / LANES; k++) {
    scale[k] = load(n->scale + from + k * LANES);
    offset[k] = load(n->offset + from + k * LANES);
  }
  for (int i = 0; i < height; i++, x += BLOCK) {
    const uint8_t *row = rows[i] + from;
    __builtin_prefetch(row + 2 * BLOCK - 1);
    if (!is_inside) row = memcpy(rest, row, (size_t)count);
    UNROLL
    for (int k = 0; k < BLOCK / LANES; k++) store(x + k * LANES, fused(bytes(row + k * LANES), scale[k], offset[k]));
  }
}

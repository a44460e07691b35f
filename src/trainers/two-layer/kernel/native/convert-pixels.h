/* Pixels to standardised floats, x = fma(u, scale, offset), for one width: by columns (forward) and by rows (backward). */

INLINE int smaller(int a, int b) { return a < b ? a : b; }

/*
 * Sixteen rows of WIDE bytes become columns: 16 bytes of column 16 g + c are at square[c][g]. Four rounds that interleave row r
 * with row r + 8 transpose a square of sixteen.
 */
INLINE void transpose_bytes(uint8_t square[16][WIDE], const uint8_t *const rows[16], int at) {
  wide v[16], w[16];
#pragma GCC unroll 16
  for (int r = 0; r < 16; r++) v[r] = load_wide(rows[r] + at);
#pragma GCC unroll 2
  for (int round = 0; round < 2; round++) {
#pragma GCC unroll 8
    for (int r = 0; r < 8; r++) {
      w[2 * r] = interleave_low(v[r], v[r + 8]);
      w[2 * r + 1] = interleave_high(v[r], v[r + 8]);
    }
#pragma GCC unroll 8
    for (int r = 0; r < 8; r++) {
      v[2 * r] = interleave_low(w[r], w[r + 8]);
      v[2 * r + 1] = interleave_high(w[r], w[r + 8]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < 16; r++) store_wide(square[r], v[r]);
}

/* x [k][BLOCK] from `count` inputs of `height` rows, with padding rows up to a multiple of 16. */
INLINE void convert_columns(float *x, const uint8_t *const *rows, int height, int from, int count, const network *n) {
  const float *scale = n->scale + from, *offset = n->offset + from;
  for (int i = 0; i < height; i += 16) {
    const uint8_t *sixteen[16];
    for (int r = 0; r < 16; r++) sixteen[r] = rows[i + r < height ? i + r : i];
    for (int k = 0; k < count; k += WIDE) {
      uint8_t square[16][WIDE], rest[16][WIDE];
      if (from + k + WIDE <= n->shape.inputs) transpose_bytes(square, sixteen, from + k);
      else {
        const uint8_t *copies[16];
        for (int r = 0; r < 16; r++) copies[r] = memcpy(rest[r], sixteen[r] + from + k, (size_t)(n->shape.inputs - from - k));
        transpose_bytes(square, copies, 0);
      }
      for (int g = 0; g < WIDE && k + g < count; g += 16) {
        const int width = smaller(16, count - k - g);
        for (int c = 0; c < width; c++) {
          const vec s = every(scale[k + g + c]), o = every(offset[k + g + c]);
          float *out = x + (k + g + c) * BLOCK + i;
#pragma GCC unroll 4
          for (int r = 0; r < 16; r += LANES) store(out + r, fused(bytes(square[c] + g + r), s, o));
        }
      }
    }
  }
}

/* x [row][BLOCK] from `count` inputs of all rows. */
INLINE void convert_rows(float *x, const uint8_t *const *rows, int height, int from, int count, const network *n) {
  const float *scale = n->scale + from, *offset = n->offset + from;
  const bool is_inside = from + BLOCK <= n->shape.inputs;
  for (int i = 0; i < height; i++, x += BLOCK) {
    uint8_t rest[BLOCK] = {0};
    const uint8_t *row = rows[i] + from;
    __builtin_prefetch(row + BLOCK);
    if (!is_inside) row = memcpy(rest, row, (size_t)count);
#pragma GCC unroll 12
    for (int k = 0; k < BLOCK; k += LANES) store(x + k, fused(bytes(row + k), load(scale + k), load(offset + k)));
  }
}

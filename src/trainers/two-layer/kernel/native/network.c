/* Memory of a network: its plan, and parameters in and out. Not performance-critical. */
#include "network.h"

static int round_up(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

size_t ridgeline_plan(network *n, shape s, int lanes, uint8_t *memory) {
  network plan = {.shape = s, .lanes = lanes, .columns = s.members * s.hidden};
  const int rest = plan.columns % lanes;
  plan.tails = rest <= lanes / 2 ? rest : 0;
  plan.vectors = (plan.columns - plan.tails + lanes - 1) / lanes;
  plan.panels = (plan.vectors + 2) / 3;
  plan.R = round_up(s.rows, 32);
  plan.C = round_up(s.classes, lanes);
  plan.K = round_up(s.inputs, BLOCK);
  const size_t columns = (size_t)plan.vectors * lanes + plan.tails, R = plan.R, K = plan.K, C = plan.C;
  const size_t units = (size_t)round_up(s.hidden, 8);
  size_t end = 0;
#define TAKE(field, count) \
  plan.field = (void *)(memory + end); \
  end += ((count) * sizeof *plan.field + 63) / 64 * 64
  TAKE(scale, K);
  TAKE(offset, K);
  TAKE(w1, columns * K);
  TAKE(b1, columns);
  TAKE(two_lambdas, columns);
  TAKE(minus_rates, columns);
  TAKE(z, columns * R);
  TAKE(a, (columns + 8) * R); /* `update_output` reads up to 7 columns past the last. */
  TAKE(mask, s.hidden * R);
  TAKE(s, s.members * C * R);
  TAKE(ds, R * lanes);
  TAKE(sums, 2 * R);
  TAKE(labels, R);
  TAKE(w2, s.members * units * C);
  TAKE(b2, s.members * C);
  TAKE(x, (size_t)(plan.R > DEEPEST ? plan.R : DEEPEST) * BLOCK);
  TAKE(losses, s.members);
  TAKE(records, R);
#undef TAKE
  if (memory != NULL) *n = plan;
  return end;
}

void ridgeline_clear_parameters(network *n) {
  const size_t columns = (size_t)(n->vectors * n->lanes + n->tails), units = (size_t)round_up(n->shape.hidden, 8);
  memset(n->w1, 0, columns * n->K * sizeof(float));
  memset(n->b1, 0, columns * sizeof(float));
  memset(n->two_lambdas, 0, columns * sizeof(float));
  memset(n->w2, 0, n->shape.members * units * n->C * sizeof(float));
  memset(n->b2, 0, n->shape.members * (size_t)n->C * sizeof(float));
}

void ridgeline_copy_parameters(network *n, int member, parameters p, bool is_read) {
#define COPY(inside, outside) \
  if (is_read) (outside) = (inside); \
  else (inside) = (outside)
  const int inputs = n->shape.inputs, hidden = n->shape.hidden, classes = n->shape.classes;
  float *w2 = n->w2 + (size_t)member * round_up(hidden, 8) * n->C;
  for (int j = 0; j < hidden; j++) {
    const int column = member * hidden + j;
    const column_place place = place_column(n, n->w1, n->K, column);
    COPY(n->b1[column], p.b1[j]);
    for (int k = 0; k < inputs; k++) { COPY(place.first[k * place.step], p.w1[(size_t)k * hidden + j]); }
    for (int c = 0; c < classes; c++) { COPY(w2[j * n->C + c], p.w2[j * classes + c]); }
  }
  for (int c = 0; c < classes; c++) { COPY(n->b2[member * n->C + c], p.b2[c]); }
#undef COPY
}

/*
 * Node-API addon: checks the arguments from JavaScript, and calls the functions of a width (`network.h`).
 *
 * A network is in an ArrayBuffer that JavaScript allocates, behind a header with its shape and addresses. Typed arrays may
 * view memory that threads share.
 */
#include <node_api.h>

#include "network.h"

typedef struct {
  /* The address of the header itself: a copy of a network is not a network. */
  void *self;
  const width *width;
  network network;
} header;

#define ALIGNMENT 64

static const width *widths[] = {
#if defined(__x86_64__)
    &ridgeline_avx512, &ridgeline_avx2,
#elif defined(__aarch64__)
    &ridgeline_neon,
#else
#error "only x64 and arm64 have a native kernel"
#endif
};
#define WIDTHS (sizeof widths / sizeof *widths)

#define MOST_ARGUMENTS 8
typedef struct {
  napi_env env;
  napi_value values[MOST_ARGUMENTS];
  /* Whether all arguments so far are as they must be. */
  bool valid;
} call;

static call read_call(napi_env env, napi_callback_info info, size_t count) {
  call c = {.env = env};
  size_t given = MOST_ARGUMENTS;
  c.valid = napi_get_cb_info(env, info, &given, c.values, NULL, NULL) == napi_ok && given >= count;
  return c;
}

static napi_value wrong(call c) {
  napi_throw_type_error(c.env, NULL, "the native kernel was called with wrong arguments");
  return NULL;
}

/* Elements of a typed array, at least `least`. */
static void *read_array(call *c, int index, napi_typedarray_type wanted, size_t least, size_t *length) {
  napi_typedarray_type type;
  size_t size = 0;
  void *data = NULL;
  c->valid = c->valid && napi_get_typedarray_info(c->env, c->values[index], &type, &size, &data, NULL, NULL) == napi_ok &&
             type == wanted && size >= least;
  if (length != NULL) *length = size;
  return data;
}
#define FLOATS(index, least) read_array(&c, index, napi_float32_array, (size_t)(least), NULL)
#define DOUBLES(index, least) read_array(&c, index, napi_float64_array, (size_t)(least), NULL)
#define BYTES(index, least) read_array(&c, index, napi_uint8_array, (size_t)(least), NULL)

static int read_count(call *c, int index) {
  uint32_t value = 0;
  c->valid = c->valid && napi_get_value_uint32(c->env, c->values[index], &value) == napi_ok && value <= INT32_MAX;
  return (int)value;
}

static const width *read_width(call *c, int index) {
  char name[16];
  size_t length;
  c->valid = c->valid && napi_get_value_string_utf8(c->env, c->values[index], name, sizeof name, &length) == napi_ok;
  for (size_t i = 0; c->valid && i < WIDTHS; i++)
    if (strcmp(name, widths[i]->name) == 0 && widths[i]->supported()) return widths[i];
  c->valid = false;
  return NULL;
}

#define LARGEST (INT32_MAX / 2) /* most columns, inputs or rows: rounding up does not overflow */
/* Members, inputs, hidden units, classes and rows. */
static shape read_shape(call *c, int first) {
  const shape s = {read_count(c, first), read_count(c, first + 1), read_count(c, first + 2), read_count(c, first + 3),
                   read_count(c, first + 4)};
  c->valid = c->valid && s.members > 0 && s.inputs > 0 && s.hidden > 0 && s.classes > 0 && s.classes <= 256 && s.rows > 0 &&
             (int64_t)s.members * s.hidden <= LARGEST && s.inputs <= LARGEST && s.rows <= LARGEST;
  return s;
}

static header *align(void *data) { return (header *)(((uintptr_t)data + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT); }
#define HEADER_BYTES ((sizeof(header) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT)
static header *read_network(call *c, int index) {
  void *data = NULL;
  size_t size = 0;
  c->valid = c->valid && napi_get_arraybuffer_info(c->env, c->values[index], &data, &size) == napi_ok &&
             size >= HEADER_BYTES + ALIGNMENT && align(data)->self == data;
  return c->valid ? align(data) : NULL;
}

/* (source, records, labels) */
static batch read_batch(call *c, int first, const header *h) {
  size_t bytes = 0, count = 0;
  batch b = {.source = read_array(c, first, napi_uint8_array, 0, &bytes)};
  b.records = read_array(c, first + 1, napi_uint32_array, 1, &count);
  b.labels = read_array(c, first + 2, napi_uint8_array, count, NULL);
  c->valid = c->valid && count <= (size_t)h->network.shape.rows;
  for (size_t i = 0; c->valid && i < count; i++) c->valid = b.records[i] < bytes / (size_t)h->network.shape.inputs;
  b.rows = (int)count;
  return b;
}

/* () → names of the widths that this processor can run */
static napi_value call_widths(napi_env env, napi_callback_info info) {
  napi_value list, name;
  uint32_t length = 0;
  (void)info;
  if (napi_create_array(env, &list) != napi_ok) return NULL;
  for (size_t i = 0; i < WIDTHS; i++)
    if (widths[i]->supported() && napi_create_string_utf8(env, widths[i]->name, NAPI_AUTO_LENGTH, &name) == napi_ok)
      napi_set_element(env, list, length++, name);
  return list;
}

/* (width, shape…) → bytes of the memory for `openNetwork` */
static napi_value call_network_bytes(napi_env env, napi_callback_info info) {
  call c = read_call(env, info, 6);
  const width *w = read_width(&c, 0);
  const shape s = read_shape(&c, 1);
  napi_value result;
  if (!c.valid) return wrong(c);
  const double bytes = (double)(HEADER_BYTES + ALIGNMENT + ridgeline_plan(NULL, s, w->lanes, NULL));
  return napi_create_double(env, bytes, &result) == napi_ok ? result : NULL;
}

/* (memory, width, shape…) */
static napi_value call_open_network(napi_env env, napi_callback_info info) {
  call c = read_call(env, info, 7);
  const width *w = read_width(&c, 1);
  const shape s = read_shape(&c, 2);
  void *data = NULL;
  size_t size = 0;
  c.valid = c.valid && napi_get_arraybuffer_info(env, c.values[0], &data, &size) == napi_ok;
  const size_t bytes = c.valid ? ridgeline_plan(NULL, s, w->lanes, NULL) : 0;
  if (!c.valid || size < HEADER_BYTES + ALIGNMENT + bytes) return wrong(c);
  header *h = align(data);
  uint8_t *memory = (uint8_t *)h + HEADER_BYTES;
  memset(memory, 0, bytes);
  *h = (header){.self = data, .width = w};
  ridgeline_plan(&h->network, s, w->lanes, memory);
  return NULL;
}

/* (memory, scale, offset) */
static napi_value call_set_standardization(napi_env env, napi_callback_info info) {
  call c = read_call(env, info, 3);
  header *h = read_network(&c, 0);
  const size_t inputs = c.valid ? (size_t)h->network.shape.inputs : 0;
  const float *scale = FLOATS(1, inputs), *offset = FLOATS(2, inputs);
  if (!c.valid) return wrong(c);
  memcpy(h->network.scale, scale, inputs * sizeof(float));
  memcpy(h->network.offset, offset, inputs * sizeof(float));
  return NULL;
}

/* (memory, twoLambdas) */
static napi_value call_set_decay(napi_env env, napi_callback_info info) {
  call c = read_call(env, info, 2);
  header *h = read_network(&c, 0);
  const float *two_lambdas = FLOATS(1, c.valid ? h->network.shape.members : 0);
  if (!c.valid) return wrong(c);
  for (int column = 0; column < h->network.columns; column++)
    h->network.two_lambdas[column] = two_lambdas[column / h->network.shape.hidden];
  return NULL;
}

/* (memory, member, w1, b1, w2, b2) */
static napi_value copy_parameters(napi_env env, napi_callback_info info, bool is_read) {
  call c = read_call(env, info, 6);
  header *h = read_network(&c, 0);
  const int member = read_count(&c, 1);
  const shape s = c.valid ? h->network.shape : (shape){0};
  const parameters p = {FLOATS(2, s.inputs * (size_t)s.hidden), FLOATS(3, s.hidden), FLOATS(4, s.hidden * (size_t)s.classes),
                        FLOATS(5, s.classes)};
  if (!c.valid || member >= s.members) return wrong(c);
  ridgeline_copy_parameters(&h->network, member, p, is_read);
  return NULL;
}
static napi_value call_set_parameters(napi_env env, napi_callback_info info) { return copy_parameters(env, info, false); }
static napi_value call_get_parameters(napi_env env, napi_callback_info info) { return copy_parameters(env, info, true); }

/* (memory, source, records, labels, rates, losses, dropout or null) */
static napi_value call_train(napi_env env, napi_callback_info info) {
  call c = read_call(env, info, 7);
  header *h = read_network(&c, 0);
  if (!c.valid) return wrong(c);
  const batch b = read_batch(&c, 1, h);
  const int members = h->network.shape.members;
  const float *rates = FLOATS(4, members);
  double *losses = DOUBLES(5, members);
  napi_valuetype type = napi_undefined;
  c.valid = c.valid && napi_typeof(env, c.values[6], &type) == napi_ok;
  const double *d = type == napi_null ? NULL : DOUBLES(6, 7);
  if (!c.valid) return wrong(c);
  if (d == NULL) h->width->train(&h->network, &b, NULL, rates, losses);
  else {
    const dropout units = {(uint32_t)d[0], (uint32_t)d[1], (uint32_t)d[2], (uint32_t)d[3],
                           (uint32_t)d[4], (uint32_t)d[5], (float)d[6]};
    h->width->train(&h->network, &b, &units, rates, losses);
  }
  return NULL;
}

/* (memory, source, records, labels) */
static napi_value call_gradients(napi_env env, napi_callback_info info) {
  call c = read_call(env, info, 4);
  header *h = read_network(&c, 0);
  const batch b = c.valid ? read_batch(&c, 1, h) : (batch){0};
  if (!c.valid) return wrong(c);
  h->width->gradients(&h->network, &b);
  return NULL;
}

/* (memory, source, records, labels, losses, classOf) */
static napi_value call_evaluate(napi_env env, napi_callback_info info) {
  call c = read_call(env, info, 6);
  header *h = read_network(&c, 0);
  if (!c.valid) return wrong(c);
  const batch b = read_batch(&c, 1, h);
  const size_t members = (size_t)h->network.shape.members;
  double *losses = DOUBLES(4, members);
  uint8_t *class_of = BYTES(5, members * (size_t)b.rows);
  if (!c.valid) return wrong(c);
  h->width->evaluate(&h->network, &b, losses, class_of);
  return NULL;
}

/* (memory, source, records, labels, scores) */
static napi_value call_scores(napi_env env, napi_callback_info info) {
  call c = read_call(env, info, 5);
  header *h = read_network(&c, 0);
  if (!c.valid) return wrong(c);
  const batch b = read_batch(&c, 1, h);
  float *scores = FLOATS(4, (size_t)h->network.shape.members * (size_t)b.rows * (size_t)h->network.shape.classes);
  if (!c.valid) return wrong(c);
  h->width->scores(&h->network, &b, scores);
  return NULL;
}

/* (out, source, records, size): copies records from anywhere in `source`; the next two are prefetched while one is copied. */
static napi_value call_gather(napi_env env, napi_callback_info info) {
  call c = read_call(env, info, 4);
  size_t bytes = 0, count = 0;
  const size_t size = (size_t)read_count(&c, 3);
  const uint8_t *source = read_array(&c, 1, napi_uint8_array, 0, &bytes);
  const uint32_t *records = read_array(&c, 2, napi_uint32_array, 0, &count);
  uint8_t *out = BYTES(0, count * size);
  c.valid = c.valid && size > 0;
  for (size_t i = 0; c.valid && i < count; i++) c.valid = records[i] < bytes / size;
  if (!c.valid) return wrong(c);
  for (size_t i = 0; i < count; i++) {
    if (i + 2 < count)
      for (size_t at = 0; at < size; at += 64) __builtin_prefetch(source + records[i + 2] * size + at, 0);
    memcpy(out + i * size, source + records[i] * size, size);
  }
  return NULL;
}

/* (width, count) → 10⁹ float operations per second on registers: the peak of this core */
static napi_value call_peak_gflops(napi_env env, napi_callback_info info) {
  call c = read_call(env, info, 2);
  const width *w = read_width(&c, 0);
  const int count = read_count(&c, 1);
  napi_value result;
  if (!c.valid) return wrong(c);
  const double gflops = count * 12.0 * w->lanes * 2 / w->peak(count);
  return napi_create_double(env, gflops, &result) == napi_ok ? result : NULL;
}

NAPI_MODULE_INIT() {
#define FUNCTION(name, call) {name, NULL, call, NULL, NULL, NULL, napi_enumerable, NULL}
  const napi_property_descriptor functions[] = {
      FUNCTION("widths", call_widths),
      FUNCTION("networkBytes", call_network_bytes),
      FUNCTION("openNetwork", call_open_network),
      FUNCTION("setStandardization", call_set_standardization),
      FUNCTION("setDecay", call_set_decay),
      FUNCTION("setParameters", call_set_parameters),
      FUNCTION("getParameters", call_get_parameters),
      FUNCTION("train", call_train),
      FUNCTION("gradients", call_gradients),
      FUNCTION("evaluate", call_evaluate),
      FUNCTION("scores", call_scores),
      FUNCTION("gather", call_gather),
      FUNCTION("peakGflops", call_peak_gflops),
  };
  if (napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions) != napi_ok) return NULL;
  return exports;
}

/* The kernel of AVX-512. */
#if defined(__x86_64__)
#include "network.h"
#include "vector-avx512.h"
#include "kernel.h"
#include "target-pop.h"

#ifndef HAS
#define HAS(feature) __builtin_cpu_supports(feature)
#endif
static bool supported(void) {
  return HAS("avx512f") && HAS("avx512bw") && HAS("avx512dq") && HAS("avx512vl") && HAS("fma");
}

const width ridgeline_avx512 = {"avx512", LANES, supported, train, gradients, evaluate, scores, peak};
#else
typedef int not_on_this_processor;
#endif

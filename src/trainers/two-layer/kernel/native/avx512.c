/* The kernel of AVX-512. */
#if defined(__x86_64__)
#include "network.h"
#include "vector-avx512.h"
#include "kernel.h"
#include "target-pop.h"

static bool supported(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
}

const width ridgeline_avx512 = {"avx512", LANES, supported, train, gradients, evaluate, scores, peak};
#else
typedef int not_on_this_processor;
#endif

/* The kernel of AVX2 with fused multiply-add. */
#if defined(__x86_64__)
#include "network.h"
#include "vector-avx2.h"
#include "kernel.h"
#include "target-pop.h"

static bool supported(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

const width ridgeline_avx2 = {"avx2", LANES, supported, train, gradients, evaluate, scores, peak};
#else
typedef int not_on_this_processor;
#endif

/* The kernel of NEON, which every arm64 processor has. */
#if defined(__aarch64__)
#include "network.h"
#include "vector-neon.h"
#include "kernel.h"

static bool supported(void) { return true; }

const width ridgeline_neon = {"neon", LANES, supported, train, gradients, evaluate, scores, peak};
#else
typedef int not_on_this_processor;
#endif

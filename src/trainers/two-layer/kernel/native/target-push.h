/*
 * Lets the functions that follow use the instructions of TARGET, whatever the compiler's flags; see `target-pop.h`. EMULATED is for
 * tests, which compile the kernel with intrinsics that other instructions emulate.
 */
#ifndef EMULATED
#define RIDGELINE_TEXT(x) #x
#define RIDGELINE_PRAGMA(x) _Pragma(RIDGELINE_TEXT(x))
#ifdef __clang__
RIDGELINE_PRAGMA(clang attribute push(__attribute__((target(TARGET))), apply_to = function))
#else
_Pragma("GCC push_options")
RIDGELINE_PRAGMA(GCC target(TARGET))
#endif
#endif

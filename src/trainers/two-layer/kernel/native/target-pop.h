/* Ends `target-push.h`. */
#ifndef EMULATED
#ifdef __clang__
#pragma clang attribute pop
#elif defined(__GNUC__)
#pragma GCC pop_options
#endif
#endif

// Includes the file KERNELS once for each instruction set, with
//   SET, INSTRUCTIONS   its name, within functions' names and for people
//   WIDTH     floats in a vector of the processor
//   ROWS      rows of a product that are summed at once, and
//   PANELS    panels, so that ROWS * PANELS * lanes / WIDTH sums fit the registers beside the operands.

#define JOIN_(a, b) dass_##a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define NAME(x) JOIN(SET, x)

#if defined(__x86_64__)
#pragma clang attribute push( \
  __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,fma"))), apply_to = function)
#define SET avx512
#define INSTRUCTIONS "AVX-512"
#define WIDTH 16
#define ROWS 12
#define PANELS 2
#include KERNELS
#pragma clang attribute pop
#undef SET
#undef INSTRUCTIONS
#undef WIDTH
#undef ROWS
#undef PANELS

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define SET avx2
#define INSTRUCTIONS "AVX2"
#define WIDTH 8
#define ROWS 6
#define PANELS 1
#include KERNELS
#pragma clang attribute pop
#undef SET
#undef INSTRUCTIONS
#undef WIDTH
#undef ROWS
#undef PANELS
#endif

#define SET baseline
#define INSTRUCTIONS "baseline"
#define WIDTH 4
#if defined(__aarch64__)
#define ROWS 6
#else
#define ROWS 3
#endif
#define PANELS 1
#include KERNELS
#undef SET
#undef INSTRUCTIONS
#undef WIDTH
#undef ROWS
#undef PANELS

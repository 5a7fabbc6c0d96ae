#include "CWinograd.h"

// Stands for pixels outside an image.
static const float dass_zeros[DASS_LARGEST_DEPTH];

struct dass_kernels {
  const char *instructions;
  void (*input)(int, const struct dass_images *, long, long, long, float *, long, long);
  void (*product)(const float *, long, long, long, const float *, long, long, float *, long);
  void (*output)(
    int, const float *, long, long, const struct dass_images *, long, long, long,
    const struct dass_epilogue *);
  void (*direct)(
    int, const struct dass_images *, long, const float *, long, long, const struct dass_images *, long, long,
    long, const struct dass_epilogue *);
  void (*pool)(const struct dass_images *, const struct dass_images *, long, long, long);
  long (*multiply_adds)(long, float *);
};

#define KERNELS "kernels.h"
#include "instruction_sets.h"

static const struct dass_kernels *kernels(void)
{
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
      && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
      && __builtin_cpu_supports("fma"))
    return &dass_avx512_kernels;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &dass_avx2_kernels;
#endif
  return &dass_baseline_kernels;
}

const char *dass_instructions(void) { return kernels()->instructions; }

void dass_winograd_input(
  int outputs, const struct dass_images *images, long first, long count, long channels, float *v,
  long position_stride, long tile_stride)
{
  kernels()->input(outputs, images, first, count, channels, v, position_stride, tile_stride);
}

void dass_product(
  const float *v, long tile_stride, long tiles, long depth, const float *u, long panel_stride, long panels,
  float *m, long m_stride)
{
  kernels()->product(v, tile_stride, tiles, depth, u, panel_stride, panels, m, m_stride);
}

void dass_winograd_output(
  int outputs, const float *m, long position_stride, long tile_stride, const struct dass_images *images,
  long first, long count, long channels, const struct dass_epilogue *epilogue)
{
  kernels()->output(outputs, m, position_stride, tile_stride, images, first, count, channels, epilogue);
}

void dass_direct(
  int stride, const struct dass_images *from, long depth, const float *w, long tap_stride, long panel_stride,
  const struct dass_images *to, long first, long count, long channels, const struct dass_epilogue *epilogue)
{
  kernels()->direct(
    stride, from, depth, w, tap_stride, panel_stride, to, first, count, channels, epilogue);
}

void dass_pool(
  const struct dass_images *from, const struct dass_images *to, long count, long kept, long channels)
{
  kernels()->pool(from, to, count, kept, channels);
}

long dass_multiply_adds(long repetitions, float *sink) { return kernels()->multiply_adds(repetitions, sink); }

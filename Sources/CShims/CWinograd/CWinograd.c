#include "CWinograd.h"

// Stands for pixels outside an image.
static const float dass_zeros[DASS_LARGEST_DEPTH];

struct dass_kernels {
  const char *instructions;
  void (*input)(int, const struct dass_images *, long, long, long, float *, long, long);
  void (*product)(const float *, long, long, long, const float *, long, long, int, float *, long);
  void (*output)(
    int, const float *, long, long, const struct dass_images *, long, long, long,
    const struct dass_epilogue *);
  void (*direct)(
    int, const struct dass_images *, long, const float *, long, long, const struct dass_images *, long, long,
    long, const struct dass_epilogue *);
  void (*pool)(const struct dass_images *, const struct dass_images *, long, long);
  void (*turn)(const float *, long, long, long, float *, long);
  void (*adapt)(
    const struct dass_adam *, int, const float *, const float *, float *, float *, float *, long);
  long (*multiply_adds)(long, float *);
};

struct dass_halving_kernels {
  void (*input)(int, const struct dass_images *, long, long, long, float *, long, long);
  void (*input_gradient)(const float *, long, long, const struct dass_images *, long, long, long);
  void (*output)(
    int, const float *, long, long, const struct dass_images *, long, long, long,
    const struct dass_epilogue *);
  void (*output_gradient)(const struct dass_images *, long, long, long, float *, long, long);
  void (*weights)(int, const struct dass_batch_weights *, long, float *, long);
  void (*weight_gradient)(int, const float *, long, long, const struct dass_batch_weights *);
  void (*few_products)(const float *, long, long, const float *, long, float *, long);
};

struct dass_factored_kernels {
  void (*add_terms)(const struct dass_terms *, long, long, long, int, float *, float *);
  void (*move)(const float *, const float *, const struct dass_factors *, long, long, float *);
  void (*direction)(const float *, const struct dass_factors *, long, long, float *);
  void (*dense_direction)(const float *, const float *, long, float *);
};

#define KERNELS "kernels.h"
#include "instruction_sets.h"

#if defined(__x86_64__)
#define BEST_OF(family) \
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") \
      && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") \
      && __builtin_cpu_supports("fma")) \
    return &dass_avx512_##family; \
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &dass_avx2_##family; \
  return &dass_baseline_##family
#else
#define BEST_OF(family) return &dass_baseline_##family
#endif

static const struct dass_kernels *kernels(void) { BEST_OF(kernels); }
static const struct dass_halving_kernels *halving(void) { BEST_OF(halving_kernels); }
static const struct dass_factored_kernels *factored(void) { BEST_OF(factored_kernels); }

const char *dass_instructions(void) { return kernels()->instructions; }

void dass_winograd_input(
  int outputs, const struct dass_images *images, long first, long count, long channels, float *v,
  long position_stride, long tile_stride)
{
  kernels()->input(outputs, images, first, count, channels, v, position_stride, tile_stride);
}

void dass_product(
  const float *v, long tile_stride, long tiles, long depth, const float *u, long panel_stride, long panels,
  int accumulates, float *m, long m_stride)
{
  kernels()->product(v, tile_stride, tiles, depth, u, panel_stride, panels, accumulates, m, m_stride);
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

void dass_pool(const struct dass_images *from, const struct dass_images *to, long count, long channels)
{
  kernels()->pool(from, to, count, channels);
}

void dass_turn(const float *from, long from_stride, long rows, long columns, float *to, long to_stride)
{
  kernels()->turn(from, from_stride, rows, columns, to, to_stride);
}

void dass_adapt(
  const struct dass_adam *adam, int is_first, const float *parameter, const float *gradient, float *first,
  float *second, float *updated, long count)
{
  kernels()->adapt(adam, is_first, parameter, gradient, first, second, updated, count);
}

long dass_multiply_adds(long repetitions, float *sink) { return kernels()->multiply_adds(repetitions, sink); }

void dass_halving_input(
  int outputs, const struct dass_images *images, long first, long count, long channels, float *v,
  long position_stride, long tile_stride)
{
  halving()->input(outputs, images, first, count, channels, v, position_stride, tile_stride);
}

void dass_halving_input_gradient(
  const float *v, long position_stride, long tile_stride, const struct dass_images *images, long first,
  long count, long channels)
{
  halving()->input_gradient(v, position_stride, tile_stride, images, first, count, channels);
}

void dass_halving_output(
  int outputs, const float *m, long position_stride, long tile_stride, const struct dass_images *images,
  long first, long count, long channels, const struct dass_epilogue *epilogue)
{
  halving()->output(outputs, m, position_stride, tile_stride, images, first, count, channels, epilogue);
}

void dass_halving_output_gradient(
  const struct dass_images *images, long first, long count, long channels, float *m, long position_stride,
  long tile_stride)
{
  halving()->output_gradient(images, first, count, channels, m, position_stride, tile_stride);
}

void dass_halving_pack(
  int outputs, const struct dass_batch_weights *weights, long panel, float *u, long matrix_stride)
{
  halving()->weights(outputs, weights, panel, u, matrix_stride);
}

void dass_halving_unpack(
  int outputs, const float *u, long matrix_stride, long panel, const struct dass_batch_weights *weights)
{
  halving()->weight_gradient(outputs, u, matrix_stride, panel, weights);
}

void dass_few_products(
  const float *w, long length, long rows, const float *x, long count, float *out, long out_stride)
{
  halving()->few_products(w, length, rows, x, count, out, out_stride);
}

void dass_add_terms(
  const struct dass_terms *terms, long tasks, long rows, long length, int accumulates, float *parameter,
  float *rate)
{
  factored()->add_terms(terms, tasks, rows, length, accumulates, parameter, rate);
}

void dass_move(
  const float *parameter, const float *rate, const struct dass_factors *gradient, long rows, long length,
  float *moved)
{
  factored()->move(parameter, rate, gradient, rows, length, moved);
}

void dass_direction(
  const float *rate, const struct dass_factors *gradient, long rows, long length, float *direction)
{
  factored()->direction(rate, gradient, rows, length, direction);
}

void dass_dense_direction(const float *rate, const float *gradient, long count, float *direction)
{
  factored()->dense_direction(rate, gradient, count, direction);
}

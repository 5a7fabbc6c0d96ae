#include "Batches.h"

struct dass_batch_kernels {
  void (*weights)(int, const struct dass_batch_weights *, long, float *);
  void (*weight_gradient)(int, const float *, long, const struct dass_batch_weights *);
  void (*input)(int, const struct dass_batch *, long, long, float *, long, long);
  void (*output)(
    int, const float *, long, long, const struct dass_batch *, long, long, const struct dass_batch_finish *);
  void (*output_gradient)(int, const struct dass_batch *, long, long, float *, long, long);
  void (*product)(const struct dass_rows *, long, long, const float *, long, int, float *, long);
  void (*product_gradient)(
    const struct dass_rows *, long, long, const float *, long, long, int, float *);
};

#define JOIN_LANES_(a, b, c) dass_##a##_##b##_##c
#define JOIN_LANES(a, b, c) JOIN_LANES_(a, b, c)
#define LOAD(p) (*(const vec *)(p))
#define STORE(p, x) (*(vec *)(p) = (x))
// Floats of a line of the cache.
#define LINE 16
#define ALWAYS static inline __attribute__((always_inline))

#define KERNELS "batch_sets.h"
#include "instruction_sets.h"

static const struct dass_batch_kernels *kernels(int lanes)
{
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
      && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
      && __builtin_cpu_supports("fma"))
    return lanes == 16 ? &dass_avx512_16_batch_kernels : &dass_avx512_8_batch_kernels;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return lanes == 16 ? &dass_avx2_16_batch_kernels : &dass_avx2_8_batch_kernels;
#endif
  return lanes == 16 ? &dass_baseline_16_batch_kernels : &dass_baseline_8_batch_kernels;
}

// Vectors of sixteen where a pixel has as many channels.
static const struct dass_batch_kernels *transforms(const struct dass_batch *batch)
{
  return kernels(batch->channels < 16 ? 8 : 16);
}

void dass_batch_pack(int lanes, int outputs, const struct dass_batch_weights *weights, long panel, float *u)
{
  kernels(lanes)->weights(outputs, weights, panel, u);
}

void dass_batch_unpack(
  int lanes, int outputs, const float *u, long panel, const struct dass_batch_weights *weights)
{
  kernels(lanes)->weight_gradient(outputs, u, panel, weights);
}

void dass_batch_input(
  int outputs, const struct dass_batch *batch, long first, long count, float *v, long position_stride,
  long tile_stride)
{
  transforms(batch)->input(outputs, batch, first, count, v, position_stride, tile_stride);
}

void dass_batch_output(
  int outputs, const float *m, long position_stride, long tile_stride, const struct dass_batch *batch,
  long first, long count, const struct dass_batch_finish *finish)
{
  transforms(batch)->output(outputs, m, position_stride, tile_stride, batch, first, count, finish);
}

void dass_batch_output_gradient(
  int outputs, const struct dass_batch *batch, long first, long count, float *m, long position_stride,
  long tile_stride)
{
  transforms(batch)->output_gradient(outputs, batch, first, count, m, position_stride, tile_stride);
}

void dass_batch_product(
  int lanes, struct dass_rows v, long tiles, long inputs, const float *u, long panels, int accumulates,
  float *m, long m_stride)
{
  kernels(lanes)->product(&v, tiles, inputs, u, panels, accumulates, m, m_stride);
}

void dass_batch_product_gradient(
  int lanes, struct dass_rows v, long tiles, long inputs, const float *m, long m_stride, long panels,
  int accumulates, float *u)
{
  kernels(lanes)->product_gradient(&v, tiles, inputs, m, m_stride, panels, accumulates, u);
}

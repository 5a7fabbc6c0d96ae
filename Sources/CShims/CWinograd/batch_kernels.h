// Included by batch_sets.h, once for each instruction set and number of LANES in a panel.
//
// Transforms treat each channel alone, so that the last vector of a pixel may overlap the one before it: nothing is
// read or written beyond a pixel, whatever its number of channels, as long as they fill a vector.

#if WIDTH > LANES
#define VECTOR LANES
#else
#define VECTOR WIDTH
#endif
#define NAME(x) JOIN_LANES(SET, LANES, x)

typedef float NAME(vector) __attribute__((vector_size(VECTOR * sizeof(float)), aligned(sizeof(float))));
typedef int NAME(mask) __attribute__((vector_size(VECTOR * sizeof(float))));

#define vec NAME(vector)
#define mask NAME(mask)
#define EACH_VECTOR(c, channels) \
  (long c = 0; c < channels; \
   c = c + 2 * VECTOR > channels && c + VECTOR < channels ? channels - VECTOR : c + VECTOR)

#include "transform_lines.h"

// MARK: Weights

// The part of a panel that has outputs.
ALWAYS long NAME(filled)(const struct dass_batch_weights *weights, long panel)
{
  long left = weights->outputs - panel * LANES;
  return left < LANES ? left : LANES;
}

ALWAYS void NAME(weights_sized)(
  const int outputs, const struct dass_batch_weights *weights, long panel, float *u)
{
  const int n = NAME(line_positions)(outputs);
  long position_stride = (weights->outputs + LANES - 1) / LANES * weights->inputs * LANES;
  u += panel * weights->inputs * LANES;
  for (long k = 0; k < weights->inputs; k++, u += LANES) {
    const float *from = weights->base + panel * LANES * weights->output_stride + k * weights->input_stride;
    float taps[9][LANES] = {{0}};
    for (long lane = 0; lane < NAME(filled)(weights, panel); lane++)
      for (int tap = 0; tap < 9; tap++)
        taps[tap][lane] = from[lane * weights->output_stride + (weights->is_turned ? 8 - tap : tap)];
    for (int part = 0; part < LANES; part += VECTOR) {
      vec g[9], t[33];
#pragma clang loop unroll(full)
      for (int tap = 0; tap < 9; tap++) g[tap] = LOAD(taps[tap] + part);
#pragma clang loop unroll(full)
      for (int x = 0; x < 3; x++) NAME(weight_line)(outputs, g + x, 3, t + x, 3);
#pragma clang loop unroll(full)
      for (int y = 0; y < n; y++) {
        vec line[11];
        NAME(weight_line)(outputs, t + 3 * y, 1, line, 1);
#pragma clang loop unroll(full)
        for (int x = 0; x < n; x++) STORE(u + (y * n + x) * position_stride + part, line[x]);
      }
    }
  }
}

static void NAME(weights)(int outputs, const struct dass_batch_weights *weights, long panel, float *u)
{
  if (outputs == 2)
    NAME(weights_sized)(2, weights, panel, u);
  else if (outputs == 4)
    NAME(weights_sized)(4, weights, panel, u);
  else
    NAME(weights_sized)(8, weights, panel, u);
}

ALWAYS void NAME(weight_gradient_sized)(
  const int outputs, const float *u, long panel, const struct dass_batch_weights *weights)
{
  const int n = outputs + 2;
  long row_stride = (weights->outputs + LANES - 1) / LANES * LANES;
  for (long k = 0; k < weights->inputs; k++) {
    float taps[9][LANES];
    for (int part = 0; part < LANES; part += VECTOR) {
      const float *from = u + k * row_stride + panel * LANES + part;
      vec t[18];
#pragma clang loop unroll(full)
      for (int x = 0; x < n; x++) {
        vec column[6];
#pragma clang loop unroll(full)
        for (int y = 0; y < n; y++) column[y] = LOAD(from + (y * n + x) * weights->inputs * row_stride);
        NAME(weight_gradient_line)(outputs, column, 1, t + x, n);
      }
#pragma clang loop unroll(full)
      for (int y = 0; y < 3; y++) {
        vec line[3];
        NAME(weight_gradient_line)(outputs, t + y * n, 1, line, 1);
#pragma clang loop unroll(full)
        for (int x = 0; x < 3; x++) STORE(taps[3 * y + x] + part, line[x]);
      }
    }
    float *to = weights->base + panel * LANES * weights->output_stride + k * weights->input_stride;
    for (long lane = 0; lane < NAME(filled)(weights, panel); lane++)
      for (int tap = 0; tap < 9; tap++) to[lane * weights->output_stride + tap] = taps[tap][lane];
  }
}

static void NAME(weight_gradient)(
  int outputs, const float *u, long panel, const struct dass_batch_weights *weights)
{
  if (outputs == 2)
    NAME(weight_gradient_sized)(2, u, panel, weights);
  else
    NAME(weight_gradient_sized)(4, u, panel, weights);
}

// MARK: Images

ALWAYS void NAME(input_sized)(
  const int outputs, const struct dass_batch *batch, long first, long count, float *v, long position_stride,
  long tile_stride)
{
  const int n = outputs + 2;
  long across = batch->width / outputs, down = batch->height / outputs, channels = batch->channels;
  long row = batch->width * channels;
  for (long tile = 0; tile < count; tile++) {
    long place = first + tile, x0 = place % across, y0 = place / across % down, image = place / (across * down);
    const float *from = batch->pixels + (image * batch->height + y0 * outputs) * row + x0 * outputs * channels;
    const int has_above = y0 > 0, has_below = y0 + 1 < down, has_left = x0 > 0, has_right = x0 + 1 < across;
    float *to = v + tile * tile_stride;
    for EACH_VECTOR(c, channels) {
      vec t[36];
#pragma clang loop unroll(full)
      for (int x = 0; x < n; x++) {
        vec d[6] = {{0}};
        if ((x > 0 || has_left) && (x < n - 1 || has_right)) {
          const float *column = from + (x - 1) * channels + c;
          if (has_above) d[0] = LOAD(column - row);
#pragma clang loop unroll(full)
          for (int y = 1; y < n - 1; y++) d[y] = LOAD(column + (y - 1) * row);
          if (has_below) d[n - 1] = LOAD(column + outputs * row);
        }
        NAME(input_line)(outputs, d, 1, t + x, n);
      }
#pragma clang loop unroll(full)
      for (int y = 0; y < n; y++) {
        vec line[6];
        NAME(input_line)(outputs, t + y * n, 1, line, 1);
#pragma clang loop unroll(full)
        for (int x = 0; x < n; x++) STORE(to + (y * n + x) * position_stride + c, line[x]);
      }
    }
  }
}

static void NAME(input)(
  int outputs, const struct dass_batch *batch, long first, long count, float *v, long position_stride,
  long tile_stride)
{
  if (outputs == 2)
    NAME(input_sized)(2, batch, first, count, v, position_stride, tile_stride);
  else
    NAME(input_sized)(4, batch, first, count, v, position_stride, tile_stride);
}

// Bias, the term to add, the positive part (which lets pass what is no number).
ALWAYS vec NAME(finished)(vec sum, const struct dass_batch_finish *finish, long c, long place)
{
  sum += LOAD(finish->bias + c);
  if (finish->added) sum += LOAD(finish->added + place);
  return finish->is_rectified ? (vec)((mask)sum & ~(mask)(sum < (vec){0})) : sum;
}

ALWAYS void NAME(output_sized)(
  const int outputs, const float *m, long position_stride, long tile_stride, const struct dass_batch *batch,
  long first, long count, const struct dass_batch_finish *finish)
{
  const int n = outputs + 2;
  long across = batch->width / outputs, down = batch->height / outputs, channels = batch->channels;
  long row = batch->width * channels;
  for (long tile = 0; tile < count; tile++) {
    long place = first + tile, x0 = place % across, y0 = place / across % down, image = place / (across * down);
    float *to = batch->pixels + (image * batch->height + y0 * outputs) * row + x0 * outputs * channels;
    const float *from = m + tile * tile_stride;
    for EACH_VECTOR(c, channels) {
      vec t[24];
#pragma clang loop unroll(full)
      for (int x = 0; x < n; x++) {
        vec d[6];
#pragma clang loop unroll(full)
        for (int y = 0; y < n; y++) d[y] = LOAD(from + (y * n + x) * position_stride + c);
        NAME(output_line)(outputs, d, 1, t + x, n);
      }
#pragma clang loop unroll(full)
      for (int y = 0; y < outputs; y++) {
        vec line[4];
        NAME(output_line)(outputs, t + y * n, 1, line, 1);
#pragma clang loop unroll(full)
        for (int x = 0; x < outputs; x++) {
          float *pixel = to + y * row + x * channels + c;
          if (finish) line[x] = NAME(finished)(line[x], finish, c, pixel - batch->pixels);
          STORE(pixel, line[x]);
        }
      }
    }
  }
}

static void NAME(output)(
  int outputs, const float *m, long position_stride, long tile_stride, const struct dass_batch *batch,
  long first, long count, const struct dass_batch_finish *finish)
{
  if (outputs == 2)
    NAME(output_sized)(2, m, position_stride, tile_stride, batch, first, count, finish);
  else
    NAME(output_sized)(4, m, position_stride, tile_stride, batch, first, count, finish);
}

ALWAYS void NAME(output_gradient_sized)(
  const int outputs, const struct dass_batch *batch, long first, long count, float *m, long position_stride,
  long tile_stride)
{
  const int n = outputs + 2;
  long across = batch->width / outputs, down = batch->height / outputs, channels = batch->channels;
  long row = batch->width * channels;
  for (long tile = 0; tile < count; tile++) {
    long place = first + tile, x0 = place % across, y0 = place / across % down, image = place / (across * down);
    const float *from = batch->pixels + (image * batch->height + y0 * outputs) * row + x0 * outputs * channels;
    float *to = m + tile * tile_stride;
    for EACH_VECTOR(c, channels) {
      vec t[24];
#pragma clang loop unroll(full)
      for (int x = 0; x < outputs; x++) {
        vec d[4];
#pragma clang loop unroll(full)
        for (int y = 0; y < outputs; y++) d[y] = LOAD(from + y * row + x * channels + c);
        NAME(output_gradient_line)(outputs, d, 1, t + x, outputs);
      }
#pragma clang loop unroll(full)
      for (int y = 0; y < n; y++) {
        vec line[6];
        NAME(output_gradient_line)(outputs, t + y * outputs, 1, line, 1);
#pragma clang loop unroll(full)
        for (int x = 0; x < n; x++) STORE(to + (y * n + x) * position_stride + c, line[x]);
      }
    }
  }
}

static void NAME(output_gradient)(
  int outputs, const struct dass_batch *batch, long first, long count, float *m, long position_stride,
  long tile_stride)
{
  if (outputs == 2)
    NAME(output_gradient_sized)(2, batch, first, count, m, position_stride, tile_stride);
  else
    NAME(output_gradient_sized)(4, batch, first, count, m, position_stride, tile_stride);
}

// MARK: Products

ALWAYS const float *NAME(row)(const int is_gathered, const struct dass_rows *a, long r)
{
  return is_gathered ? a->gathered[r] : a->base + r * a->stride;
}

// Sums over k of a[r][k] * b[k], or of a[k][r] * b[k] where it is turned, for r from `first` on; b[k] is a row of some
// panels.
ALWAYS void NAME(block)(
  const int rows, const int vectors, const int is_turned, const int is_gathered, const struct dass_rows *a,
  long first, long depth, const float *b, long b_stride, long panel_stride, int accumulates, float *out,
  long out_stride)
{
  enum { per_panel = LANES / VECTOR };
  vec sum[ROWS][PANELS * per_panel];
  const float *own[ROWS];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    if (!is_turned) own[r] = NAME(row)(is_gathered, a, first + r);
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) sum[r][j] = (vec){0};
  }
  for (long k = 0; k < depth; k++) {
    vec y[PANELS * per_panel];
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++)
      y[j] = LOAD(b + k * b_stride + (j / per_panel) * panel_stride + (j % per_panel) * VECTOR);
    const float *column = is_turned ? NAME(row)(is_gathered, a, k) + first : 0;
    // What the next blocks will need of `a`: its rows are too short for the processor to foresee.
    __builtin_prefetch(
      is_turned ? column + 2 * LINE
                : NAME(row)(is_gathered, a, first + rows + k % LINE) + k / LINE * LINE);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      vec x = (is_turned ? column[r] : own[r][k]) - (vec){0};
#pragma clang loop unroll(full)
      for (int j = 0; j < vectors; j++) sum[r][j] += x * y[j];
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) {
      float *to = out + r * out_stride + j * VECTOR;
      STORE(to, accumulates ? LOAD(to) + sum[r][j] : sum[r][j]);
    }
}

// One of the blocks with a fixed number of rows and panels, so that all sums stay in registers.
ALWAYS void NAME(blocks)(
  long rows, long panels, const int is_turned, const int is_gathered, const struct dass_rows *a, long first,
  long depth, const float *b, long b_stride, long panel_stride, int accumulates, float *out, long out_stride)
{
  enum { per_panel = LANES / VECTOR };
#define CASE(n) \
  case n: \
    if (n <= ROWS && panels == PANELS) \
      NAME(block)( \
        n, PANELS * per_panel, is_turned, is_gathered, a, first, depth, b, b_stride, panel_stride, accumulates, \
        out, out_stride); \
    else if (n <= ROWS) \
      NAME(block)( \
        n, per_panel, is_turned, is_gathered, a, first, depth, b, b_stride, panel_stride, accumulates, out, \
        out_stride); \
    break;
  switch (rows) {
    CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
  }
#undef CASE
}

ALWAYS void NAME(any_product)(
  const int is_turned, const int is_gathered, const struct dass_rows *a, long rows, long depth, const float *b,
  long b_stride, long panel_stride, long panels, int accumulates, float *out, long out_stride)
{
  for (long panel = 0; panel < panels;) {
    long some = panels - panel < PANELS ? 1 : PANELS;
    for (long row = 0; row < rows;) {
      // Blocks of nearly one size, so that none is very small.
      long left = rows - row, blocks = (left + ROWS - 1) / ROWS, these = (left + blocks - 1) / blocks;
      NAME(blocks)(
        these, some, is_turned, is_gathered, a, row, depth, b + panel * panel_stride, b_stride, panel_stride,
        accumulates, out + row * out_stride + panel * LANES, out_stride);
      row += these;
    }
    panel += some;
  }
}

static void NAME(product)(
  const struct dass_rows *v, long tiles, long inputs, const float *u, long panels, int accumulates, float *m,
  long m_stride)
{
  if (v->gathered)
    NAME(any_product)(
      0, 1, v, tiles, inputs, u, LANES, inputs * LANES, panels, accumulates, m, m_stride);
  else
    NAME(any_product)(
      0, 0, v, tiles, inputs, u, LANES, inputs * LANES, panels, accumulates, m, m_stride);
}

static void NAME(product_gradient)(
  const struct dass_rows *v, long tiles, long inputs, const float *m, long m_stride, long panels,
  int accumulates, float *u)
{
  if (v->gathered)
    NAME(any_product)(
      1, 1, v, inputs, tiles, m, m_stride, LANES, panels, accumulates, u, panels * LANES);
  else
    NAME(any_product)(
      1, 0, v, inputs, tiles, m, m_stride, LANES, panels, accumulates, u, panels * LANES);
}

static const struct dass_batch_kernels NAME(batch_kernels) = {
  NAME(weights), NAME(weight_gradient), NAME(input), NAME(output), NAME(output_gradient),
  NAME(product), NAME(product_gradient)};

#undef vec
#undef mask
#undef EACH_VECTOR
#undef NAME
#undef VECTOR

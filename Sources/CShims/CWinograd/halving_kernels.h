// Included once for each instruction set, after `kernels.h` with its vectors.

static void NAME(halving_input_gradient)(
  const float *v, long position_stride, long tile_stride, const struct dass_images *images, long first,
  long count, long channels)
{
  enum { outputs = 4, n = 9 };
  for (long tile = 0; tile < count; tile++) {
    struct NAME(place) place = NAME(locate)(2, outputs, images, first + tile);
    const float *from = v + tile * tile_stride;
    for (long c = 0; c < channels; c += WIDTH) {
      vec t[n * n];
#pragma clang loop unroll(full)
      for (int x = 0; x < n; x++) {
        vec d[n];
#pragma clang loop unroll(full)
        for (int y = 0; y < n; y++)
          d[y] = LOAD(from + NAME(tile_position)(2, outputs, y, x) * position_stride + c);
        NAME(halving_input_gradient_line)(d, 1, t + x, n);
      }
      for (int y = 0; y < n; y++) {
        vec line[n];
        long py = 2 * place.top + y - 1;
        if (py < 0 || py >= images->height) continue;
        NAME(halving_input_gradient_line)(t + y * n, 1, line, 1);
#pragma clang loop unroll(full)
        for (int x = 0; x < n; x++) {
          long px = 2 * place.left + x - 1;
          if (px < 0 || px >= images->width) continue;
          float *pixel = images->pixels[place.image] + (py * images->width + px) * images->stride + c;
          STORE(pixel, LOAD(pixel) + line[x]);
        }
      }
    }
  }
}

static void NAME(halving_output_gradient)(
  const struct dass_images *images, long first, long count, long channels, float *m, long position_stride,
  long tile_stride)
{
  enum { outputs = 4, n = 9 };
  for (long tile = 0; tile < count; tile++) {
    struct NAME(place) place = NAME(locate)(1, outputs, images, first + tile);
    float *to = m + tile * tile_stride;
    // Row by row of the result: all of its columns would not fit the registers.
    for (long c = 0; c < channels; c += WIDTH) {
      vec d[outputs][outputs] = {{{0}}};
#pragma clang loop unroll(full)
      for (int y = 0; y < outputs; y++)
#pragma clang loop unroll(full)
        for (int x = 0; x < outputs; x++)
          if (place.top + y < images->height && place.left + x < images->width)
            d[x][y] = LOAD(
              images->pixels[place.image]
              + ((place.top + y) * images->width + place.left + x) * images->stride + c);
#pragma clang loop unroll(full)
      for (int y = 0; y < n; y++) {
        vec t[outputs], column[n], line[n];
#pragma clang loop unroll(full)
        for (int x = 0; x < outputs; x++) {
          NAME(halving_output_gradient_line)(d[x], 1, column, 1);
          t[x] = column[y];
        }
        NAME(halving_output_gradient_line)(t, 1, line, 1);
#pragma clang loop unroll(full)
        for (int x = 0; x < n; x++)
          STORE(to + NAME(tile_position)(2, outputs, y, x) * position_stride + c, line[x]);
      }
    }
  }
}

// Inputs whose taps are turned together: as many as fill whole vectors of every width.
#define RUN 16

// taps[input][tap][lane] of some inputs of a panel
ALWAYS void NAME(halving_taps)(
  const struct dass_batch_weights *weights, const float *from, long outputs, long inputs,
  float (*taps)[DASS_LANES])
{
  const long lane_stride = weights->output_stride, input_stride = weights->input_stride;
  if (outputs == DASS_LANES && inputs == RUN && input_stride == 9) {
    for (long lane = 0; lane < DASS_LANES; lane += WIDTH)
      for (long i = 0; i < 9 * RUN; i += WIDTH)
        NAME(turn)(from + lane * lane_stride + i, lane_stride, taps[i] + lane, DASS_LANES);
  } else if (outputs == DASS_LANES && inputs == RUN && lane_stride == 9) {
    float across[9 * DASS_LANES][RUN];
    for (long k = 0; k < RUN; k += WIDTH)
      for (long i = 0; i < 9 * DASS_LANES; i += WIDTH)
        NAME(turn)(from + k * input_stride + i, input_stride, across[i] + k, RUN);
    for (int tap = 0; tap < 9; tap++)
      for (long k = 0; k < RUN; k += WIDTH)
        for (long lane = 0; lane < DASS_LANES; lane += WIDTH)
          NAME(turn)(across[9 * lane + tap] + k, 9 * RUN, taps[9 * k + tap] + lane, 9 * DASS_LANES);
  } else
    for (long k = 0; k < inputs; k++)
      for (int tap = 0; tap < 9; tap++)
        for (long lane = 0; lane < DASS_LANES; lane++)
          taps[9 * k + tap][lane] = lane < outputs ? from[lane * lane_stride + k * input_stride + tap] : 0;
}

ALWAYS void NAME(halving_weights_sized)(
  const int outputs, const struct dass_batch_weights *weights, long panel, float *u, long matrix_stride)
{
  const int n = outputs + 2;
  long left = weights->outputs - panel * DASS_LANES, filled = left < DASS_LANES ? left : DASS_LANES;
  u += panel * weights->inputs * DASS_LANES;
  for (long first = 0; first < weights->inputs; first += RUN) {
    long some = weights->inputs - first < RUN ? weights->inputs - first : RUN;
    float taps[9 * RUN][DASS_LANES];
    NAME(halving_taps)(
      weights, weights->base + panel * DASS_LANES * weights->output_stride + first * weights->input_stride,
      filled, some, taps);
    for (long k = 0; k < some; k++, u += DASS_LANES)
      for (int part = 0; part < DASS_LANES; part += WIDTH) {
        vec g[9], t[18];
#pragma clang loop unroll(full)
        for (int tap = 0; tap < 9; tap++) g[tap] = LOAD(taps[9 * k + tap] + part);
#pragma clang loop unroll(full)
        for (int x = 0; x < 3; x++) NAME(halving_weight_line)(outputs, g + x, 3, t + x, 3);
#pragma clang loop unroll(full)
        for (int y = 0; y < n; y++) {
          vec line[6];
          NAME(halving_weight_line)(outputs, t + 3 * y, 1, line, 1);
#pragma clang loop unroll(full)
          for (int x = 0; x < n; x++) STORE(u + (y * n + x) * matrix_stride + part, line[x]);
        }
      }
  }
}

static void NAME(halving_weights)(
  int outputs, const struct dass_batch_weights *weights, long panel, float *u, long matrix_stride)
{
  if (outputs == 1)
    NAME(halving_weights_sized)(1, weights, panel, u, matrix_stride);
  else if (outputs == 2)
    NAME(halving_weights_sized)(2, weights, panel, u, matrix_stride);
  else
    NAME(halving_weights_sized)(4, weights, panel, u, matrix_stride);
}

// The way back from taps[input][tap][lane].
ALWAYS void NAME(halving_taps_back)(
  const struct dass_batch_weights *weights, float *to, long outputs, long inputs,
  const float (*taps)[DASS_LANES])
{
  if (outputs == DASS_LANES && inputs == RUN && weights->input_stride == 9) {
    for (long lane = 0; lane < DASS_LANES; lane += WIDTH)
      for (long i = 0; i < 9 * RUN; i += WIDTH)
        NAME(turn)(taps[i] + lane, DASS_LANES, to + lane * weights->output_stride + i, weights->output_stride);
    return;
  }
  for (long lane = 0; lane < outputs; lane++)
    for (long k = 0; k < inputs; k++)
      for (int tap = 0; tap < 9; tap++)
        to[lane * weights->output_stride + k * weights->input_stride + tap] = taps[9 * k + tap][lane];
}

ALWAYS void NAME(halving_weight_gradient_sized)(
  const int outputs, const float *u, long matrix_stride, long panel, const struct dass_batch_weights *weights)
{
  const int n = outputs + 2;
  long row_stride = (weights->outputs + DASS_LANES - 1) / DASS_LANES * DASS_LANES;
  long left = weights->outputs - panel * DASS_LANES, filled = left < DASS_LANES ? left : DASS_LANES;
  for (long first = 0; first < weights->inputs; first += RUN) {
    long some = weights->inputs - first < RUN ? weights->inputs - first : RUN;
    float taps[9 * RUN][DASS_LANES];
    for (long k = 0; k < some; k++)
      for (int part = 0; part < DASS_LANES; part += WIDTH) {
        const float *from = u + (first + k) * row_stride + panel * DASS_LANES + part;
        vec t[18];
#pragma clang loop unroll(full)
        for (int x = 0; x < n; x++) {
          vec column[6];
#pragma clang loop unroll(full)
          for (int y = 0; y < n; y++) column[y] = LOAD(from + (y * n + x) * matrix_stride);
          NAME(halving_weight_gradient_line)(outputs, column, 1, t + x, n);
        }
#pragma clang loop unroll(full)
        for (int y = 0; y < 3; y++) {
          vec line[3];
          NAME(halving_weight_gradient_line)(outputs, t + y * n, 1, line, 1);
#pragma clang loop unroll(full)
          for (int x = 0; x < 3; x++) STORE(taps[9 * k + 3 * y + x] + part, line[x]);
        }
      }
    NAME(halving_taps_back)(
      weights, weights->base + panel * DASS_LANES * weights->output_stride + first * weights->input_stride,
      filled, some, taps);
  }
}

#undef RUN

static void NAME(halving_weight_gradient)(
  int outputs, const float *u, long matrix_stride, long panel, const struct dass_batch_weights *weights)
{
  if (outputs == 1)
    NAME(halving_weight_gradient_sized)(1, u, matrix_stride, panel, weights);
  else
    NAME(halving_weight_gradient_sized)(4, u, matrix_stride, panel, weights);
}

static void NAME(few_products)(
  const float *w, long length, long rows, const float *x, long count, float *out, long out_stride)
{
  for (long row = 0; row < rows; row += 4)
    for (long first = 0; first < count; first += 4) {
      vec sum[4][4];
#pragma clang loop unroll(full)
      for (int i = 0; i < 16; i++) sum[i / 4][i % 4] = (vec){0};
      for (long k = 0; k < length; k += WIDTH) {
        vec y[4];
#pragma clang loop unroll(full)
        for (int j = 0; j < 4; j++) y[j] = LOAD(x + (first + j) * length + k);
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) {
          vec z = LOAD(w + (row + i) * length + k);
#pragma clang loop unroll(full)
          for (int j = 0; j < 4; j++) sum[i][j] += z * y[j];
        }
      }
#pragma clang loop unroll(full)
      for (int i = 0; i < 16; i++) {
        float total = 0;
        for (int lane = 0; lane < WIDTH; lane++) total += sum[i / 4][i % 4][lane];
        out[(row + i / 4) * out_stride + first + i % 4] = total;
      }
    }
}

static const struct dass_halving_kernels NAME(halving_kernels) = {
  NAME(halving_input), NAME(halving_input_gradient), NAME(halving_output), NAME(halving_output_gradient),
  NAME(halving_weights), NAME(halving_weight_gradient), NAME(few_products)};

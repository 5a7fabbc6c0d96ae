// Weights' gradients that are products of a few vectors, made in registers a few rows and vectors at a time, where they
// are used. Included once for each instruction set, after `kernels.h` with its vectors.

// So many that two gradients fit the registers beside their operands; all weights have whole triples of vectors.
#if WIDTH == 16
#define TILE_ROWS 4
#else
#define TILE_ROWS 2
#endif
#define TILE_VECTORS 3
#define EACH_OF_TILE \
  _Pragma("clang loop unroll(full)") for (int r = 0; r < TILE_ROWS; r++) \
    _Pragma("clang loop unroll(full)") for (int j = 0; j < TILE_VECTORS; j++)

ALWAYS void NAME(factored)(
  const struct dass_factors *factors, long row, long length, long column,
  vec gradient[TILE_ROWS][TILE_VECTORS])
{
  const float *patch = factors->patches + column, *upstream = factors->upstream + row;
  EACH_OF_TILE gradient[r][j] = (vec){0};
  for (long p = 0; p < factors->positions; p++, patch += length, upstream += factors->upstream_stride) {
    vec x[TILE_VECTORS];
#pragma clang loop unroll(full)
    for (int j = 0; j < TILE_VECTORS; j++) x[j] = LOAD(patch + j * WIDTH);
#pragma clang loop unroll(full)
    for (int r = 0; r < TILE_ROWS; r++) {
      vec y = upstream[r] - (vec){0};
#pragma clang loop unroll(full)
      for (int j = 0; j < TILE_VECTORS; j++) gradient[r][j] += y * x[j];
    }
  }
}

// The same part of a weight that is stored. What comes `ahead` of it comes to the cache meanwhile: the processor does not
// foresee so many rows.
ALWAYS void NAME(stored)(
  const float *weight, long length, long ahead, vec part[TILE_ROWS][TILE_VECTORS])
{
  EACH_OF_TILE
  {
    const float *place = weight + r * length + j * WIDTH;
    part[r][j] = LOAD(place);
    __builtin_prefetch(place + ahead, 0, 2);
  }
}

// Column by column: the patches of all tasks are more than the second cache holds.
static void NAME(add_terms)(
  const struct dass_terms *terms, long tasks, long rows, long length, int accumulates, float *parameter,
  float *rate)
{
  const long ahead = TILE_VECTORS * WIDTH;
  for (long column = 0; column < length; column += TILE_VECTORS * WIDTH)
    for (long row = 0; row < rows; row += TILE_ROWS) {
      const long corner = row * length + column;
      vec sum[TILE_ROWS][TILE_VECTORS], outer[TILE_ROWS][TILE_VECTORS], inner[TILE_ROWS][TILE_VECTORS];
      if (accumulates) {
        NAME(stored)(rate + corner, length, ahead, sum);
        NAME(stored)(parameter + corner, length, ahead, sum);
      } else
        EACH_OF_TILE
        {
          STORE(rate + corner + r * length + j * WIDTH, (vec){0});
          sum[r][j] = (vec){0};
        }
      for (const struct dass_terms *task = terms; task < terms + tasks; task++) {
        if (task->outer)
          NAME(stored)(task->outer + corner, length, ahead, outer);
        else
          NAME(factored)(&task->outer_factors, row, length, column, outer);
        NAME(factored)(&task->inner, row, length, column, inner);
        EACH_OF_TILE
        {
          float *place = rate + corner + r * length + j * WIDTH;
          vec product = outer[r][j] * inner[r][j];
          STORE(place, LOAD(place) - product);
          sum[r][j] += outer[r][j];
        }
        for (long i = 0; i < task->bent_count; i++) {
          NAME(factored)(task->bent + i, row, length, column, inner);
          EACH_OF_TILE sum[r][j] += inner[r][j];
        }
      }
      EACH_OF_TILE STORE(parameter + corner + r * length + j * WIDTH, sum[r][j]);
    }
}

// Row by row, as memory is foreseen best.
static void NAME(move)(
  const float *parameter, const float *rate, const struct dass_factors *gradient, long rows, long length,
  float *moved)
{
  const long ahead = 4 * TILE_VECTORS * WIDTH;
  for (long row = 0; row < rows; row += TILE_ROWS)
    for (long column = 0; column < length; column += TILE_VECTORS * WIDTH) {
      const long corner = row * length + column;
      vec from[TILE_ROWS][TILE_VECTORS], by[TILE_ROWS][TILE_VECTORS], step[TILE_ROWS][TILE_VECTORS];
      NAME(factored)(gradient, row, length, column, step);
      NAME(stored)(parameter + corner, length, ahead, from);
      NAME(stored)(rate + corner, length, ahead, by);
      EACH_OF_TILE
      {
        vec product = by[r][j] * step[r][j];
        STORE(moved + corner + r * length + j * WIDTH, from[r][j] - product);
      }
    }
}

static const struct dass_factored_kernels NAME(factored_kernels) = {NAME(add_terms), NAME(move)};

#undef TILE_ROWS
#undef TILE_VECTORS
#undef EACH_OF_TILE

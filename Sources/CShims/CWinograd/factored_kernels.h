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

// The same part of a weight that is stored. The next part of its rows comes to the cache meanwhile: the processor does not
// foresee so many rows.
ALWAYS void NAME(stored)(
  const float *weight, long row, long length, long column, vec part[TILE_ROWS][TILE_VECTORS])
{
  const float *from = weight + row * length + column;
  EACH_OF_TILE
  {
    const float *place = from + r * length + j * WIDTH;
    part[r][j] = LOAD(place);
    __builtin_prefetch(place + TILE_VECTORS * WIDTH, 0, 2);
  }
}

static void NAME(add_terms)(
  const struct dass_terms *terms, long tasks, long rows, long length, float *parameter, float *rate)
{
  for (long column = 0; column < length; column += TILE_VECTORS * WIDTH)
    for (long row = 0; row < rows; row += TILE_ROWS)
      for (const struct dass_terms *task = terms; task < terms + tasks; task++) {
        vec outer[TILE_ROWS][TILE_VECTORS], inner[TILE_ROWS][TILE_VECTORS];
        if (task->outer)
          NAME(stored)(task->outer, row, length, column, outer);
        else
          NAME(factored)(&task->outer_factors, row, length, column, outer);
        NAME(factored)(&task->inner, row, length, column, inner);
        EACH_OF_TILE
        {
          long place = (row + r) * length + column + j * WIDTH;
          vec product = outer[r][j] * inner[r][j];
          STORE(parameter + place, LOAD(parameter + place) + outer[r][j]);
          STORE(rate + place, LOAD(rate + place) - product);
        }
        for (long i = 0; i < task->bent_count; i++) {
          NAME(factored)(task->bent + i, row, length, column, inner);
          EACH_OF_TILE
          {
            float *place = parameter + (row + r) * length + column + j * WIDTH;
            STORE(place, LOAD(place) + inner[r][j]);
          }
        }
      }
}

static void NAME(move)(
  const float *parameter, const float *rate, const struct dass_factors *gradient, long rows, long length,
  float *moved)
{
  for (long column = 0; column < length; column += TILE_VECTORS * WIDTH)
    for (long row = 0; row < rows; row += TILE_ROWS) {
      vec from[TILE_ROWS][TILE_VECTORS], by[TILE_ROWS][TILE_VECTORS], step[TILE_ROWS][TILE_VECTORS];
      NAME(factored)(gradient, row, length, column, step);
      NAME(stored)(parameter, row, length, column, from);
      NAME(stored)(rate, row, length, column, by);
      EACH_OF_TILE
      {
        vec product = by[r][j] * step[r][j];
        STORE(moved + (row + r) * length + column + j * WIDTH, from[r][j] - product);
      }
    }
}

static const struct dass_factored_kernels NAME(factored_kernels) = {NAME(add_terms), NAME(move)};

#undef TILE_ROWS
#undef TILE_VECTORS
#undef EACH_OF_TILE

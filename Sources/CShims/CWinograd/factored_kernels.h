// Weights' gradients that are products of a few vectors, made in registers a few rows and vectors at a time, where they
// are used. Included once for each instruction set, after `kernels.h` with its vectors.

// So many that the four parts of `add_terms` fit the registers beside their operands, or the one of the moves, for which
// reading the patches takes the time; all weights have whole triples of vectors.
#define SUM_ROWS 2
#if WIDTH == 16
#define MOVE_ROWS 4
#else
#define MOVE_ROWS 2
#endif
#define TILE_VECTORS 3
#define EACH_OF_TILE(rows) \
  _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r++) \
    _Pragma("clang loop unroll(full)") for (int j = 0; j < TILE_VECTORS; j++)

// Adds to as many `parts` of gradients, which have all the patches of the first one.
ALWAYS void NAME(add_factored)(
  const int rows, const int count, const struct dass_factors *const *factors, long row, long length,
  long column, vec (*const *parts)[TILE_VECTORS])
{
  const float *patch = factors[0]->patches + column;
  for (long p = 0; p < factors[0]->positions; p++, patch += length) {
    vec x[TILE_VECTORS];
#pragma clang loop unroll(full)
    for (int j = 0; j < TILE_VECTORS; j++) x[j] = LOAD(patch + j * WIDTH);
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) {
      const float *upstream = factors[i]->upstream + p * factors[i]->upstream_stride + row;
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r++) {
        vec y = upstream[r] - (vec){0};
#pragma clang loop unroll(full)
        for (int j = 0; j < TILE_VECTORS; j++) parts[i][r][j] += y * x[j];
      }
    }
  }
}

ALWAYS void NAME(factored)(
  const int rows, const struct dass_factors *factors, long row, long length, long column,
  vec (*part)[TILE_VECTORS])
{
  EACH_OF_TILE(rows) part[r][j] = (vec){0};
  NAME(add_factored)(rows, 1, &factors, row, length, column, &part);
}

// The same part of a weight that is stored. What comes `ahead` of it comes to the second cache meanwhile: the processor
// does not foresee so many rows.
ALWAYS void NAME(stored)(
  const int rows, const float *weight, long length, long ahead, vec (*part)[TILE_VECTORS])
{
  EACH_OF_TILE(rows)
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
    for (long row = 0; row < rows; row += SUM_ROWS) {
      const long corner = row * length + column;
      vec sum[SUM_ROWS][TILE_VECTORS], of_rate[SUM_ROWS][TILE_VECTORS];
      vec outer[SUM_ROWS][TILE_VECTORS], inner[SUM_ROWS][TILE_VECTORS];
      EACH_OF_TILE(SUM_ROWS)
      {
        const long place = corner + r * length + j * WIDTH;
        sum[r][j] = accumulates ? LOAD(parameter + place) : (vec){0};
        of_rate[r][j] = accumulates ? LOAD(rate + place) : (vec){0};
        __builtin_prefetch(parameter + place + ahead, 1, 2);
        __builtin_prefetch(rate + place + ahead, 1, 2);
      }
      for (const struct dass_terms *task = terms; task < terms + tasks; task++) {
        const struct dass_factors *step[] = {&task->inner, task->bent}, *further = task->bent + 1;
        vec(*parts[])[TILE_VECTORS] = {inner, sum};
        if (task->outer)
          NAME(stored)(SUM_ROWS, task->outer + corner, length, ahead, outer);
        else
          NAME(factored)(SUM_ROWS, &task->outer_factors, row, length, column, outer);
        EACH_OF_TILE(SUM_ROWS)
        {
          sum[r][j] += outer[r][j];
          inner[r][j] = (vec){0};
        }
        if (task->bent_count > 0)
          NAME(add_factored)(SUM_ROWS, 2, step, row, length, column, parts);
        else
          NAME(add_factored)(SUM_ROWS, 1, step, row, length, column, parts);
        if (task->bent_count > 1)
          NAME(add_factored)(SUM_ROWS, 1, &further, row, length, column, parts + 1);
        EACH_OF_TILE(SUM_ROWS) of_rate[r][j] -= outer[r][j] * inner[r][j];
      }
      EACH_OF_TILE(SUM_ROWS)
      {
        const long place = corner + r * length + j * WIDTH;
        STORE(parameter + place, sum[r][j]);
        STORE(rate + place, of_rate[r][j]);
      }
    }
}

// Row by row, as memory is foreseen best; without a parameter the step itself, the other way round.
ALWAYS void NAME(step)(
  const float *parameter, const float *rate, const struct dass_factors *gradient, long rows, long length,
  float *out)
{
  const long ahead = 4 * TILE_VECTORS * WIDTH;
  for (long row = 0; row < rows; row += MOVE_ROWS)
    for (long column = 0; column < length; column += TILE_VECTORS * WIDTH) {
      const long corner = row * length + column;
      vec from[MOVE_ROWS][TILE_VECTORS], by[MOVE_ROWS][TILE_VECTORS], step[MOVE_ROWS][TILE_VECTORS];
      NAME(factored)(MOVE_ROWS, gradient, row, length, column, step);
      if (parameter) NAME(stored)(MOVE_ROWS, parameter + corner, length, ahead, from);
      NAME(stored)(MOVE_ROWS, rate + corner, length, ahead, by);
      EACH_OF_TILE(MOVE_ROWS)
      {
        vec product = by[r][j] * step[r][j];
        STORE(out + corner + r * length + j * WIDTH, parameter ? from[r][j] - product : product);
      }
    }
}

static void NAME(move)(
  const float *parameter, const float *rate, const struct dass_factors *gradient, long rows, long length,
  float *moved)
{
  NAME(step)(parameter, rate, gradient, rows, length, moved);
}

static void NAME(direction)(
  const float *rate, const struct dass_factors *gradient, long rows, long length, float *direction)
{
  NAME(step)(0, rate, gradient, rows, length, direction);
}

// The numbers of the rate that come next are on their way to the second cache before they are asked for.
static void NAME(dense_direction)(const float *rate, const float *gradient, long count, float *direction)
{
  for (long i = 0; i < count; i += WIDTH) {
    STORE(direction + i, LOAD(rate + i) * LOAD(gradient + i));
    __builtin_prefetch(rate + count + i, 0, 2);
  }
}

static const struct dass_factored_kernels NAME(factored_kernels) = {
  NAME(add_terms), NAME(move), NAME(direction), NAME(dense_direction)};

#undef SUM_ROWS
#undef MOVE_ROWS
#undef TILE_VECTORS
#undef EACH_OF_TILE

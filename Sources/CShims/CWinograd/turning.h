// Matrices turned in registers, a square at a time. Included once for each instruction set, with the vectors of `kernels.h`.

// The numbers of two vectors' halves in turn.
#if WIDTH == 16
#define LOWER_HALVES(a, b) \
  __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define UPPER_HALVES(a, b) \
  __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#elif WIDTH == 8
#define LOWER_HALVES(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define UPPER_HALVES(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#else
#define LOWER_HALVES(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define UPPER_HALVES(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#endif

// Rows of WIDTH numbers become columns: each round shuffles the second half of the rows into the first one.
ALWAYS void NAME(turn)(const float *from, long from_stride, float *to, long to_stride)
{
  vec rows[WIDTH], next[WIDTH];
#pragma clang loop unroll(full)
  for (int i = 0; i < WIDTH; i++) rows[i] = LOAD(from + i * from_stride);
#pragma clang loop unroll(full)
  for (int round = 1; round < WIDTH; round *= 2) {
#pragma clang loop unroll(full)
    for (int i = 0; i < WIDTH / 2; i++) {
      next[2 * i] = LOWER_HALVES(rows[i], rows[i + WIDTH / 2]);
      next[2 * i + 1] = UPPER_HALVES(rows[i], rows[i + WIDTH / 2]);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < WIDTH; i++) rows[i] = next[i];
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < WIDTH; i++) STORE(to + i * to_stride, rows[i]);
}

static void NAME(turn_matrix)(
  const float *from, long from_stride, long rows, long columns, float *to, long to_stride)
{
  const long whole_rows = rows / WIDTH * WIDTH, whole_columns = columns / WIDTH * WIDTH;
  for (long row = 0; row < whole_rows; row += WIDTH)
    for (long column = 0; column < whole_columns; column += WIDTH)
      NAME(turn)(from + row * from_stride + column, from_stride, to + column * to_stride + row, to_stride);
  for (long row = 0; row < rows; row++)
    for (long column = row < whole_rows ? whole_columns : 0; column < columns; column++)
      to[column * to_stride + row] = from[row * from_stride + column];
}

#undef LOWER_HALVES
#undef UPPER_HALVES

// Included once for each instruction set, with
//   SET, INSTRUCTIONS   its name, within functions' names and for people
//   WIDTH     floats in a vector of the processor
//   ROWS      rows of a product that are summed at once, and
//   PANELS    panels, so that ROWS * PANELS * lanes / WIDTH sums fit the registers beside the operands.

typedef float NAME(vector) __attribute__((vector_size(WIDTH * sizeof(float)), aligned(sizeof(float))));
typedef float NAME(aligned) __attribute__((vector_size(WIDTH * sizeof(float))));
typedef int NAME(mask) __attribute__((vector_size(WIDTH * sizeof(float))));

#define vec NAME(vector)
#define mask NAME(mask)
#define LOAD(p) (*(const vec *)(p))
#define STORE(p, x) (*(vec *)(p) = (x))
#define ALWAYS static inline __attribute__((always_inline))

// MARK: Products

ALWAYS void NAME(block)(
  const int rows, const int vectors, long taps, long depth, const float *const *a, const float *b,
  long tap_stride, long panel_stride, int accumulates, float *out, long out_stride)
{
  enum { per_panel = DASS_LANES / WIDTH };
  vec sum[ROWS][PANELS * per_panel];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++)
      sum[r][j] = accumulates ? LOAD(out + r * out_stride + j * WIDTH) : (vec){0};
  for (long tap = 0; tap < taps; tap++) {
    const float *const *row = a + tap * ROWS;
    const float *w = b + tap * tap_stride;
    for (long k = 0; k < depth; k++) {
      vec y[PANELS * per_panel];
#pragma clang loop unroll(full)
      for (int j = 0; j < vectors; j++)
        y[j] = LOAD(w + (j / per_panel) * panel_stride + k * DASS_LANES + (j % per_panel) * WIDTH);
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r++) {
        vec x = row[r][k] - (vec){0};
#pragma clang loop unroll(full)
        for (int j = 0; j < vectors; j++) sum[r][j] += x * y[j];
      }
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) STORE(out + r * out_stride + j * WIDTH, sum[r][j]);
}

// One of the blocks with a fixed number of rows, so that all sums stay in registers.
ALWAYS void NAME(rows)(
  long rows, const int vectors, long taps, long depth, const float *const *a, const float *b, long tap_stride,
  long panel_stride, int accumulates, float *out, long out_stride)
{
#define CASE(n) \
  case n: \
    if (n <= ROWS) \
      NAME(block)(n, vectors, taps, depth, a, b, tap_stride, panel_stride, accumulates, out, out_stride); \
    break;
  switch (rows) {
    CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
  }
#undef CASE
}

static void NAME(panels)(
  long rows, long panels, long taps, long depth, const float *const *a, const float *b, long tap_stride,
  long panel_stride, int accumulates, float *out, long out_stride)
{
  enum { per_panel = DASS_LANES / WIDTH };
  if (panels == PANELS)
    NAME(rows)(
      rows, PANELS * per_panel, taps, depth, a, b, tap_stride, panel_stride, accumulates, out, out_stride);
  else
    NAME(rows)(rows, per_panel, taps, depth, a, b, tap_stride, panel_stride, accumulates, out, out_stride);
}

static void NAME(product)(
  const float *v, long tile_stride, long tiles, long depth, const float *u, long panel_stride, long panels,
  int accumulates, float *m, long m_stride)
{
  for (long panel = 0; panel < panels; panel += PANELS) {
    long some = panels - panel < PANELS ? panels - panel : PANELS;
    for (long tile = 0; tile < tiles;) {
      // The last two blocks share what is left, so that none is very small.
      long left = tiles - tile;
      long rows = left >= 2 * ROWS || left == ROWS ? ROWS : left > ROWS ? (left + 1) / 2 : left;
      const float *a[ROWS];
      for (long r = 0; r < rows; r++) a[r] = v + (tile + r) * tile_stride;
      if (some == PANELS || PANELS == 1)
        NAME(panels)(
          rows, some, 1, depth, a, u + panel * panel_stride, 0, panel_stride, accumulates,
          m + tile * m_stride + panel * DASS_LANES, m_stride);
      else
        for (long one = 0; one < some; one++)
          NAME(panels)(
            rows, 1, 1, depth, a, u + (panel + one) * panel_stride, 0, panel_stride, accumulates,
            m + tile * m_stride + (panel + one) * DASS_LANES, m_stride);
      tile += rows;
    }
  }
}

// MARK: What happens to sums

// The first `count` numbers of a vector, zeros behind them.
ALWAYS vec NAME(keeping)(vec x, long count)
{
  if (count >= WIDTH) return x;
  mask lane;
  for (int i = 0; i < WIDTH; i++) lane[i] = i < count ? -1 : 0;
  return (vec)((mask)x & lane);
}

// Bias, the term to add, the positive part (which lets pass what is no number), zeros beyond the channels. What goes past the
// caches does not wait for its place to be read.
ALWAYS void NAME(store)(
  vec sum, float *pixel, long c, long channels, const struct dass_epilogue *epilogue, const float *added)
{
  sum += LOAD(epilogue->bias + c);
  if (added && c < epilogue->added_channels)
    sum += NAME(keeping)(LOAD(added + c), epilogue->added_channels - c);
  sum = (vec)((mask)sum & ~(mask)(sum < (vec){0}));
  sum = NAME(keeping)(sum, channels - c);
  if (epilogue->is_far)
    __builtin_nontemporal_store(sum, (NAME(aligned) *)(pixel + c));
  else
    STORE(pixel + c, sum);
}

// MARK: Convolutions by definition, pooling

static void NAME(direct)(
  int stride, const struct dass_images *from, long depth, const float *w, long tap_stride, long panel_stride,
  const struct dass_images *to, long first, long count, long channels, const struct dass_epilogue *epilogue)
{
  const struct dass_images *added = epilogue->added;
  long panels = (channels + DASS_LANES - 1) / DASS_LANES;
  for (long done = 0; done < count;) {
    long left = count - done;
    long rows = left >= 2 * ROWS || left == ROWS ? ROWS : left > ROWS ? (left + 1) / 2 : left;
    const float *a[9 * ROWS];
    long images[ROWS], pixels[ROWS];
    for (long r = 0; r < rows; r++) {
      long place = first + done + r, image = place / (to->height * to->width);
      images[r] = image;
      pixels[r] = place % (to->height * to->width);
      long top = pixels[r] / to->width * stride - 1, start = pixels[r] % to->width * stride - 1;
      for (int tap = 0; tap < 9; tap++) {
        long y = top + tap / 3, x = start + tap % 3;
        a[tap * ROWS + r] = y >= 0 && y < from->height && x >= 0 && x < from->width
          ? from->pixels[image] + (y * from->width + x) * from->stride : dass_zeros;
      }
    }
    for (long panel = 0; panel < panels;) {
      long some = panels - panel < PANELS ? 1 : PANELS;
      float sums[ROWS][PANELS * DASS_LANES];
      NAME(panels)(
        rows, some, 9, depth, a, w + panel * panel_stride, tap_stride, panel_stride, 0, sums[0],
        PANELS * DASS_LANES);
      for (long r = 0; r < rows; r++)
        for (long i = 0; i < some * DASS_LANES; i += WIDTH)
          NAME(store)(
            LOAD(sums[r] + i), to->pixels[images[r]] + pixels[r] * to->stride, panel * DASS_LANES + i,
            channels, epilogue, added ? added->pixels[images[r]] + pixels[r] * added->stride : 0);
      panel += some;
    }
    done += rows;
  }
}

static void NAME(pool)(
  const struct dass_images *from, const struct dass_images *to, long count, long channels)
{
  for (long image = 0; image < count; image++)
    for (long y = 0; y < to->height; y++)
      for (long x = 0; x < to->width; x++) {
        const float *corner = from->pixels[image] + (2 * y * from->width + 2 * x) * from->stride;
        float *pixel = to->pixels[image] + (y * to->width + x) * to->stride;
        for (long c = 0; c < channels; c += WIDTH) {
          vec largest = LOAD(corner + c);
          for (int i = 1; i < 4; i++) {
            vec other = LOAD(corner + ((i / 2) * from->width + i % 2) * from->stride + c);
            mask is_larger = (mask)(other > largest);
            largest = (vec)(((mask)other & is_larger) | ((mask)largest & ~is_larger));
          }
          STORE(pixel + c, largest);
        }
      }
}

#include "tiles.h"
#include "turning.h"
#include "adam_kernels.h"

// MARK: The most that a core can do

static long NAME(multiply_adds)(long repetitions, float *sink)
{
  enum { chains = 12 };
  vec sum[chains], x = LOAD(sink), y = LOAD(sink + WIDTH);
#pragma clang loop unroll(full)
  for (int i = 0; i < chains; i++) sum[i] = x;
  for (long n = 0; n < repetitions; n++)
#pragma clang loop unroll(full)
    for (int i = 0; i < chains; i++) sum[i] = sum[i] * y + x;
#pragma clang loop unroll(full)
  for (int i = 1; i < chains; i++) sum[0] += sum[i];
  STORE(sink, sum[0]);
  return repetitions * chains * WIDTH;
}

static const struct dass_kernels NAME(kernels) = {
  INSTRUCTIONS, NAME(winograd_input), NAME(product), NAME(winograd_output), NAME(direct), NAME(pool),
  NAME(turn_matrix), NAME(adapt), NAME(multiply_adds)};

#include "halving_kernels.h"
#include "factored_kernels.h"

#undef vec
#undef mask
#undef LOAD
#undef STORE
#undef ALWAYS
#undef SET
#undef INSTRUCTIONS
#undef WIDTH
#undef ROWS
#undef PANELS

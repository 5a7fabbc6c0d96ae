// Transforms of the tiles of images and of products, for both strides. Included once for each instruction set, with the vectors of
// `kernels.h`.
//
// A transform in two dimensions is one of columns, then one of lines, with the tile in the first cache between them. Loops
// over columns and lines stay loops: unrolled, a tile of 121 positions spills registers all along.

#include "halving_lines.h"
#include "transform_lines.h"

// Pixels of a tile, and positions of its transform, both ways.
ALWAYS int NAME(tile_pixels)(const int stride, const int outputs) { return stride * (outputs - 1) + 3; }
ALWAYS int NAME(tile_positions)(const int stride, const int outputs)
{
  return stride == 1 ? NAME(line_positions)(outputs) : NAME(tile_pixels)(stride, outputs);
}

enum { NAME(most_pixels) = 10, NAME(most_positions) = 11 };

// Where a position of a tile lies among those of its transform. With stride 2, positions that are multiplied with the same
// weight follow each other; lines have the positions with weights of their own first.
ALWAYS long NAME(tile_position)(const int stride, const int outputs, const int y, const int x)
{
  const int side = NAME(tile_positions)(stride, outputs), own = outputs + 1;
  return stride == 1 || y < own ? y * side + x : own * side + x * outputs + (y - own);
}

ALWAYS void NAME(tile_input_line)(const int stride, const int outputs, const vec *d, vec *t)
{
  if (stride == 1)
    NAME(input_line)(outputs, d, 1, t, 1);
  else
    NAME(halving_input_line)(outputs, d, 1, t, 1);
}

ALWAYS void NAME(tile_output_line)(const int stride, const int outputs, const vec *m, vec *y)
{
  if (stride == 1)
    NAME(output_line)(outputs, m, 1, y, 1);
  else
    NAME(halving_output_line)(outputs, m, 1, y, 1);
}

// Where the outputs of a tile lie.
struct NAME(place) {
  long image, top, left;
};

ALWAYS struct NAME(place) NAME(locate)(
  const int stride, const int outputs, const struct dass_images *images, long tile)
{
  long height = (images->height + stride - 1) / stride, width = (images->width + stride - 1) / stride;
  long across = (width + outputs - 1) / outputs, down = (height + outputs - 1) / outputs;
  long image = tile / (across * down), rest = tile % (across * down);
  return (struct NAME(place)){image, rest / across * outputs, rest % across * outputs};
}

ALWAYS void NAME(tile_input)(
  const int stride, const int outputs, const struct dass_images *images, long first, long count,
  long channels, float *v, long position_stride, long tile_stride)
{
  const int side = NAME(tile_pixels)(stride, outputs), positions = NAME(tile_positions)(stride, outputs);
  for (long tile = 0; tile < count; tile++) {
    struct NAME(place) place = NAME(locate)(stride, outputs, images, first + tile);
    const float *source[NAME(most_pixels) * NAME(most_pixels)];
    for (int y = 0; y < side; y++)
      for (int x = 0; x < side; x++) {
        long py = stride * place.top + y - 1, px = stride * place.left + x - 1;
        int is_inside = py >= 0 && py < images->height && px >= 0 && px < images->width;
        source[y * side + x] = is_inside
          ? images->pixels[place.image] + (py * images->width + px) * images->stride : dass_zeros;
      }
    float *to = v + tile * tile_stride;
    for (long c = 0; c < channels; c += WIDTH) {
      vec t[NAME(most_positions)][NAME(most_pixels)];
#pragma clang loop unroll(disable)
      for (int x = 0; x < side; x++) {
        vec d[NAME(most_pixels)], column[NAME(most_positions)];
#pragma clang loop unroll(full)
        for (int y = 0; y < side; y++) d[y] = LOAD(source[y * side + x] + c);
        NAME(tile_input_line)(stride, outputs, d, column);
#pragma clang loop unroll(full)
        for (int y = 0; y < positions; y++) t[y][x] = column[y];
      }
#pragma clang loop unroll(disable)
      for (int y = 0; y < positions; y++) {
        vec line[NAME(most_positions)];
        NAME(tile_input_line)(stride, outputs, t[y], line);
#pragma clang loop unroll(full)
        for (int x = 0; x < positions; x++)
          STORE(to + NAME(tile_position)(stride, outputs, y, x) * position_stride + c, line[x]);
      }
    }
  }
}

// The pixel of a tile's first output.
ALWAYS float *NAME(tile_corner)(const struct dass_images *images, struct NAME(place) place)
{
  return images->pixels[place.image] + (place.top * images->width + place.left) * images->stride;
}

ALWAYS void NAME(tile_output)(
  const int stride, const int outputs, const float *m, long position_stride, long tile_stride,
  const struct dass_images *images, long first, long count, long channels,
  const struct dass_epilogue *epilogue)
{
  const int positions = NAME(tile_positions)(stride, outputs);
  const struct dass_images *added = epilogue->added;
  struct NAME(place) place = NAME(locate)(1, outputs, images, first);
  for (long tile = 0; tile < count; tile++) {
    const float *from = m + tile * tile_stride;
    float *to = NAME(tile_corner)(images, place);
    const float *term = added ? NAME(tile_corner)(added, place) : 0;
    const long down = images->height - place.top, across = images->width - place.left;
    // The next tile's pixels come to the cache meanwhile: they jump from row to row, which no processor foresees.
    if (tile + 1 < count) place = NAME(locate)(1, outputs, images, first + tile + 1);
    const float *next = NAME(tile_corner)(images, place);
    const float *next_term = added ? NAME(tile_corner)(added, place) : 0;
    for (long c = 0; c < channels; c += WIDTH) {
      vec t[8][NAME(most_positions)];
#pragma clang loop unroll(disable)
      for (int x = 0; x < positions; x++) {
        vec d[NAME(most_positions)], column[8];
#pragma clang loop unroll(full)
        for (int y = 0; y < positions; y++)
          d[y] = LOAD(from + NAME(tile_position)(stride, outputs, y, x) * position_stride + c);
        NAME(tile_output_line)(stride, outputs, d, column);
#pragma clang loop unroll(full)
        for (int y = 0; y < outputs; y++) t[y][x] = column[y];
      }
#pragma clang loop unroll(disable)
      for (int y = 0; y < (down < outputs ? down : outputs); y++) {
        vec line[8];
        NAME(tile_output_line)(stride, outputs, t[y], line);
#pragma clang loop unroll(full)
        for (int x = 0; x < outputs; x++) {
          if (x >= across) continue;
          long pixel = y * images->width + x;
          if (!epilogue->is_far) __builtin_prefetch(next + pixel * images->stride + c, 1);
          if (added) __builtin_prefetch(next_term + pixel * added->stride + c);
          NAME(store)(
            line[x], to + pixel * images->stride, c, channels, epilogue,
            term ? term + pixel * added->stride : 0);
        }
      }
    }
  }
  // Stores past the caches are ordered with nothing else.
  if (epilogue->is_far) __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#define SIZED(transform, stride, ...) \
  if (outputs == 2) \
    NAME(transform)(stride, 2, __VA_ARGS__); \
  else \
    NAME(transform)(stride, 4, __VA_ARGS__)
#define SIZED_TO_8(transform, stride, ...) \
  if (outputs == 8) \
    NAME(transform)(stride, 8, __VA_ARGS__); \
  else \
    SIZED(transform, stride, __VA_ARGS__)

static void NAME(winograd_input)(
  int outputs, const struct dass_images *images, long first, long count, long channels, float *v,
  long position_stride, long tile_stride)
{
  SIZED_TO_8(tile_input, 1, images, first, count, channels, v, position_stride, tile_stride);
}

static void NAME(halving_input)(
  int outputs, const struct dass_images *images, long first, long count, long channels, float *v,
  long position_stride, long tile_stride)
{
  SIZED(tile_input, 2, images, first, count, channels, v, position_stride, tile_stride);
}

static void NAME(winograd_output)(
  int outputs, const float *m, long position_stride, long tile_stride, const struct dass_images *images,
  long first, long count, long channels, const struct dass_epilogue *epilogue)
{
  SIZED_TO_8(tile_output, 1, m, position_stride, tile_stride, images, first, count, channels, epilogue);
}

static void NAME(halving_output)(
  int outputs, const float *m, long position_stride, long tile_stride, const struct dass_images *images,
  long first, long count, long channels, const struct dass_epilogue *epilogue)
{
  SIZED(tile_output, 2, m, position_stride, tile_stride, images, first, count, channels, epilogue);
}

#undef SIZED_TO_8
#undef SIZED

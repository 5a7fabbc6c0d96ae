// 3x3 convolutions of many small images that share their weights: the inner loops of scoring.
//
// Images are rows of pixels, and a pixel's floats are read and written in multiples of DASS_LANES; those beyond its
// channels are written as zeros. Weights lie in panels of DASS_LANES output channels, so that fewer output channels
// are fewer panels, and fewer input channels the beginning of each panel. The same code is compiled for
// AVX-512, AVX2 and the compiler's baseline; the best that the processor has runs.
#ifndef CWINOGRAD_H
#define CWINOGRAD_H

#include "Batches.h"

enum { DASS_LANES = 16, DASS_LARGEST_DEPTH = 4096 };

/// Images of one size.
struct dass_images {
  float *const *pixels;
  long height, width;
  /// Floats from one pixel to the next.
  long stride;
};

/// What happens to sums before they are stored: bias, a term to add, the positive part.
struct dass_epilogue {
  const float *bias;
  /// Null, or images of the output's size, of which the first channels are added.
  const struct dass_images *added;
  long added_channels;
};

/// The name of the instruction set that runs.
const char *dass_instructions(void);

/// v[position][tile][channel] = B^T d B for the tiles `first ..< first + count`, counted row by row through all images.
/// A tile is `outputs` (2 or 4) pixels wide and high; there are (outputs + 2)^2 positions.
void dass_winograd_input(
  int outputs, const struct dass_images *images, long first, long count, long channels, float *v,
  long position_stride, long tile_stride);

/// m[tile][panel * lanes + lane] = sum over k < depth of v[tile][k] * u[panel][k][lane]
void dass_product(
  const float *v, long tile_stride, long tiles, long depth, const float *u, long panel_stride, long panels,
  float *m, long m_stride);

/// pixels = positive part of (A^T m A + bias + added), for the same tiles.
void dass_winograd_output(
  int outputs, const float *m, long position_stride, long tile_stride, const struct dass_images *images,
  long first, long count, long channels, const struct dass_epilogue *epilogue);

/// The convolution by its definition with padding 1, for the output pixels `first ..< first + count`, counted through
/// all images. w[panel][tap][k][lane]
void dass_direct(
  int stride, const struct dass_images *from, long depth, const float *w, long tap_stride, long panel_stride,
  const struct dass_images *to, long first, long count, long channels, const struct dass_epilogue *epilogue);

/// Maxima over windows of 2x2 with stride 2 of `count` images; channels from `kept` on become zero.
void dass_pool(
  const struct dass_images *from, const struct dass_images *to, long count, long kept, long channels);

/// A loop of multiply-adds on registers, to measure the most that a core can do. Returns their number.
long dass_multiply_adds(long repetitions, float *sink);

#endif

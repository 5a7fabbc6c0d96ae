// 3x3 convolutions of many small images that share their weights: the inner loops of scoring.
//
// Images are rows of pixels, and a pixel's floats are read and written in multiples of DASS_LANES; those beyond its
// channels are written as zeros. Weights lie in panels of DASS_LANES output channels, so that fewer output channels
// are fewer panels, and fewer input channels the beginning of each panel. The same code is compiled for
// AVX-512, AVX2 and the compiler's baseline; the best that the processor has runs.
#ifndef CWINOGRAD_H
#define CWINOGRAD_H

#include "Adam.h"
#include "Batches.h"
#include "Factors.h"

enum { DASS_LANES = 16, DASS_LARGEST_DEPTH = 4096 };

/// Images of one size.
struct dass_images {
  float *const *pixels;
  long height, width;
  /// Floats from one pixel to the next.
  long stride;
};

/// What happens to sums before they are stored: bias, a term to add, the positive part; and where they are stored.
struct dass_epilogue {
  const float *bias;
  /// Null, or images of the output's size, of which the first channels are added.
  const struct dass_images *added;
  long added_channels;
  /// Whether pixels are stored past the caches, as nobody reads them soon; they begin at multiples of 64 bytes then.
  int is_far;
};

/// The name of the instruction set that runs.
const char *dass_instructions(void);

/// v[position][tile][channel] = B^T d B for the tiles `first ..< first + count`, counted row by row through all images.
/// A tile is `outputs` (2, 4 or 8) pixels wide and high; there are (outputs + 2)^2 positions, or 121 for 8 outputs.
void dass_winograd_input(
  int outputs, const struct dass_images *images, long first, long count, long channels, float *v,
  long position_stride, long tile_stride);

/// m[tile][panel * lanes + lane] = [itself +] sum over k < depth of v[tile][k] * u[panel][k][lane]
void dass_product(
  const float *v, long tile_stride, long tiles, long depth, const float *u, long panel_stride, long panels,
  int accumulates, float *m, long m_stride);

/// pixels = positive part of (A^T m A + bias + added), for the same tiles.
void dass_winograd_output(
  int outputs, const float *m, long position_stride, long tile_stride, const struct dass_images *images,
  long first, long count, long channels, const struct dass_epilogue *epilogue);

/// The convolution by its definition with padding 1, for the output pixels `first ..< first + count`, counted through
/// all images. w[panel][tap][k][lane]
void dass_direct(
  int stride, const struct dass_images *from, long depth, const float *w, long tap_stride, long panel_stride,
  const struct dass_images *to, long first, long count, long channels, const struct dass_epilogue *epilogue);

// 3x3 convolutions with stride 2 and padding 1, by tiles of `outputs` (2 or 4) output pixels, counted row by row through
// all images; there are (2 * outputs + 1)^2 positions and (outputs + 2)^2 weights (`halving_lines.h`). Weights are
// counted row by row. Positions that are multiplied with the same weight follow each other, in the order of the weights:
// the last row and the last column have `outputs` positions a weight where others have one, and the last weight
// `outputs`^2.

/// v[position][tile][channel] = B^T d B
void dass_halving_input(
  int outputs, const struct dass_images *images, long first, long count, long channels, float *v,
  long position_stride, long tile_stride);

/// pixels += B v B^T: the transpose of `dass_halving_input` for tiles of 4 x 4 outputs.
void dass_halving_input_gradient(
  const float *v, long position_stride, long tile_stride, const struct dass_images *images, long first,
  long count, long channels);

/// pixels = positive part of (A^T m A + bias + added)
void dass_halving_output(
  int outputs, const float *m, long position_stride, long tile_stride, const struct dass_images *images,
  long first, long count, long channels, const struct dass_epilogue *epilogue);

/// m[position][tile][channel] = A y A^T: the transpose of `dass_halving_output` for tiles of 4 x 4 outputs.
void dass_halving_output_gradient(
  const struct dass_images *images, long first, long count, long channels, float *m, long position_stride,
  long tile_stride);

/// u[weight][panel][input][lane] = G g G^T for one panel of DASS_LANES outputs. A tile of 1 output has the taps themselves for
/// weights, in each line the middle one last.
void dass_halving_pack(
  int outputs, const struct dass_batch_weights *weights, long panel, float *u, long matrix_stride);

/// weights = G^T u G for one panel of outputs, for tiles of 1 x 1 or 4 x 4; u[weight][input][output]
void dass_halving_unpack(
  int outputs, const float *u, long matrix_stride, long panel, const struct dass_batch_weights *weights);

/// out[row][i] = sum over k < length of w[row][k] * x[i][k], for few x. Rows and x come in fours, and the length in
/// multiples of DASS_LANES.
void dass_few_products(
  const float *w, long length, long rows, const float *x, long count, float *out, long out_stride);

/// Maxima over windows of 2x2 with stride 2 of `count` images.
void dass_pool(const struct dass_images *from, const struct dass_images *to, long count, long channels);

/// to[column][row] = from[row][column]
void dass_turn(const float *from, long from_stride, long rows, long columns, float *to, long to_stride);

/// A loop of multiply-adds on registers, to measure the most that a core can do. Returns their number.
long dass_multiply_adds(long repetitions, float *sink);

#endif

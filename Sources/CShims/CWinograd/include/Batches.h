// 3x3 convolutions of dense batches in Winograd's forms, and their gradients: the inner loops of training.
//
// A tile is `outputs` (2 or 4) pixels wide and high, and tiles are counted row by row through all images; there are
// (outputs + 2)^2 positions. Transformed weights lie in panels of `lanes` (8 or 16) output channels; transformed
// images have 8 channels at least, and nothing is read or written beyond them.
#ifndef BATCHES_H
#define BATCHES_H

/// Images of one size, dense: channel by channel, pixel by pixel, row by row, image by image (NHWC). Height and width
/// are multiples of a tile's outputs.
struct dass_batch {
  float *pixels;
  long height, width, channels;
};

/// 3x3 weights whose taps lie one after the other.
struct dass_batch_weights {
  float *base;
  long outputs, inputs;
  /// Floats from one channel to the next.
  long output_stride, input_stride;
  /// Whether the taps are taken from the last to the first, which makes the convolution its data gradient.
  int is_turned;
};

/// What happens to the outputs of a convolution before they are stored.
struct dass_batch_finish {
  const float *bias;
  /// Null, or numbers in the layout of the outputs.
  const float *added;
  int is_rectified;
};

/// u[position][panel][input][lane] = G g G^T for one panel of outputs. Here a tile may have 8 outputs too, and 121 positions.
void dass_batch_pack(int lanes, int outputs, const struct dass_batch_weights *weights, long panel, float *u);

/// weights = G^T u G for one panel of outputs; u[position][input][output]
void dass_batch_unpack(
  int lanes, int outputs, const float *u, long panel, const struct dass_batch_weights *weights);

/// v[position][tile][channel] = B^T d B for the tiles `first ..< first + count` of images.
void dass_batch_input(
  int outputs, const struct dass_batch *batch, long first, long count, float *v, long position_stride,
  long tile_stride);

/// pixels = A^T m A, finished unless `finish` is null.
void dass_batch_output(
  int outputs, const float *m, long position_stride, long tile_stride, const struct dass_batch *batch,
  long first, long count, const struct dass_batch_finish *finish);

/// m[position][tile][channel] = A y A^T: the transpose of `dass_batch_output`.
void dass_batch_output_gradient(
  int outputs, const struct dass_batch *batch, long first, long count, float *m, long position_stride,
  long tile_stride);

/// The rows of a matrix.
struct dass_rows {
  const float *base;
  /// Floats from one row to the next.
  long stride;
  /// Null, or where each row is; as many as DASS_ROWS_AHEAD after the last one may be looked at, but nothing of them is used.
  const float *const *gathered;
};

enum { DASS_ROWS_AHEAD = 16 };

/// m[tile][output] = [itself +] sum over k < inputs of v[tile][k] * u[k][output], for one position.
void dass_batch_product(
  int lanes, struct dass_rows v, long tiles, long inputs, const float *u, long panels, int accumulates,
  float *m, long m_stride);

/// u[k][output] = [itself +] sum over tiles of v[tile][k] * m[tile][output], for one position.
void dass_batch_product_gradient(
  int lanes, struct dass_rows v, long tiles, long inputs, const float *m, long m_stride, long panels,
  int accumulates, float *u);

#endif

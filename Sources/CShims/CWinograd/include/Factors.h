// Gradients of weights as products of a few vectors: what one teacher's map says about a convolution.
//
// A weight has rows of `length` numbers, a multiple of 144; rows come in fours.
#ifndef FACTORS_H
#define FACTORS_H

/// gradient[row][i] = sum over p < positions of upstream[p][row] * patches[p][i]
struct dass_factors {
  /// At the first of the rows in question.
  const float *upstream;
  long upstream_stride;
  const float *patches;
  long positions;
};

/// What a task says about some rows of a weight w that moves to w - rate * inner before its loss is taken.
struct dass_terms {
  /// The gradient with respect to the moved weight, at the first of the rows; null where it has factors.
  const float *outer;
  struct dass_factors outer_factors;
  struct dass_factors inner;
  /// What the loss says about w by way of `inner`, in some parts; the first has the patches of `inner`.
  struct dass_factors bent[2];
  long bent_count;
};

/// parameter = [itself] + outer + bent; rate = [itself] - outer * inner: one task after the other.
void dass_add_terms(
  const struct dass_terms *terms, long tasks, long rows, long length, int accumulates, float *parameter,
  float *rate);

/// moved = parameter - rate * gradient
void dass_move(
  const float *parameter, const float *rate, const struct dass_factors *gradient, long rows, long length,
  float *moved);

/// direction = rate * gradient
void dass_direction(
  const float *rate, const struct dass_factors *gradient, long rows, long length, float *direction);

/// The same with a gradient that is written down; `count` numbers of whole rows.
void dass_dense_direction(const float *rate, const float *gradient, long count, float *direction);

#endif

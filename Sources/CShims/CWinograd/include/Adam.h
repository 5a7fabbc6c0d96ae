// The update of Adam (Kingma and Ba) as one loop over all that it reads and writes.
#ifndef ADAM_H
#define ADAM_H

struct dass_adam {
  /// What stays of the moments, and what comes to them of gradients.
  float first, new_first, second, new_second;
  /// Of the second moments.
  float correction;
  float epsilon, rate;
};

/// first = adam.first * first + adam.new_first * g, second likewise with g * g;
/// updated = parameter - adam.rate * first / (sqrt(second / adam.correction) + adam.epsilon)
///
/// In the first step the moments have any content and count as zeros.
void dass_adapt(
  const struct dass_adam *adam, int is_first, const float *parameter, const float *gradient, float *first,
  float *second, float *updated, long count);

#endif

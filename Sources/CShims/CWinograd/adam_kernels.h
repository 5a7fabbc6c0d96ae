// Included once for each instruction set. The compiler makes vectors of the loop; products and sums round apart, as PyTorch's
// and those of every processor do.

static void NAME(adapt)(
  const struct dass_adam *adam, int is_first, const float *restrict parameter, const float *restrict gradient,
  float *restrict first, float *restrict second, float *restrict updated, long count)
{
#pragma clang fp contract(off)
  const struct dass_adam m = *adam;
  for (long i = 0; i < count; i++) {
    const float g = gradient[i];
    const float f = (is_first ? 0 : first[i]) * m.first + g * m.new_first;
    const float s = (is_first ? 0 : second[i]) * m.second + g * g * m.new_second;
    first[i] = f;
    second[i] = s;
    updated[i] = parameter[i] - f / (__builtin_elementwise_sqrt(s / m.correction) + m.epsilon) * m.rate;
  }
}

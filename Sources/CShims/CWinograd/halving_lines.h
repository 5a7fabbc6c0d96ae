// One line of a tile of a 3x3 convolution with stride 2: what `transform_lines.h` is for stride 1.
//
// An output sees two pixels of even places of its line (counted from the one before the image) and, with the middle
// tap, one of an odd place. The former are a convolution with two taps, for which Toom and Cook's points 0, -1 and infinity
// (2 outputs) or 0, -1, 1/2, 2 and infinity (4 outputs) are taken; of those tried, these round least. The latter are
// taken as they are. So 2 * outputs + 1 pixels give as many positions, the last `outputs` of which have the same weight.

// B^T
ALWAYS void NAME(halving_input_line)(const int outputs, const vec *d, const int step, vec *t, const int t_step)
{
  const vec a0 = d[0], a1 = d[2 * step], a2 = d[4 * step];
  if (outputs == 2) {
    t[0 * t_step] = a0 - a1;
    t[1 * t_step] = a1;
    t[2 * t_step] = a2 - a1;
  } else {
    const vec a3 = d[6 * step], a4 = d[8 * step];
    t[0 * t_step] = a0 + a3 - 1.5f * (a1 + a2);
    t[1 * t_step] = a1 + a3 - 2.5f * a2;
    t[2 * t_step] = a3 - a2 - 2.0f * a1;
    t[3 * t_step] = a3 + 0.5f * (a2 - a1);
    t[4 * t_step] = a1 + a4 - 1.5f * (a2 + a3);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < outputs; i++) t[(outputs + 1 + i) * t_step] = d[(2 * i + 1) * step];
}

// B, for 4 outputs, as all gradients of images are.
ALWAYS void NAME(halving_input_gradient_line)(const vec *t, const int step, vec *d, const int d_step)
{
  const vec t0 = t[0], t1 = t[step], t2 = t[2 * step], t3 = t[3 * step], t4 = t[4 * step];
  d[0] = t0;
  d[2 * d_step] = t1 + t4 - 1.5f * t0 - 2.0f * t2 - 0.5f * t3;
  d[4 * d_step] = 0.5f * t3 - t2 - 2.5f * t1 - 1.5f * (t0 + t4);
  d[6 * d_step] = t0 + t1 + t2 + t3 - 1.5f * t4;
  d[8 * d_step] = t4;
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) d[(2 * i + 1) * d_step] = t[(5 + i) * step];
}

// A^T
ALWAYS void NAME(halving_output_line)(
  const int outputs, const vec *m, const int step, vec *y, const int y_step)
{
  const vec *middle = m + (outputs + 1) * step;
  const vec m1 = m[step], m2 = m[2 * step];
  if (outputs == 2) {
    y[0 * y_step] = m[0] + m1 + middle[0];
    y[1 * y_step] = m1 + m2 + middle[step];
  } else {
    const vec m3 = m[3 * step];
    y[0 * y_step] = m[0] + m1 + m2 + m3 + middle[0];
    y[1 * y_step] = 0.5f * m2 + 2.0f * m3 - m1 + middle[step];
    y[2 * y_step] = 0.25f * m2 + 4.0f * m3 + m1 + middle[2 * step];
    y[3 * y_step] = 0.125f * m2 + 8.0f * m3 - m1 + m[4 * step] + middle[3 * step];
  }
}

// A, for 4 outputs.
ALWAYS void NAME(halving_output_gradient_line)(const vec *y, const int step, vec *m, const int m_step)
{
  const vec y0 = y[0], y1 = y[step], y2 = y[2 * step], y3 = y[3 * step];
  m[0 * m_step] = y0;
  m[1 * m_step] = y0 - y1 + (y2 - y3);
  m[2 * m_step] = y0 + 0.5f * y1 + (0.25f * y2 + 0.125f * y3);
  m[3 * m_step] = y0 + 2.0f * y1 + (4.0f * y2 + 8.0f * y3);
  m[4 * m_step] = y3;
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) m[(5 + i) * m_step] = y[i * step];
}

// G; a tile of 1 output has the taps themselves.
ALWAYS void NAME(halving_weight_line)(
  const int outputs, const vec *g, const int step, vec *u, const int u_step)
{
  const vec first = g[0], last = g[2 * step];
  u[0 * u_step] = first;
  if (outputs == 1) {
    u[1 * u_step] = last;
  } else if (outputs == 2) {
    u[1 * u_step] = first + last;
    u[2 * u_step] = last;
  } else {
    u[1 * u_step] = (2 / 9.0f) * (last - first);
    u[2 * u_step] = (-8 / 9.0f) * first - (4 / 9.0f) * last;
    u[3 * u_step] = (1 / 9.0f) * first + (2 / 9.0f) * last;
    u[4 * u_step] = last;
  }
  u[(outputs + 1) * u_step] = g[step];
}

// G^T, for 1 or 4 outputs.
ALWAYS void NAME(halving_weight_gradient_line)(
  const int outputs, const vec *u, const int step, vec *g, const int g_step)
{
  if (outputs == 1) {
    g[0 * g_step] = u[0];
    g[2 * g_step] = u[step];
  } else {
    const vec u1 = u[step], u2 = u[2 * step], u3 = u[3 * step];
    g[0 * g_step] = u[0] + (1 / 9.0f) * (u3 - 8.0f * u2 - 2.0f * u1);
    g[2 * g_step] = u[4 * step] + (2 / 9.0f) * (u1 + u3 - 2.0f * u2);
  }
  g[g_step] = u[(outputs + 1) * step];
}

// The transforms of one line of a tile; a step is from one number of a line to the next.
//
// For tiles of 2 and 4 outputs they are the matrices of Lavin and Gray, "Fast algorithms for convolutional neural networks".
// Eight outputs would want ten real points, which round ten times as much. Two of them are i and -i in their place, as
// Barabasz and Gregg propose in "Winograd convolution for DNNs: beyond linear polynomials": the points are 0, 1, -1, 1/2,
// -1/2, 2, -2 and infinity, and the polynomials are taken modulo t^2 + 1, where Karatsuba's three products make
// one. That is eleven positions for eight outputs, which round as the six for four do.
//
// Its rows are made of polynomials t (t - a) (t - b) (t - c), where the squares of the points are 1, 1/4, 4 and -1 and t is
// one square: of their even parts in a line's pixels, and of their odd parts.

// Positions of a line's transform.
ALWAYS int NAME(line_positions)(const int outputs) { return outputs == 8 ? 11 : outputs + 2; }

// B^T
ALWAYS void NAME(input_line)(const int outputs, const vec *d, const int step, vec *t, const int t_step)
{
  if (outputs == 2) {
    t[0 * t_step] = d[0 * step] - d[2 * step];
    t[1 * t_step] = d[1 * step] + d[2 * step];
    t[2 * t_step] = d[2 * step] - d[1 * step];
    t[3 * t_step] = d[1 * step] - d[3 * step];
  } else if (outputs == 8) {
    const vec d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step],
              d6 = d[6 * step], d7 = d[7 * step], d8 = d[8 * step];
    t[0 * t_step] = d[0] - d8 + 4.25f * (d6 - d2);
    vec even = d8 + d2 - 3.25f * (d6 + d4), odd = d7 + d1 - 3.25f * (d5 + d3);
    t[1 * t_step] = even + odd;
    t[2 * t_step] = even - odd;
    even = d8 - d4 - 4.0f * (d6 - d2), odd = 0.5f * (d7 - d3) - 2.0f * (d5 - d1);
    t[3 * t_step] = even + odd;
    t[4 * t_step] = even - odd;
    even = d8 - d4 - 0.25f * (d6 - d2), odd = 2.0f * (d7 - d3) - 0.5f * (d5 - d1);
    t[5 * t_step] = even + odd;
    t[6 * t_step] = even - odd;
    even = d8 - d2 - 5.25f * (d6 - d4), odd = d7 - d1 - 5.25f * (d5 - d3);
    t[7 * t_step] = even + odd;
    t[8 * t_step] = even - odd;
    t[9 * t_step] = odd;
    t[10 * t_step] = d[9 * step] - d1 + 4.25f * (d3 - d7);
  } else {
    vec even = d[4 * step] - 4.0f * d[2 * step], odd = d[3 * step] - 4.0f * d[1 * step];
    vec even2 = d[4 * step] - d[2 * step], odd2 = 2.0f * (d[3 * step] - d[1 * step]);
    t[0 * t_step] = 4.0f * d[0 * step] - 5.0f * d[2 * step] + d[4 * step];
    t[1 * t_step] = even + odd;
    t[2 * t_step] = even - odd;
    t[3 * t_step] = even2 + odd2;
    t[4 * t_step] = even2 - odd2;
    t[5 * t_step] = 4.0f * d[1 * step] - 5.0f * d[3 * step] + d[5 * step];
  }
}

// A^T
ALWAYS void NAME(output_line)(const int outputs, const vec *m, const int step, vec *y, const int y_step)
{
  if (outputs == 2) {
    y[0 * y_step] = m[0 * step] + m[1 * step] + m[2 * step];
    y[1 * y_step] = m[1 * step] - m[2 * step] - m[3 * step];
  } else if (outputs == 8) {
    // Sums of positions that belong together for even outputs, differences for odd ones.
    const vec s1 = m[1 * step] + m[2 * step], s2 = m[3 * step] + m[4 * step], s3 = m[5 * step] + m[6 * step],
              s4 = m[7 * step] + m[9 * step];
    const vec d1 = m[1 * step] - m[2 * step], d2 = m[3 * step] - m[4 * step], d3 = m[5 * step] - m[6 * step],
              d4 = m[8 * step] + m[9 * step];
    y[0 * y_step] = m[0] + (s1 + s4) + s2 + s3;
    y[1 * y_step] = (d1 + d4) + 0.5f * d2 + 2.0f * d3;
    y[2 * y_step] = (s1 - s4) + 0.25f * s2 + 4.0f * s3;
    y[3 * y_step] = (d1 - d4) + 0.125f * d2 + 8.0f * d3;
    y[4 * y_step] = (s1 + s4) + (1 / 16.0f) * s2 + 16.0f * s3;
    y[5 * y_step] = (d1 + d4) + (1 / 32.0f) * d2 + 32.0f * d3;
    y[6 * y_step] = (s1 - s4) + (1 / 64.0f) * s2 + 64.0f * s3;
    y[7 * y_step] = (d1 - d4) + (1 / 128.0f) * d2 + 128.0f * d3 + m[10 * step];
  } else {
    vec sum = m[1 * step] + m[2 * step], difference = m[1 * step] - m[2 * step];
    vec sum2 = m[3 * step] + m[4 * step], difference2 = m[3 * step] - m[4 * step];
    y[0 * y_step] = m[0 * step] + sum + sum2;
    y[1 * y_step] = difference + 2.0f * difference2;
    y[2 * y_step] = sum + 4.0f * sum2;
    y[3 * y_step] = difference + 8.0f * difference2 + m[5 * step];
  }
}

// G
ALWAYS void NAME(weight_line)(const int outputs, const vec *g, const int step, vec *u, const int u_step)
{
  vec ends = g[0] + g[2 * step];
  if (outputs == 2) {
    u[0 * u_step] = g[0];
    u[1 * u_step] = 0.5f * (ends + g[step]);
    u[2 * u_step] = 0.5f * (ends - g[step]);
    u[3 * u_step] = g[2 * step];
  } else if (outputs == 8) {
    const vec apart = 0.08f * (g[0] - g[2 * step]), middle = -0.08f * g[step];
    const vec near = (128 / 225.0f) * g[0] + (32 / 225.0f) * g[2 * step], half = (64 / 225.0f) * g[step];
    const vec far = (1 / 450.0f) * g[0] + (4 / 450.0f) * g[2 * step], twice = (2 / 450.0f) * g[step];
    u[0 * u_step] = g[0];
    u[1 * u_step] = (-1 / 9.0f) * (ends + g[step]);
    u[2 * u_step] = (-1 / 9.0f) * (ends - g[step]);
    u[3 * u_step] = near + half;
    u[4 * u_step] = near - half;
    u[5 * u_step] = far + twice;
    u[6 * u_step] = far - twice;
    u[7 * u_step] = apart;
    u[8 * u_step] = middle;
    u[9 * u_step] = middle - apart;
    u[10 * u_step] = g[2 * step];
  } else {
    vec far = (1 / 24.0f) * g[0] + (1 / 6.0f) * g[2 * step], half = (1 / 12.0f) * g[step];
    u[0 * u_step] = 0.25f * g[0];
    u[1 * u_step] = (-1 / 6.0f) * (ends + g[step]);
    u[2 * u_step] = (-1 / 6.0f) * (ends - g[step]);
    u[3 * u_step] = far + half;
    u[4 * u_step] = far - half;
    u[5 * u_step] = g[2 * step];
  }
}

// G^T
ALWAYS void NAME(weight_gradient_line)(
  const int outputs, const vec *u, const int step, vec *g, const int g_step)
{
  vec sum = u[1 * step] + u[2 * step], difference = u[1 * step] - u[2 * step];
  if (outputs == 2) {
    g[0 * g_step] = u[0] + 0.5f * sum;
    g[1 * g_step] = 0.5f * difference;
    g[2 * g_step] = 0.5f * sum + u[3 * step];
  } else {
    vec sum2 = u[3 * step] + u[4 * step], difference2 = u[3 * step] - u[4 * step];
    g[0 * g_step] = 0.25f * u[0] - (1 / 6.0f) * sum + (1 / 24.0f) * sum2;
    g[1 * g_step] = (1 / 12.0f) * difference2 - (1 / 6.0f) * difference;
    g[2 * g_step] = (1 / 6.0f) * (sum2 - sum) + u[5 * step];
  }
}

// A
ALWAYS void NAME(output_gradient_line)(
  const int outputs, const vec *y, const int step, vec *m, const int m_step)
{
  if (outputs == 2) {
    m[0 * m_step] = y[0];
    m[1 * m_step] = y[0] + y[step];
    m[2 * m_step] = y[0] - y[step];
    m[3 * m_step] = -y[step];
  } else {
    vec even = y[0] + y[2 * step], odd = y[step] + y[3 * step];
    vec even2 = y[0] + 4.0f * y[2 * step], odd2 = 2.0f * y[step] + 8.0f * y[3 * step];
    m[0 * m_step] = y[0];
    m[1 * m_step] = even + odd;
    m[2 * m_step] = even - odd;
    m[3 * m_step] = even2 + odd2;
    m[4 * m_step] = even2 - odd2;
    m[5 * m_step] = y[3 * step];
  }
}

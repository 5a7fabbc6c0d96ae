// The matrices of Lavin and Gray, "Fast algorithms for convolutional neural networks", for tiles of 2 and 4 outputs,
// multiplied with one line of a tile; a step is from one number of a line to the next.

// B^T
ALWAYS void NAME(input_line)(const int outputs, const vec *d, const int step, vec *t, const int t_step)
{
  if (outputs == 2) {
    t[0 * t_step] = d[0 * step] - d[2 * step];
    t[1 * t_step] = d[1 * step] + d[2 * step];
    t[2 * t_step] = d[2 * step] - d[1 * step];
    t[3 * t_step] = d[1 * step] - d[3 * step];
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

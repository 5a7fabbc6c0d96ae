/// What a batch normalization in training mode computes: the output and the statistics of the batch.
package struct NormalizedBatch<Scalar: TensorScalar>: Sendable {
  package var output: Tensor<Scalar>
  /// Mean a channel, a constant.
  package var mean: Tensor<Scalar>
  /// Variance a channel (divided by the number of values, not one less), a constant.
  package var variance: Tensor<Scalar>
}

extension Tensor {
  /// Normalizes each channel, the last axis, by the mean and variance of the batch, then scales and shifts it.
  ///
  /// y = (x - mean) / sqrt(variance + epsilon) * scale + shift
  ///
  /// Forward and first-order gradient are fused loops. Where the graph of the gradient is kept, the gradient of
  /// the definition in plain operations is used instead, so that all orders exist.
  package func batchNormalized(scale: Tensor, shift: Tensor, epsilon: Double) -> NormalizedBatch<Scalar> {
    let x = contiguous()
    let channels = shape[rank - 1]
    let rows = count / channels
    let axes = Array(shape.indices.dropLast())
    let mean = x.detached().mean(overAxes: axes)
    let variance = Tensor(shape: [channels]) { out in
      withExtendedLifetime((x, mean)) {
        BatchNormalizationKernels.variance(x.base, mean: mean.base, into: out, rows: rows, channels: channels)
      }
    }
    let inverseDeviation = Tensor(1) / (variance + Scalar(epsilon)).squareRoot()
    let factor = (inverseDeviation * scale.detached()).contiguous()
    let offset = (shift.detached() - mean * factor).contiguous()
    let output = Tensor(shape: shape) { out in
      withExtendedLifetime((x, factor, offset)) {
        BatchNormalizationKernels.scaleAndShift(
          x.base, factor: factor.base, offset: offset.base, into: out, rows: rows, channels: channels)
      }
    }
    .recorded([self, scale, shift]) { pass in
      if pass.keepsGraph {
        return Self.normalizationGradients(
          pass.inputs[0], scale: pass.inputs[1], upstream: pass.upstream, epsilon: epsilon)
      }
      return Self.fusedGradients(pass, mean: mean, inverseDeviation: inverseDeviation)
    }
    return NormalizedBatch(output: output, mean: mean, variance: variance)
  }

  /// The gradients of a normalization with respect to x, scale and shift in plain operations, which can be
  /// differentiated again.
  static func normalizationGradients(
    _ x: Tensor, scale: Tensor, upstream: Tensor, epsilon: Double
  ) -> [Tensor?] {
    let axes = Array(x.shape.indices.dropLast())
    let number = Scalar(axes.reduce(1) { $0 * x.shape[$1] })
    let centered = x - x.mean(overAxes: axes)
    let deviation = ((centered * centered).mean(overAxes: axes) + Scalar(epsilon)).squareRoot()
    let normalized = centered / deviation
    let dShift = upstream.summed(overAxes: axes)
    let dScale = (upstream * normalized).summed(overAxes: axes)
    let dx = (upstream - dShift / number - normalized * (dScale / number)) * (scale / deviation)
    return [dx, dScale, dShift]
  }

  private static func fusedGradients(
    _ pass: Backpropagation<Scalar>, mean: Tensor, inverseDeviation: Tensor
  ) -> [Tensor?] {
    let x = pass.inputs[0].contiguous()
    let upstream = pass.upstream.contiguous()
    let scale = pass.inputs[1].contiguous()
    let channels = mean.count
    let rows = x.count / channels
    let sums = Tensor(shape: [2, channels]) { out in
      withExtendedLifetime((x, upstream, mean, inverseDeviation)) {
        BatchNormalizationKernels.gradientSums(
          x.base, upstream: upstream.base, mean: mean.base, inverseDeviation: inverseDeviation.base,
          into: out,
          rows: rows, channels: channels)
      }
    }
    let dShift = sums.sliced(axis: 0, 0..<1).reshaped(to: [channels])
    let dScale = sums.sliced(axis: 0, 1..<2).reshaped(to: [channels])
    guard pass.needs[0] else { return [nil, dScale, dShift] }
    // dx = a upstream + b x + c with one a, b, c a channel.
    let number = Scalar(rows)
    let a = (scale * inverseDeviation).contiguous()
    let b = (-(a * inverseDeviation * dScale) / number).contiguous()
    let c = (-(a * dShift) / number - b * mean).contiguous()
    let dx = Tensor(shape: x.shape) { out in
      withExtendedLifetime((x, upstream, a, b, c)) {
        BatchNormalizationKernels.combine(
          upstream.base, x.base, a: a.base, b: b.base, c: c.base, into: out, rows: rows, channels: channels)
      }
    }
    return [dx, dScale, dShift]
  }
}

/// The fused loops over rows of channels. Sums run as in `Kernels.sum`.
private enum BatchNormalizationKernels {
  private static let run = 64

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func variance<Scalar: TensorScalar>(
    _ x: UnsafePointer<Scalar>, mean: UnsafePointer<Scalar>, into out: UnsafeMutablePointer<Scalar>,
    rows: Int,
    channels: Int
  ) {
    var totals = [Double](repeating: 0, count: channels)
    var partial = [Scalar](repeating: 0, count: channels)
    totals.withUnsafeMutableBufferPointer { totals in
      partial.withUnsafeMutableBufferPointer { partial in
        guard let totals = totals.baseAddress, let partial = partial.baseAddress else { return }
        for start in stride(from: 0, to: rows, by: run) {
          partial.update(repeating: 0, count: channels)
          for r in start..<min(start + run, rows) {
            let row = x + r * channels
            for c in 0..<channels {
              let d = row[c] - mean[c]
              partial[c] += d * d
            }
          }
          for c in 0..<channels { totals[c] += Double(partial[c]) }
        }
        for c in 0..<channels { out[c] = Scalar(totals[c] / Double(rows)) }
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func scaleAndShift<Scalar: TensorScalar>(
    _ x: UnsafePointer<Scalar>, factor: UnsafePointer<Scalar>, offset: UnsafePointer<Scalar>,
    into out: UnsafeMutablePointer<Scalar>, rows: Int, channels: Int
  ) {
    for r in 0..<rows {
      let (row, target) = (x + r * channels, out + r * channels)
      for c in 0..<channels { target[c] = row[c] * factor[c] + offset[c] }
    }
  }

  /// `out[0, c] = sum of upstream`, `out[1, c] = sum of upstream times the normalized input`.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func gradientSums<Scalar: TensorScalar>(
    _ x: UnsafePointer<Scalar>, upstream: UnsafePointer<Scalar>, mean: UnsafePointer<Scalar>,
    inverseDeviation: UnsafePointer<Scalar>, into out: UnsafeMutablePointer<Scalar>, rows: Int, channels: Int
  ) {
    var totals = [Double](repeating: 0, count: 2 * channels)
    var partial = [Scalar](repeating: 0, count: 2 * channels)
    totals.withUnsafeMutableBufferPointer { totals in
      partial.withUnsafeMutableBufferPointer { partial in
        guard let totals = totals.baseAddress, let plain = partial.baseAddress else { return }
        let weighted = plain + channels
        for start in stride(from: 0, to: rows, by: run) {
          plain.update(repeating: 0, count: 2 * channels)
          for r in start..<min(start + run, rows) {
            let (row, dy) = (x + r * channels, upstream + r * channels)
            for c in 0..<channels {
              plain[c] += dy[c]
              weighted[c] += dy[c] * (row[c] - mean[c])
            }
          }
          for c in 0..<2 * channels { totals[c] += Double(plain[c]) }
        }
        for c in 0..<channels {
          out[c] = Scalar(totals[c])
          out[channels + c] = Scalar(totals[channels + c]) * inverseDeviation[c]
        }
      }
    }
  }

  /// `out = a upstream + b x + c`, with a, b, c a channel.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func combine<Scalar: TensorScalar>(
    _ upstream: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>, a: UnsafePointer<Scalar>,
    b: UnsafePointer<Scalar>, c: UnsafePointer<Scalar>, into out: UnsafeMutablePointer<Scalar>, rows: Int,
    channels: Int
  ) {
    for r in 0..<rows {
      let (dy, row, target) = (upstream + r * channels, x + r * channels, out + r * channels)
      for i in 0..<channels { target[i] = a[i] * dy[i] + b[i] * row[i] + c[i] }
    }
  }
}

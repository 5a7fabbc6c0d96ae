import Foundation

/// Proxies that ask how differently a network sees the images of one batch.
enum ActivationProxies {
  private static let stabilizer = 1e-5

  /// jacob_cov (Mellor et al., Neural Architecture Search without Training, first version):
  /// - sum of log(v + k) + 1 / (v + k) over the eigenvalues v of the correlations between the images' gradients.
  ///
  /// The gradient is that of the sum of all logits to each image; normalization by the batch couples the images.
  static func jacobianCovariance(
    _ network: ProxyNetwork, images: Tensor<Float>, normalization: ObservedPass.Normalization
  ) -> Double {
    let images = images.asVariable()
    let pass = ObservedPass(network, images: images, normalization: normalization)
    let jacobian = gradients(of: pass.logits.sum(), withRespectTo: [images])[0]
    let correlations = rowCorrelations(
      jacobian.reshaped(to: [jacobian.shape[0], jacobian.count / jacobian.shape[0]]))
    return -LAPACK.eigenvalues(ofSymmetric: correlations).reduce(0) {
      $0 + log($1 + stabilizer) + 1 / ($1 + stabilizer)
    }
  }

  /// NASWOT (the same authors, ICML 2021): log |det K|, where K counts for each pair of images the rectifier
  /// inputs that have the same sign.
  static func naswot(
    _ network: ProxyNetwork, images: Tensor<Float>, normalization: ObservedPass.Normalization
  ) -> Double {
    let pass = ObservedPass(network, images: images, normalization: normalization)
    let count = images.shape[0]
    var agreements = Tensor<Double>(repeating: 0, shape: [count, count])
    for input in pass.rectifierInputs {
      let active = Tensor(
        input.scalars.map { $0 > 0 ? Float(1) : 0 }, shape: [count, input.count / count])
      let inactive = active * -1 + 1
      // Counts stay far below 2^24, so that single precision holds them exactly.
      let shared = active.times(active.transposed) + inactive.times(inactive.transposed)
      agreements = agreements + Tensor(shared.scalars.map(Double.init), shape: shared.shape)
    }
    return LAPACK.eigenvalues(ofSymmetric: agreements).reduce(0) { $0 + log(abs($1)) }
  }

  /// The correlation of each row with each other, (rows, rows).
  private static func rowCorrelations(_ matrix: Tensor<Float>) -> Tensor<Double> {
    let wide = Tensor(matrix.scalars.map(Double.init), shape: matrix.shape)
    let centered = wide - wide.mean(overAxes: [1], keepingAxes: true)
    let lengths = (centered * centered).summed(overAxes: [1], keepingAxes: true).squareRoot()
    let directions = centered / lengths
    return directions.times(directions.transposed)
  }
}

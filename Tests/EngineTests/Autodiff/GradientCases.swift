@testable import Engine

/// Functions of their arguments that use every operation, with arguments of each shape that takes another way.
///
/// Linear operations are squared or multiplied, so that their second derivatives are not zero.
extension GradientTests.Case {
  static let elementwise: [Self] = [
    Self("sum and product", [3, 4], [3, 4]) { ($0[0] + $0[1]) * $0[1] },
    Self("difference and quotient", [3, 4], [4]) { ($0[0] - $0[1]) / ($0[1] * $0[1] + 1) },
    Self("quotient by a larger shape", [4], [3, 4]) { $0[0] / ($0[1] * $0[1] + 2) },
    Self("broadcast column", [3, 1], [3, 4]) { $0[0] * $0[1] * $0[0] },
    Self("broadcast row and column", [3, 1], [1, 4]) { $0[0] * $0[1] - $0[1] / ($0[0] * $0[0] + 1) },
    Self("broadcast middle", [2, 1, 3], [2, 4, 1]) { $0[0] * $0[1] * $0[1] },
    Self("broadcast number", [], [2, 3]) { $0[0] * $0[1] - $0[1] / ($0[0] * $0[0] + 1) },
    Self("broadcast by a leading one", [1, 4], [4]) { $0[0] * $0[1] * $0[1] },
    Self("numbers", [5]) { -((($0[0] + 2) * 3 - 1) / 4) * $0[0] },
    Self("exponential and logarithm", [5]) { ($0[0].exponential() + 2).logarithm() },
    Self("square root", [5]) { ($0[0] * $0[0] + 1).squareRoot() },
    Self("hyperbolic tangent", [5]) { $0[0].hyperbolicTangent() },
    Self("rectified", [9], [9]) { $0[0].rectified() * $0[0] * $0[1] },
    Self("rectified view", [3, 4]) { $0[0].transposed.rectified() * $0[0].transposed },
    Self("sum", [2, 3]) { $0[0].sum() * $0[0].sum() },
    Self("mean", [2, 3]) { $0[0].mean() * $0[0].mean() * $0[0] },
    Self("mean over the middle", [2, 3, 4]) { $0[0].mean(overAxes: [1]) * $0[0].mean(overAxes: [1]) },
    Self("sum over separate axes", [2, 3, 4]) { ($0[0] * $0[0] * $0[0]).summed(overAxes: [0, 2]) },
    Self("sum keeping axes", [2, 3]) { $0[0].summed(overAxes: [0], keepingAxes: true) * $0[0] },
    Self("sum over many rows", [150, 2]) { ($0[0] * $0[0]).summed(overAxes: [0]) },
  ]

  static let views: [Self] = [
    Self("matrix product", [3, 4], [4, 2]) { $0[0].times($0[1]) * $0[0].times($0[1]) },
    Self("product with own transpose", [3, 4]) { $0[0].times($0[0].transposed) },
    Self("product of transposes", [4, 3], [2, 4]) { $0[0].transposed.times($0[1].transposed) },
    Self("product with a column", [3, 4], [4, 1]) { $0[0].times($0[1]) * $0[0].times($0[1]) },
    Self("product with a sliced matrix", [3, 2], [4, 6]) {
      $0[0].times($0[1].sliced([AxisSlice(start: 1, count: 2, step: 2), AxisSlice(count: 3, step: 2)]))
    },
    Self("products of stacked matrices", [3, 2, 4], [3, 4, 2]) {
      $0[0].timesEach($0[1]) * $0[0].timesEach($0[1])
    },
    Self("products of stacked transposes", [3, 4, 2], [2, 4, 3]) {
      let y = $0[0].permuted([0, 2, 1]).timesEach($0[1].permuted([2, 1, 0]))
      return y * y
    },
    Self("linear layer", [3, 4], [2, 4], [2]) {
      let y = $0[0].linear(weight: $0[1], bias: $0[2])
      return y * y
    },
    Self("slices with steps", [4, 6]) {
      let part = $0[0].sliced([AxisSlice(start: 1, count: 2, step: 2), AxisSlice(count: 3, step: 2)])
      return part * part
    },
    Self("slice of a permutation", [2, 3, 4]) {
      let part = $0[0].permuted([2, 0, 1]).sliced(axis: 0, 1..<3)
      return part * part
    },
    Self("reshaped slice", [4, 6]) {
      let part = $0[0].sliced(axis: 1, 1..<4).reshaped(to: [2, 6])
      return part * part
    },
    Self("permutation", [2, 3, 4], [4, 2, 3]) { $0[0].permuted([2, 0, 1]) * $0[1] * $0[1] },
    Self("concatenation", [2, 3], [2, 1]) {
      let whole = Tensor.concatenated([$0[0], $0[1] * $0[1], $0[0].sliced(axis: 1, 1..<3)], axis: 1)
      return whole * whole
    },
    Self("concatenation along the first axis", [2, 3], [1, 3]) {
      let whole = Tensor.concatenated($0, axis: 0)
      return whole * whole
    },
    Self("channels enlarged", [1, 2, 2, 3], [1, 2, 2, 5]) {
      $0[0].fitted(axis: 3, to: 5) * $0[0].sum() + $0[1]
    },
    Self("channels cut", [1, 2, 2, 3]) { $0[0].fitted(axis: 3, to: 2) * $0[0].fitted(axis: 3, to: 2) },
    Self("repeated", [1, 3]) { $0[0].broadcast(to: [4, 3]) * $0[0] * $0[0] },
    Self("repeated view", [3, 1]) { $0[0].transposed.broadcast(to: [2, 4, 3]) * $0[0].sum() },
  ]

  static let images: [Self] =
    [(1, 1, 0), (1, 2, 0), (2, 1, 1), (3, 1, 1), (3, 2, 1), (3, 3, 0)].map { kernel, stride, padding in
      Self(
        "convolution \(kernel) stride \(stride) padding \(padding)", [2, 5, 4, 3], [2, 3, kernel, kernel]
      ) {
        let y = $0[0].convolved(with: $0[1], stride: stride, padding: padding)
        return y * y
      }
    } + [
      Self("convolution with a strided weight", [1, 4, 4, 2], [6, 4, 3, 3]) {
        let weight = $0[1].sliced([
          AxisSlice(start: 1, count: 3, step: 2), AxisSlice(start: 2, count: 2), AxisSlice(count: 3),
          AxisSlice(count: 3),
        ])
        let y = $0[0].convolved(with: weight, padding: 1)
        return y * y
      },
      Self("convolution of a permuted image", [1, 2, 4, 5], [2, 2, 3, 3]) {
        let y = $0[0].permuted([0, 2, 3, 1]).convolved(with: $0[1], stride: 2, padding: 1)
        return y * y
      },
      Self("batch normalization", [6, 3], [3], [3]) {
        let y = $0[0].batchNormalized(scale: $0[1], shift: $0[2], epsilon: 1e-5).output
        return y * y * y
      },
      Self("batch normalization of images", [2, 3, 2, 2], [2], [2]) {
        let y = $0[0].batchNormalized(scale: $0[1], shift: $0[2], epsilon: 1e-5).output
        return y * y
      },
      Self("batch normalization by scale and shift alone", [3], [3]) {
        var random = RandomSource(seed: 5)
        let x = Tensor<Double>(normalWithShape: [6, 3], random: &random)
        let y = x.batchNormalized(scale: $0[0], shift: $0[1], epsilon: 1e-5).output
        return y * y
      },
      Self("layer", [2, 3, 4, 2], [3, 2, 3, 3], [3], [3]) {
        let y = $0[0].normalizedConvolution(weight: $0[1], scale: $0[2], shift: $0[3], epsilon: 1e-5).output
        return y * y * y
      },
      Self("layer with stride and shortcut", [4, 4, 4, 2], [3, 2, 3, 3], [3], [3], [4, 2, 2, 3]) {
        let y = $0[0].normalizedConvolution(
          weight: $0[1], stride: 2, scale: $0[2], shift: $0[3], adding: $0[4], epsilon: 1e-5
        ).output
        return y * y
      },
      Self("layer with a narrower shortcut", [2, 3, 3, 2], [3, 2, 1, 1], [3], [3], [2, 3, 3, 2]) {
        let y = $0[0].normalizedConvolution(
          weight: $0[1], scale: $0[2], shift: $0[3], adding: $0[4], epsilon: 1e-5
        ).output
        return y * y
      },
      Self("layer with its wider input as shortcut", [2, 3, 3, 4], [3, 4, 3, 3], [3], [3]) {
        let y = $0[0].normalizedConvolution(
          weight: $0[1], scale: $0[2], shift: $0[3], adding: $0[0], epsilon: 1e-5
        ).output
        return y * y
      },
      Self("layer by scale and shift alone", [3], [3]) {
        var random = RandomSource(seed: 5)
        let x = Tensor<Double>(normalWithShape: [2, 3, 3, 3], random: &random)
        let weight = Tensor<Double>(normalWithShape: [3, 3, 1, 1], random: &random)
        let y = x.normalizedConvolution(weight: weight, scale: $0[0], shift: $0[1], epsilon: 1e-5).output
        return y * y
      },
      Self("maximum pooling", [2, 4, 6, 2]) { $0[0].maxPooled() * $0[0].maxPooled() },
      Self("maximum pooling with odd borders", [1, 5, 3, 2]) { $0[0].maxPooled() * $0[0].maxPooled() },
      Self("average over the image", [2, 3, 2, 2]) { $0[0].globallyAveraged() * $0[0].globallyAveraged() },
      Self("shortcut", [1, 4, 4, 3]) {
        let block = Architecture.Block(stage: 1, index: 0, inputChannels: 3, outputChannels: 5, stride: 2)
        return $0[0].shortcut(to: block) * $0[0].shortcut(to: block)
      },
    ]

  static let losses: [Self] =
    [
      Self("log-softmax", [3, 4]) { $0[0].logSoftmax() * $0[0] },
      Self("softmax", [2, 3, 4]) { $0[0].softmax() * $0[0] },
      Self("logistic function", [5]) { $0[0].logistic() },
      Self("rows of length 1", [3, 4], [3, 4]) { $0[0].withUnitRows() * $0[1] },
      Self("attention", [2, 3, 4], [2, 3, 4]) {
        let scores = $0[0].timesEach($0[1].permuted([0, 2, 1])) / 2
        return scores.softmax().timesEach($0[1])
      },
      Self("cross-entropy", [3, 4]) { $0[0].crossEntropy(labels: [0, 2, 3]) },
      Self("smoothed cross-entropy", [3, 4]) { $0[0].crossEntropy(labels: [3, 3, 1], smoothing: 0.1) },
    ]
    + DistillationForm.allCases.map { form in
      Self("distillation loss, \(form.rawValue)", [3, 4]) {
        let teacher = Tensor<Double>([2, -1, 0, 3, 1, 1, -2, 0, 5, 0, 1, -4], shape: [3, 4])
        return $0[0].distillationLoss(
          labels: [0, 2, 3], teacher: teacher, temperature: 6, alpha: 0.3, form: form)
      }
    }
}

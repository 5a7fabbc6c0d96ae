@testable import Engine
import Testing

/// Analytic gradients against central differences in double precision, along one seeded direction.
@Suite("Gradients") struct GradientTests {
  typealias Function = @Sendable (Tensor<Double>) -> Tensor<Double>

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var shape: [Int]
    var function: Function

    init(_ name: String, _ shape: [Int], _ function: @escaping Function) {
      testDescription = name
      self.shape = shape
      self.function = function
    }
  }

  private static func constant(_ shape: [Int], seed: UInt64 = 5) -> Tensor<Double> {
    var random = RandomSource(seed: seed)
    return Tensor(normalWithShape: shape, random: &random)
  }

  static let cases: [Case] = [
    Case("sum of squares") { ($0 * $0) },
    Case("difference and quotient", [3, 4]) { ($0 - constant([4])) / ($0 * $0 + 1) },
    Case("broadcast column", [3, 1]) { $0 * constant([3, 4]) * $0 },
    Case("exponential and logarithm", [5]) { ($0.exponential() + 2).logarithm() },
    Case("square root", [5]) { ($0 * $0 + 1).squareRoot() },
    Case("hyperbolic tangent", [5]) { $0.hyperbolicTangent() },
    Case("rectified square", [7]) { $0.rectified() * $0 },
    Case("log-softmax", [3, 4]) { $0.logSoftmax() * constant([3, 4]) },
    Case("matrix product", [3, 4]) { $0.times(constant([4, 2])) * $0.times(constant([4, 2], seed: 6)) },
    Case("product with own transpose", [3, 4]) { $0.times($0.transposed) },
    Case("slices with steps", [4, 6]) {
      let part = $0.sliced([AxisSlice(start: 1, count: 2, step: 2), AxisSlice(count: 3, step: 2)])
      return part * part
    },
    Case("permutation", [2, 3, 4]) { $0.permuted([2, 0, 1]) * $0.permuted([2, 0, 1]) },
    Case("concatenation", [2, 3]) { Tensor.concatenated([$0, $0 * $0], axis: 1) * constant([2, 6]) },
    Case("channels enlarged and cut", [1, 2, 2, 3]) {
      $0.fitted(axis: 3, to: 5) * $0.fitted(axis: 3, to: 5) * constant([1, 2, 2, 5])
    },
    Case("mean over the middle", [2, 3, 4]) { $0.mean(overAxes: [1]) * $0.mean(overAxes: [1]) },
    Case("sum over separate axes", [2, 3, 4]) { ($0 * $0 * $0).summed(overAxes: [0, 2]) },
    Case("maximum pooling", [2, 4, 4, 2]) { $0.maxPooled() * $0.maxPooled() },
    Case("convolution of the image", [2, 5, 5, 3]) {
      let y = $0.convolved(with: constant([4, 3, 3, 3]), padding: 1)
      return y * y
    },
    Case("convolution by the weight", [4, 3, 3, 3]) {
      let y = constant([2, 6, 6, 3]).convolved(with: $0, stride: 2, padding: 1)
      return y * y
    },
    Case("batch normalization", [6, 3]) {
      let y = $0.batchNormalized(scale: constant([3]), shift: constant([3], seed: 8), epsilon: 1e-5).output
      return y * y * y
    },
    Case("scale of batch normalization", [3]) {
      let y = constant([6, 3]).batchNormalized(scale: $0, shift: $0, epsilon: 1e-5).output
      return y * y * y
    },
    Case("distillation loss", [3, 4]) {
      $0.distillationLoss(
        labels: [0, 2, 3], teacher: constant([3, 4]), temperature: 6, alpha: 0.3, form: .code)
    },
  ]

  @Test(arguments: cases) func firstOrder(_ item: Case) {
    check(item.shape) { item.function($0).sum() }
  }

  /// The function whose gradient is checked is itself made of a gradient.
  @Test(arguments: cases) func secondOrder(_ item: Case) {
    check(item.shape) { x in
      let variable = x.node == nil ? x.asVariable() : x
      let gradient = gradients(of: item.function(variable).sum(), withRespectTo: [variable], keepGraph: true)[
        0]
      return (gradient * Self.constant(item.shape, seed: 11)).sum()
    }
  }

  private func check(_ shape: [Int], _ function: (Tensor<Double>) -> Tensor<Double>) {
    var random = RandomSource(seed: 3)
    let x = Tensor<Double>(normalWithShape: shape, random: &random)
    let direction = Tensor<Double>(normalWithShape: shape, random: &random)
    let variable = x.asVariable()
    let gradient = gradients(of: function(variable), withRespectTo: [variable])[0]
    #expect(gradient.shape == shape)
    let analytic = (gradient * direction).sum().scalar
    let step = 1e-5
    let above = function(x + direction * step).scalar
    let below = function(x - direction * step).scalar
    let numeric = (above - below) / (2 * step)
    #expect(
      abs(analytic - numeric) <= 1e-6 * max(1, abs(numeric)), "analytic \(analytic), numeric \(numeric)")
  }
}

extension GradientTests.Case {
  init(_ name: String, _ function: @escaping GradientTests.Function) { self.init(name, [4], function) }
}

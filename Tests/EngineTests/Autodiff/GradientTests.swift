import TestSupport
import Testing

@testable import Engine

/// Analytic gradients of every differentiable operation against central differences, in both orders.
@Suite("Gradients") struct GradientTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var shapes: [[Int]]
    var function: @Sendable ([Tensor<Double>]) -> Tensor<Double>

    init(
      _ name: String, _ shapes: [Int]...,
      function: @escaping @Sendable ([Tensor<Double>]) -> Tensor<Double>
    ) {
      testDescription = name
      self.shapes = shapes
      self.function = function
    }
  }

  @Test(arguments: Case.elementwise + Case.views + Case.images + Case.losses)
  func firstOrder(_ item: Case) {
    checkGradients(order: 1, of: item.shapes, function: item.function)
  }

  /// The function whose gradient is checked is itself made of a gradient.
  @Test(arguments: Case.elementwise + Case.views + Case.images + Case.losses)
  func secondOrder(_ item: Case) {
    checkGradients(order: 2, of: item.shapes, function: item.function)
  }

  @Test func `a variable that the output does not depend on has the gradient zero`() {
    let (x, y) = (Tensor<Double>([1, 2], shape: [2]).asVariable(), Tensor<Double>(3).asVariable())
    let found = gradients(of: (x * x).sum(), withRespectTo: [y, x])
    #expect(found.map(\.scalars) == [[0], [2, 4]])
    #expect(gradients(of: Tensor<Double>(1), withRespectTo: [x])[0].scalars == [0, 0])
  }

  @Test func `a variable that is used twice gets the sum`() {
    let x = Tensor<Double>([1, 2, 3], shape: [3]).asVariable()
    #expect(gradients(of: (x + x * x + x).sum(), withRespectTo: [x])[0].scalars == [4, 6, 8])
  }

  @Test func `intermediate results have gradients too, and detached ones stop them`() {
    let x = Tensor<Double>([1, 2], shape: [2]).asVariable()
    let square = x * x
    let found = gradients(of: (square * x.detached()).sum(), withRespectTo: [square, x])
    #expect(found.map(\.scalars) == [[1, 2], [2, 8]])
  }

  @Test func `the third derivative of a fourth power`() {
    let x = Tensor<Double>(2).asVariable()
    var derivative = x * x * x * x
    for _ in 0..<3 {
      derivative = gradients(of: derivative, withRespectTo: [x], keepGraph: true)[0]
    }
    #expect(derivative.scalar == 48)
  }

  @Test func `where a rectifier or a window is at its edge, the gradient is PyTorch's`() {
    let x = Tensor<Double>([-1, 0, 2], shape: [3]).asVariable()
    #expect(gradients(of: x.rectified().sum(), withRespectTo: [x])[0].scalars == [0, 0, 1])
    let equal = Tensor<Double>(repeating: 1, shape: [1, 2, 2, 1]).asVariable()
    #expect(gradients(of: equal.maxPooled().sum(), withRespectTo: [equal])[0].scalars == [1, 0, 0, 0])
  }

  /// Networks may be hundreds of operations deep, and a graph is let go recursively.
  @Test func `a deep graph is let go without running out of stack`() throws {
    let found = try Workers.map(pieces: 1) { _ in
      let x = Tensor<Float>(1).asVariable()
      var y = x
      for _ in 0..<5000 { y = y + x }
      return gradients(of: y, withRespectTo: [x])[0].scalar
    }
    #expect(found == [5001])
  }
}

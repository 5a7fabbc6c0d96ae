import Foundation
import Testing

@testable import Engine

/// Adam beyond its agreement with PyTorch.
@Suite("Adam") struct AdamTests {
  private let start = Tensor<Float>((0..<37).map { Float($0) / 7 - 2 }, shape: [37])
  private let gradients = (1...3).map { step in
    Tensor<Float>((0..<37).map { Float(($0 * step) % 11) / 5 - 1 }, shape: [37])
  }

  private func run(_ steps: Range<Int>, _ adam: inout Adam, from start: Tensor<Float>) -> Tensor<Float> {
    var parameters = TensorDictionary([("w", start)])
    for step in steps { adam.step(&parameters, gradients: [gradients[step]]) }
    return parameters["w"]
  }

  /// Teachers must not depend on the processor that trained them.
  @Test func roundsEachOperation() {
    var (first, second, expected) = (
      [Float](repeating: 0, count: 37), [Float](repeating: 0, count: 37), start.scalars
    )
    for (step, gradient) in gradients.map(\.scalars).enumerated() {
      let corrections = (first: 1 - pow(0.9, Double(step + 1)), second: 1 - pow(0.999, Double(step + 1)))
      for (i, g) in gradient.enumerated() {
        first[i] = first[i] * 0.9 + g * Float(1 - 0.9)
        second[i] = second[i] * 0.999 + g * g * Float(1 - 0.999)
        let root = (second[i] / Float(corrections.second)).squareRoot() + 1e-8
        expected[i] -= first[i] / root * Float(0.01 / corrections.first)
      }
    }
    var adam = Adam(rate: 0.01)
    #expect(run(0..<3, &adam, from: start).scalars == expected)
  }

  @Test func aCopyHasMomentsOfItsOwn() {
    var adam = Adam(rate: 0.01)
    let between = run(0..<1, &adam, from: start)
    var copy = adam
    let expected = run(1..<3, &adam, from: between).scalars
    #expect(run(1..<3, &copy, from: between).scalars == expected)
  }
}

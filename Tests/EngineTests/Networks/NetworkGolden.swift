import TestSupport
import Testing

@testable import Engine

/// A network of any kind of blocks beside what PyTorch computed with its weights (Tests/Reference).
struct NetworkGolden {
  let golden: Golden
  let network: ResNet
  let weights: NetworkWeights<Float>
  /// Ten times PyTorch's own error in single precision on the hardest file.
  static let tolerance: Float = 5e-5

  /// Evaluates the network, plain and folded.
  func expectEvaluationAgrees() throws {
    let images = image(try golden("images"))
    let output = network.forward(images, weights: weights, mode: .evaluate)
    try expectGolden(output.logits.scalars, "eval.logits")
    let map = image(try golden("eval.map")).scalars
    #expect(deviation(of: output.map.scalars, from: map) < Self.tolerance)
    let folded = FoldedResNet(network.architecture, weights: weights)
    #expect(deviation(of: folded.map(images).scalars, from: map) < Self.tolerance)
    try expectGolden(folded.logits(images).scalars, "eval.logits")
  }

  /// A training pass with its gradients and statistics.
  func expectTrainingAgrees() throws {
    let variables = NetworkWeights(
      parameters: weights.parameters.mapped { $0.asVariable() }, statistics: weights.statistics)
    let output = network.forward(image(try golden("images")), weights: variables, mode: .train)
    try expectGolden(output.logits.scalars, "train.logits")
    let loss = output.logits.crossEntropy(labels: integers(golden.settings["labels"]))
    #expect(abs(loss.scalar - (try golden("train.loss").values[0])) < Self.tolerance)
    let found = gradients(of: loss, withRespectTo: variables.parameters.ordered)
    for (name, gradient) in zip(variables.parameters.names, found) {
      try expectGolden(gradient.scalars, "gradient.\(name)", tolerance: 10 * Self.tolerance)
    }
    for (name, statistic) in output.statistics.entries {
      try expectGolden(statistic.scalars, "after.\(name)")
    }
  }

  private func expectGolden(
    _ found: [Float], _ name: String, tolerance: Float = NetworkGolden.tolerance
  ) throws {
    #expect(deviation(of: found, from: try golden(name).values) < tolerance, "\(name)")
  }
}

extension Remapping {
  /// Every rule with the name that the reference has for it.
  static let named: [(Remapping, String)] = [
    (.first, "copy_paste_first"), (.last, "copy_paste_last"), (.uniform, "copy_paste_uniform"),
    (.uniformLast, "copy_paste_uniform_last"),
  ]
}

extension NetworkGolden {
  /// Students of the network on `images`, fast and plain; `golden` has the results, which may be another file's.
  func expectStudentsAgree(
    _ students: [Architecture], on images: Tensor<Float>, by remapping: Remapping, _ rule: String,
    in golden: Golden
  ) throws {
    let folded = FoldedResNet(network.architecture, weights: weights)
    for (index, student) in students.enumerated() {
      let map = image(try golden("student\(index).\(rule).map")).scalars
      let fast = remapping.student(student, of: folded)
      #expect(deviation(of: fast.map(images).scalars, from: map) < Self.tolerance)
      let logits = try golden("student\(index).\(rule).logits").values
      #expect(deviation(of: fast.logits(images).scalars, from: logits) < Self.tolerance)
      let plain = ResNet(student, classes: 5).forward(
        images, weights: remapping.weights(for: student, from: network.architecture, weights), mode: .evaluate
      )
      #expect(deviation(of: plain.map.scalars, from: map) < Self.tolerance)
    }
  }
}

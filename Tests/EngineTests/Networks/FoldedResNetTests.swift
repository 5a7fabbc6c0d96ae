import TestSupport
import Testing

@testable import Engine

/// The fast form of a network against its definition.
@Suite("Folded networks") struct FoldedResNetTests {
  private func images(_ count: Int, size: Int = 16) -> Tensor<Float> {
    var random = RandomSource(seed: 9)
    return Tensor(normalWithShape: [count, size, size, 3], random: &random)
  }

  @Test(arguments: [1, 3]) func teacher(batch: Int) {
    let weights = SmallTask.weights()
    let network = ResNet(SmallTask.space.teacher, classes: 5)
    let folded = FoldedResNet(network.architecture, weights: weights)
    let exact = network.forward(images(batch).inDouble, weights: weights.mapped(\.inDouble), mode: .evaluate)
    expectClose(folded.map(images(batch)), exact.map, tolerance: 1e-5, "map")
    expectClose(folded.logits(images(batch)), exact.logits, tolerance: 1e-5, "logits")
    let single = network.forward(images(batch), weights: weights, mode: .evaluate)
    expectClose(single.logits, exact.logits, tolerance: 1e-5, "definition in single precision")
    #expect(single.statistics.ordered.map(\.scalars) == weights.statistics.ordered.map(\.scalars))
  }

  /// Widths of 1 to 7 channels, images of 8 pixels, whose last map is a single pixel.
  @Test(arguments: ["1/1/1/1", "3-5/7/2-7/7", "5-3-5/4/7-1/3"])
  func `odd widths, rising and falling`(_ text: String) throws {
    let architecture = try #require(Architecture(text: text))
    var random = RandomSource(seed: 4)
    let network = ResNet(architecture, classes: 3)
    let weights: NetworkWeights<Float> = network.initialWeights(random: &random)
    let exact = network.forward(
      images(2, size: 8).inDouble, weights: weights.mapped(\.inDouble), mode: .evaluate)
    let folded = FoldedResNet(architecture, weights: weights)
    expectClose(folded.map(images(2, size: 8)), exact.map, tolerance: 1e-5)
    #expect(exact.map.shape == [2, 1, 1, architecture.outputWidth])
  }

  @Test func `training in single precision is close to double precision`() throws {
    let weights = SmallTask.weights()
    let network = ResNet(SmallTask.space.teacher, classes: 5)
    func step<Scalar>(_ images: Tensor<Scalar>, _ weights: NetworkWeights<Scalar>) -> [Tensor<Scalar>] {
      let variables = NetworkWeights(
        parameters: weights.parameters.mapped { $0.asVariable() }, statistics: weights.statistics)
      let output = network.forward(images, weights: variables, mode: .train)
      let loss = output.logits.crossEntropy(labels: [0, 1, 2, 4, 3, 0, 1, 2])
      return gradients(of: loss, withRespectTo: variables.parameters.ordered) + output.statistics.ordered
    }
    let found = step(images(8), weights)
    let expected = step(images(8).inDouble, weights.mapped(\.inDouble))
    let names = weights.parameters.names + weights.statistics.names
    for (name, pair) in zip(names, zip(found, expected)) {
      expectClose(pair.0, pair.1, tolerance: 1e-3, name)
    }
  }

  @Test func `new weights have the spread of PyTorch's`() {
    var random = RandomSource(seed: 1)
    let network = ResNet(ResNetSpace.paper.teacher, classes: 10)
    let weights: NetworkWeights<Float> = network.initialWeights(random: &random)
    let convolution = weights.parameters["layer2.1.conv1.weight"]
    let deviation = (convolution * convolution).mean().scalar.squareRoot()
    #expect(abs(deviation / (2.0 / (64 * 9)).squareRoot() - 1) < 0.02)
    let head = weights.parameters["fc.weight"].scalars
    #expect(head.allSatisfy { abs($0) <= 1 / 16 })
    #expect(head.contains { abs($0) > 0.06 })
    #expect(weights.parameters.names == network.tensorShapes.parameters.map(\.0))
    #expect(weights.parameters.ordered.map(\.shape) == network.tensorShapes.parameters.map(\.1))
    #expect(weights.statistics.names == network.tensorShapes.statistics.map(\.0))
  }
}

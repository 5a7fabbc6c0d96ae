import TestSupport
import Testing

@testable import Engine

/// Normalization, pooling, losses and two steps of distillation against PyTorch's (Tests/Reference).
@Suite("PyTorch distillation") struct PyTorchDistillationTests {
  /// Twenty times what PyTorch itself loses in single precision on that file.
  private func tolerance(_ golden: Golden) throws -> Double {
    20 * (try #require(golden.settings["float32_deviation"]?.doubleValue))
  }

  /// In both ways of computing the gradient: fused loops, and the definition where the graph is kept.
  @Test(arguments: [false, true]) func batchNormalization(keepGraph: Bool) throws {
    let golden = try Golden("normalization")
    let tolerance = try tolerance(golden)
    let x = image(try golden("batch_norm.input")).asVariable()
    let scale = tensor(try golden("batch_norm.weight")).asVariable()
    let shift = tensor(try golden("batch_norm.bias")).asVariable()
    let batch = x.batchNormalized(scale: scale, shift: shift, epsilon: 1e-5)
    expectClose(batch.output, image(try golden("batch_norm.train.output")), tolerance: tolerance, "output")
    let upstream = image(try golden("batch_norm.output_gradient"))
    let found = gradients(
      of: (batch.output * upstream).sum(), withRespectTo: [x, scale, shift], keepGraph: keepGraph)
    let input = image(try golden("batch_norm.train.input_gradient"))
    expectClose(found[0], input, tolerance: tolerance, "to the input")
    for (part, gradient) in [("weight", found[1]), ("bias", found[2])] {
      let expected = tensor(try golden("batch_norm.train.\(part)_gradient"))
      expectClose(gradient, expected, tolerance: tolerance, part)
    }
  }

  /// The fused layer, in both ways of computing the gradient.
  ///
  /// A layer takes the positive part; what it leaves out is the positive part of the layer with opposite signs.
  @Test(arguments: [false, true]) func normalizedLayer(keepGraph: Bool) throws {
    let golden = try Golden("normalization")
    let tolerance = try tolerance(golden)
    let x = image(try golden("batch_norm.input")).asVariable()
    let scale = tensor(try golden("batch_norm.weight")).asVariable()
    let shift = tensor(try golden("batch_norm.bias")).asVariable()
    let weight = Tensor<Float>.identity(scale.count)
    let positive = x.normalizedConvolution(weight: weight, scale: scale, shift: shift, epsilon: 1e-5)
    let negative = x.normalizedConvolution(weight: weight, scale: -scale, shift: -shift, epsilon: 1e-5)
    let output = positive.output - negative.output
    expectClose(output, image(try golden("batch_norm.train.output")), tolerance: tolerance, "output")
    let upstream = image(try golden("batch_norm.output_gradient"))
    let found = gradients(
      of: (output * upstream).sum(), withRespectTo: [x, scale, shift], keepGraph: keepGraph)
    let input = image(try golden("batch_norm.train.input_gradient"))
    expectClose(found[0], input, tolerance: tolerance, "to the input")
    for (part, gradient) in [("weight", found[1]), ("bias", found[2])] {
      let expected = tensor(try golden("batch_norm.train.\(part)_gradient"))
      expectClose(gradient, expected, tolerance: tolerance, part)
    }
  }

  @Test(arguments: ["max_pool", "max_pool_ties", "average_pool"]) func pooling(_ name: String) throws {
    let golden = try Golden("normalization")
    let tolerance = try tolerance(golden)
    let isAverage = name == "average_pool"
    let x = image(try golden("\(name).input")).asVariable()
    let output = isAverage ? x.globallyAveraged() : x.maxPooled()
    let expected = try golden("\(name).output")
    expectClose(output, isAverage ? tensor(expected) : image(expected), tolerance: tolerance)
    let upstream = try golden("\(name).output_gradient")
    let weighed = output * (isAverage ? tensor(upstream) : image(upstream))
    let found = gradients(of: weighed.sum(), withRespectTo: [x])[0]
    expectClose(found, image(try golden("\(name).input_gradient")), tolerance: tolerance)
  }

  @Test(arguments: [("cross_entropy", 0), ("smoothed", 0.1)])
  func crossEntropy(_ name: String, _ smoothing: Double) throws {
    let golden = try Golden("losses")
    let logits = tensor(try golden("logits")).asVariable()
    let labels = golden.settings["labels"]?.arrayValue?.compactMap(\.intValue) ?? []
    let loss = logits.crossEntropy(labels: labels, smoothing: smoothing)
    let tolerance = try tolerance(golden)
    expectClose(loss.reshaped(to: [1]), tensor(try golden("\(name).value")), tolerance: tolerance)
    let gradient = gradients(of: loss, withRespectTo: [logits])[0]
    expectClose(gradient, tensor(try golden("\(name).gradient")), tolerance: tolerance)
  }

  /// From remapped weights on, with the teacher's answers, running statistics and all.
  @Test(arguments: [("paper", DistillationForm.paper), ("code", .code)])
  func twoSteps(_ variant: String, _ form: DistillationForm) throws {
    let golden = try Golden("training")
    let student = Architecture(stages: [[2, 4], [8], [3, 12], [4, 16]])
    let network = ResNet(student, classes: 5)
    func weights(_ group: String) throws -> NetworkWeights<Float> {
      let file = SafeTensors(
        tensors: golden.group(group).map {
          SafeTensors.Tensor(name: $0.key, shape: $0.value.shape, values: $0.value.values)
        })
      return try NetworkWeights(file, network: network)
    }
    var current = try weights("start")
    var optimizer = SGD<Float>()
    for step in 0..<2 {
      let variables = NetworkWeights(
        parameters: current.parameters.mapped { $0.asVariable() }, statistics: current.statistics)
      let output = network.forward(
        image(try golden("batch\(step).images")), weights: variables, mode: .train)
      let labels = golden.settings["labels"]?[step]?.arrayValue?.compactMap(\.intValue) ?? []
      let loss = output.logits.distillationLoss(
        labels: labels, teacher: tensor(try golden("batch\(step).teacher_logits")), temperature: 6,
        alpha: 0.5,
        form: form)
      #expect(abs(loss.scalar / (try golden("\(variant).losses").values[step]) - 1) < 2e-5)
      let rate = try #require(golden.settings["learning_rates"]?[step]?.doubleValue)
      optimizer.step(
        &current.parameters, gradients: gradients(of: loss, withRespectTo: variables.parameters.ordered),
        rate: rate)
      current.statistics = output.statistics
    }
    let expected = try weights("\(variant).after")
    for (name, tensor) in expected.parameters.entries {
      expectClose(current.parameters[name], tensor, tolerance: 2e-4, name)
    }
    for (name, tensor) in expected.statistics.entries {
      expectClose(current.statistics[name], tensor, tolerance: 5e-5, name)
    }
  }
}

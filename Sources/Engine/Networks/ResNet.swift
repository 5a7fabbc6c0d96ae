/// The weights of a network: what is trained, and the running statistics of its normalizations.
///
/// Tensors are named and shaped as in the authors' PyTorch checkpoints, so that those load by name.
package struct NetworkWeights<Scalar: TensorScalar>: Sendable {
  package var parameters: TensorDictionary<Scalar>
  package var statistics: TensorDictionary<Scalar>

  package init(parameters: TensorDictionary<Scalar>, statistics: TensorDictionary<Scalar>) {
    self.parameters = parameters
    self.statistics = statistics
  }

  package func mapped<Other: TensorScalar>(_ transform: (Tensor<Scalar>) -> Tensor<Other>) -> NetworkWeights<
    Other
  > {
    NetworkWeights<Other>(parameters: parameters.mapped(transform), statistics: statistics.mapped(transform))
  }
}

/// What a forward pass gives.
package struct NetworkOutput<Scalar: TensorScalar>: Sendable {
  /// (N, classes)
  package var logits: Tensor<Scalar>
  /// The last stage's feature map, (N, H/8, W/8, channels).
  package var map: Tensor<Scalar>
  /// Running statistics after this batch; those that went in, in evaluation mode.
  package var statistics: TensorDictionary<Scalar>
}

/// A residual network with parameter-free shortcuts (paper, Appendix A), as a function of its weights.
///
/// Stem 3x3 convolution without pooling, four stages of basic blocks, global average pool, linear head. This is
/// the plain definition; `FoldedResNet` is the fast form for inference.
package struct ResNet: Sendable {
  package enum Mode: Sendable {
    /// Normalizes by the batch and updates the running statistics.
    case train
    /// Normalizes by the running statistics.
    case evaluate
  }

  static let epsilon = 1e-5
  static let momentum = 0.1

  package let architecture: Architecture
  package let classes: Int

  package init(_ architecture: Architecture, classes: Int) {
    self.architecture = architecture
    self.classes = classes
  }

  /// Convolutions Kaiming normal (fan-out, gain of ReLU), scales 1, shifts 0, the head uniform within
  /// 1/sqrt(inputs), as PyTorch does.
  package func initialWeights<Scalar>(
    of type: Scalar.Type = Float.self, random: inout RandomSource
  ) -> NetworkWeights<Scalar> {
    var parameters = TensorDictionary<Scalar>()
    var statistics = TensorDictionary<Scalar>()
    for layer in layers {
      let deviation = (2.0 / Double(layer.outputChannels * 9)).squareRoot()
      parameters[layer.convolution] = Tensor(
        normalWithShape: [layer.outputChannels, layer.inputChannels, 3, 3], standardDeviation: deviation,
        random: &random)
      parameters["\(layer.normalization).weight"] = Tensor(repeating: 1, shape: [layer.outputChannels])
      parameters["\(layer.normalization).bias"] = Tensor(repeating: 0, shape: [layer.outputChannels])
      statistics["\(layer.normalization).running_mean"] = Tensor(repeating: 0, shape: [layer.outputChannels])
      statistics["\(layer.normalization).running_var"] = Tensor(repeating: 1, shape: [layer.outputChannels])
    }
    let bound = 1 / Double(architecture.outputWidth).squareRoot()
    parameters["fc.weight"] = Tensor(
      uniformWithShape: [classes, architecture.outputWidth], in: -bound...bound, random: &random)
    parameters["fc.bias"] = Tensor(uniformWithShape: [classes], in: -bound...bound, random: &random)
    return NetworkWeights(parameters: parameters, statistics: statistics)
  }

  /// One convolution and the normalization behind it, by the names of their tensors.
  package struct Layer: Sendable {
    package var convolution: String
    package var normalization: String
    package var inputChannels: Int
    package var outputChannels: Int
    /// Where it stands; nil for the stem.
    var block: (stage: Int, index: Int, number: Int)?

    static func stem(inputChannels: Int, outputChannels: Int) -> Layer {
      Layer(
        convolution: "conv1.weight", normalization: "bn1", inputChannels: inputChannels,
        outputChannels: outputChannels)
    }

    /// - Parameter number: 1 for the block's first convolution, 2 for its second.
    static func inBlock(
      stage: Int, index: Int, number: Int, inputChannels: Int, outputChannels: Int
    ) -> Layer {
      let name = "layer\(stage + 1).\(index)"
      return Layer(
        convolution: "\(name).conv\(number).weight", normalization: "\(name).bn\(number)",
        inputChannels: inputChannels, outputChannels: outputChannels, block: (stage, index, number))
    }
  }

  /// All convolutions from the stem to the last block.
  package var layers: [Layer] {
    [.stem(inputChannels: 3, outputChannels: architecture.stemWidth)]
      + architecture.blocks.flatMap { block in
        [1, 2].map { number in
          .inBlock(
            stage: block.stage, index: block.index, number: number,
            inputChannels: number == 1 ? block.inputChannels : block.outputChannels,
            outputChannels: block.outputChannels)
        }
      }
  }

  /// The shape of every tensor, parameters first, for checking weights that come from outside.
  package var tensorShapes: (parameters: [(String, [Int])], statistics: [(String, [Int])]) {
    var parameters: [(String, [Int])] = []
    var statistics: [(String, [Int])] = []
    for layer in layers {
      parameters.append((layer.convolution, [layer.outputChannels, layer.inputChannels, 3, 3]))
      parameters += ["weight", "bias"].map { ("\(layer.normalization).\($0)", [layer.outputChannels]) }
      statistics += ["running_mean", "running_var"].map {
        ("\(layer.normalization).\($0)", [layer.outputChannels])
      }
    }
    parameters += [("fc.weight", [classes, architecture.outputWidth]), ("fc.bias", [classes])]
    return (parameters, statistics)
  }

  /// - Parameter images: (N, H, W, 3), normalized.
  package func forward<Scalar>(
    _ images: Tensor<Scalar>, weights: NetworkWeights<Scalar>, mode: Mode
  ) -> NetworkOutput<Scalar> {
    var pass = ForwardPass(weights: weights, mode: mode)
    var map = pass.layer(images, "conv1.weight", "bn1", stride: 1)
    for block in architecture.blocks {
      let inner = pass.layer(
        map, "\(block.name).conv1.weight", "\(block.name).bn1", stride: block.stride)
      map = pass.layer(
        inner, "\(block.name).conv2.weight", "\(block.name).bn2", stride: 1,
        adding: block.stride == 2 ? map.maxPooled() : map)
    }
    let logits = map.globallyAveraged().linear(
      weight: weights.parameters["fc.weight"], bias: weights.parameters["fc.bias"])
    return NetworkOutput(logits: logits, map: map, statistics: pass.statistics)
  }
}

extension Tensor {
  /// The shortcut of a block, without parameters: channels padded with zeros or cut, then pooled where the
  /// block halves the image.
  func shortcut(to block: Architecture.Block) -> Tensor {
    let fitted = fitted(axis: 3, to: block.outputChannels)
    return block.stride == 2 ? fitted.maxPooled() : fitted
  }
}

/// Runs the layers of one pass and collects the statistics.
private struct ForwardPass<Scalar: TensorScalar> {
  let weights: NetworkWeights<Scalar>
  let mode: ResNet.Mode
  var statistics: TensorDictionary<Scalar>

  init(weights: NetworkWeights<Scalar>, mode: ResNet.Mode) {
    self.weights = weights
    self.mode = mode
    statistics = weights.statistics
  }

  /// Convolution, normalization, the shortcut fitted to its channels and added, and the positive part.
  mutating func layer(
    _ x: Tensor<Scalar>, _ convolution: String, _ normalization: String, stride: Int,
    adding shortcut: Tensor<Scalar>? = nil
  ) -> Tensor<Scalar> {
    let weight = weights.parameters[convolution]
    let scale = weights.parameters["\(normalization).weight"]
    let shift = weights.parameters["\(normalization).bias"]
    let mean = statistics["\(normalization).running_mean"]
    let variance = statistics["\(normalization).running_var"]
    switch mode {
    case .evaluate:
      let factor = scale / (variance + Scalar(ResNet.epsilon)).squareRoot()
      let y = x.convolved(with: weight, stride: stride, padding: 1) * factor + (shift - mean * factor)
      return (shortcut.map { y + $0.fitted(axis: 3, to: scale.count) } ?? y).rectified()
    case .train:
      let batch = x.normalizedConvolution(
        weight: weight, stride: stride, scale: scale, shift: shift, adding: shortcut,
        epsilon: ResNet.epsilon)
      let number = Scalar(batch.output.count / scale.count)
      let old = Scalar(1 - ResNet.momentum)
      let new = Scalar(ResNet.momentum)
      statistics["\(normalization).running_mean"] = mean * old + batch.mean * new
      // PyTorch keeps the unbiased variance, although it normalizes by the biased one.
      statistics["\(normalization).running_var"] =
        variance * old + batch.variance * (new * number / max(number - 1, 1))
      return batch.output
    }
  }
}

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
  /// The last stage's feature map, (N, h, w, channels).
  package var map: Tensor<Scalar>
  /// Running statistics after this batch; those that went in, in evaluation mode.
  package var statistics: TensorDictionary<Scalar>
}

/// A residual network as a function of its weights: a stem, four stages of blocks, global average pool, linear head.
///
/// With basic blocks shortcuts have no parameters and the stem is one 3x3 convolution without pooling (paper, Appendix
/// A); the other kind is once-for-all's. This is the plain definition; `FoldedResNet` is the fast form for inference.
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
    for layer in architecture.layers {
      let deviation = (2.0 / Double(layer.outputChannels * layer.kernel * layer.kernel)).squareRoot()
      parameters[layer.convolution] = Tensor(
        normalWithShape: layer.shape, standardDeviation: deviation, random: &random)
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

  /// The shape of every tensor, parameters first, for checking weights that come from outside.
  package var tensorShapes: (parameters: [(String, [Int])], statistics: [(String, [Int])]) {
    var parameters: [(String, [Int])] = []
    var statistics: [(String, [Int])] = []
    for layer in architecture.layers {
      parameters.append((layer.convolution, layer.shape))
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
    var map = pass.stem(of: architecture, images)
    for block in architecture.blocks { map = pass.block(block, map) }
    let logits = map.globallyAveraged().linear(
      weight: weights.parameters["fc.weight"], bias: weights.parameters["fc.bias"])
    return NetworkOutput(logits: logits, map: map, statistics: pass.statistics)
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

  mutating func stem(of architecture: Architecture, _ images: Tensor<Scalar>) -> Tensor<Scalar> {
    let layers = architecture.stem
    guard architecture.kind != .basic else { return layer(images, layers[0]) }
    let narrow = layer(images, layers[0])
    return layer(layer(narrow, layers[1]) + narrow, layers[2]).maxPooledOverlapping()
  }

  mutating func block(_ block: Architecture.Block, _ map: Tensor<Scalar>) -> Tensor<Scalar> {
    let layers = block.convolutions
    var inner = map
    for part in layers.dropLast() { inner = layer(inner, part) }
    var shortcut = map.shortcutInput(of: block)
    if let projection = block.projection { shortcut = layer(shortcut, projection, isRectified: false) }
    return layer(inner, layers[layers.count - 1], adding: shortcut)
  }

  /// Convolution, normalization, the shortcut fitted to its channels and added, and the positive part.
  private mutating func layer(
    _ x: Tensor<Scalar>, _ layer: ConvolutionLayer, adding shortcut: Tensor<Scalar>? = nil,
    isRectified: Bool = true
  ) -> Tensor<Scalar> {
    let (weight, name) = (weights.parameters[layer.convolution], layer.normalization)
    let (scale, shift) = (weights.parameters["\(name).weight"], weights.parameters["\(name).bias"])
    let (mean, variance) = (statistics["\(name).running_mean"], statistics["\(name).running_var"])
    switch mode {
    case .evaluate:
      let factor = scale / (variance + Scalar(ResNet.epsilon)).squareRoot()
      let y =
        x.convolved(with: weight, stride: layer.stride, padding: layer.kernel / 2) * factor
        + (shift - mean * factor)
      let sum = shortcut.map { y + $0.fitted(axis: 3, to: scale.count) } ?? y
      return isRectified ? sum.rectified() : sum
    case .train:
      let batch =
        isRectified
        ? x.normalizedConvolution(
          weight: weight, stride: layer.stride, scale: scale, shift: shift, adding: shortcut,
          epsilon: ResNet.epsilon)
        : x.convolved(with: weight, stride: layer.stride, padding: layer.kernel / 2)
          .batchNormalized(scale: scale, shift: shift, epsilon: ResNet.epsilon)
      let number = Scalar(batch.output.count / scale.count)
      let old = Scalar(1 - ResNet.momentum)
      let new = Scalar(ResNet.momentum)
      statistics["\(name).running_mean"] = mean * old + batch.mean * new
      // PyTorch keeps the unbiased variance, although it normalizes by the biased one.
      statistics["\(name).running_var"] =
        variance * old + batch.variance * (new * number / max(number - 1, 1))
      return batch.output
    }
  }
}

extension Tensor {
  /// What the shortcut of a block begins with: the map itself, or pooled where the block halves it.
  func shortcutInput(of block: Architecture.Block) -> Tensor {
    guard block.stride == 2 else { return self }
    return block.kind == .basic ? maxPooled() : meanPooled()
  }

  /// The shortcut of a block without parameters, with as many channels as the block puts out.
  func shortcut(to block: Architecture.Block) -> Tensor {
    shortcutInput(of: block).fitted(axis: 3, to: block.outputChannels)
  }
}

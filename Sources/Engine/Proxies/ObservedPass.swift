/// A network's forward pass with its inner values in view, as the proxies need them.
///
/// `ResNet.forward` fuses what it can and keeps nothing; this is the same definition written out. With
/// `.identity` in place of the normalizations it is the network that synflow looks at.
struct ObservedPass {
  enum Normalization: Sendable {
    /// By the batch, as in training.
    case batch
    /// By the running statistics, as in evaluation.
    case running
    case identity
  }

  /// What one layer with weights put out.
  struct Layer {
    /// The name of its weight.
    var weight: String
    /// A convolution's output before normalization, (N, H, W, channels); the head's logits, (N, classes).
    var output: Tensor<Float>
  }

  /// (N, classes)
  private(set) var logits: Tensor<Float>
  private(set) var layers: [Layer] = []
  /// What went into each rectifier, (N, H, W, channels).
  private(set) var rectifierInputs: [Tensor<Float>] = []

  private let weights: NetworkWeights<Float>
  private let normalization: Normalization

  /// - Parameters:
  ///   - images: (N, S, S, 3).
  ///   - betweenBlocks: is given each block's output and gives back what goes on.
  init(
    _ network: ProxyNetwork, images: Tensor<Float>, normalization: Normalization,
    betweenBlocks: (Tensor<Float>) -> Tensor<Float> = { $0 }
  ) {
    weights = network.weights
    self.normalization = normalization
    logits = images
    var map = stem(of: network.architecture, images)
    for block in network.architecture.blocks {
      let layers = block.convolutions
      var inner = map
      for layer in layers.dropLast() { inner = rectify(convolve(inner, layer)) }
      let outer = convolve(inner, layers[layers.count - 1])
      let shortcut =
        block.projection.map { convolve(map.shortcutInput(of: block), $0) } ?? map.shortcut(to: block)
      map = betweenBlocks(rectify(outer + shortcut))
    }
    logits = map.globallyAveraged().linear(
      weight: weights.parameters["fc.weight"], bias: weights.parameters["fc.bias"])
    layers.append(Layer(weight: "fc.weight", output: logits))
  }

  private mutating func stem(of architecture: Architecture, _ images: Tensor<Float>) -> Tensor<Float> {
    let layers = architecture.stem
    let narrow = rectify(convolve(images, layers[0]))
    guard architecture.kind != .basic else { return narrow }
    let sum = rectify(convolve(narrow, layers[1])) + narrow
    return rectify(convolve(sum, layers[2])).maxPooledOverlapping()
  }

  private mutating func rectify(_ x: Tensor<Float>) -> Tensor<Float> {
    rectifierInputs.append(x)
    return x.rectified()
  }

  private mutating func convolve(_ x: Tensor<Float>, _ layer: ConvolutionLayer) -> Tensor<Float> {
    let name = layer.normalization
    let y = x.convolved(
      with: weights.parameters[layer.convolution], stride: layer.stride, padding: layer.kernel / 2)
    layers.append(Layer(weight: layer.convolution, output: y))
    let scale = weights.parameters["\(name).weight"]
    let shift = weights.parameters["\(name).bias"]
    switch normalization {
    case .identity: return y
    case .batch: return y.batchNormalized(scale: scale, shift: shift, epsilon: ResNet.epsilon).output
    case .running:
      let variance = weights.statistics["\(name).running_var"]
      let factor = scale / (variance + Float(ResNet.epsilon)).squareRoot()
      return y * factor + (shift - weights.statistics["\(name).running_mean"] * factor)
    }
  }
}

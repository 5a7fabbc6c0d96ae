/// A trained network with its normalizations folded into the convolutions: the fast form for inference.
///
/// Folding commutes with taking slices, so a teacher is folded once and its students are views of the result.
package struct FoldedResNet: Sendable {
  /// A convolution with a bias, followed by what the network wants.
  struct Convolution: Sendable {
    /// (O, C, k, k), possibly a strided view.
    let weight: Tensor<Float>
    /// (O), dense.
    let bias: Tensor<Float>
    fileprivate let transformed = KeptWinogradWeight()

    init(weight: Tensor<Float>, bias: Tensor<Float>) {
      self.weight = weight
      self.bias = bias
    }
  }

  struct Block: Sendable {
    var description: Architecture.Block
    var convolutions: [Convolution]
    var projection: Convolution?
  }

  let architecture: Architecture
  var stem: [Convolution]
  var blocks: [Block]
  var headWeight: Tensor<Float>
  var headBias: Tensor<Float>

  init(
    architecture: Architecture, stem: [Convolution], blocks: [Block], headWeight: Tensor<Float>,
    headBias: Tensor<Float>
  ) {
    self.architecture = architecture
    self.stem = stem
    self.blocks = blocks
    self.headWeight = headWeight
    self.headBias = headBias
  }

  package init(_ architecture: Architecture, weights: NetworkWeights<Float>) {
    func fold(_ layer: ConvolutionLayer) -> Convolution {
      let normalization = layer.normalization
      let parameters = weights.parameters
      let variance = weights.statistics["\(normalization).running_var"]
      let factor = parameters["\(normalization).weight"] / (variance + Float(ResNet.epsilon)).squareRoot()
      let mean = weights.statistics["\(normalization).running_mean"]
      return Convolution(
        weight: (parameters[layer.convolution] * factor.reshaped(to: [factor.count, 1, 1, 1])).detached(),
        bias: (parameters["\(normalization).bias"] - mean * factor).detached())
    }
    self.init(
      architecture: architecture,
      stem: architecture.stem.map(fold),
      blocks: architecture.blocks.map { block in
        Block(
          description: block, convolutions: block.convolutions.map(fold),
          projection: block.projection.map(fold))
      },
      headWeight: weights.parameters["fc.weight"].detached(),
      headBias: weights.parameters["fc.bias"].detached())
  }

  /// (N, H, W, 3) -> (N, h, w, channels)
  package func map(_ images: Tensor<Float>) -> Tensor<Float> {
    blocks.reduce(applyStem(images)) { map, block in Self.apply(block, to: map) }
  }

  /// (N, H, W, 3) -> (N, classes)
  ///
  /// Equal chunks of the batch go through the whole network on their own.
  package func logits(_ images: Tensor<Float>) -> Tensor<Float> {
    let batch = images.shape[0]
    let chunks = (1...min(8, batch)).last { batch % $0 == 0 } ?? 1
    let size = batch / chunks
    let width = headWeight.shape[1]
    let features = Tensor<Float>(uninitialized: [batch, width])
    Workers.share(chunks) { chunk in
      let part = map(images.sliced(axis: 0, chunk * size..<(chunk + 1) * size)).globallyAveraged()
      withExtendedLifetime(part) {
        (features.mutableBase + chunk * size * width).update(from: part.base, count: part.count)
      }
    }
    return features.linear(weight: headWeight, bias: headBias)
  }

  func applyStem(_ images: Tensor<Float>) -> Tensor<Float> {
    guard architecture.kind != .basic else { return images.fused(stem[0]) }
    let narrow = images.fused(stem[0], stride: 2)
    return (narrow.fused(stem[1]) + narrow).fused(stem[2]).maxPooledOverlapping()
  }

  static func apply(_ block: Block, to map: Tensor<Float>) -> Tensor<Float> {
    var inner = map
    for (layer, shape) in zip(block.convolutions, block.description.convolutions).dropLast() {
      inner = inner.fused(layer, stride: shape.stride)
    }
    let shortcut =
      block.projection.map { map.shortcutInput(of: block.description).fused($0, isRectified: false) }
      ?? map.shortcut(to: block.description)
    return inner.fused(block.convolutions[block.convolutions.count - 1], adding: shortcut)
  }
}

extension Tensor<Float> {
  /// Convolution, bias, an optional term to add, and the positive part, in one call.
  fileprivate func fused(
    _ layer: FoldedResNet.Convolution, stride: Int = 1, adding shortcut: Tensor? = nil,
    isRectified: Bool = true
  ) -> Tensor {
    let image = contiguous()
    let geometry = ConvolutionGeometry(
      batch: shape[0], height: shape[1], width: shape[2], inputChannels: shape[3],
      outputChannels: layer.weight.shape[0], kernel: layer.weight.shape[2], stride: stride,
      padding: layer.weight.shape[2] / 2)
    let form = geometry.form(isTransformedBefore: true)
    if let winograd = WinogradConvolution(
      .forward, geometry, form: form, weightStrides: layer.weight.strides)
    {
      let packed = layer.transformed.packed(layer.weight, as: form, by: winograd)
      let added = shortcut?.contiguous()
      return Tensor(shape: geometry.outputShape) { out in
        withExtendedLifetime((image, layer, packed, added)) {
          winograd.convolve(
            image.mutableBase, with: packed.pointer, into: out,
            finish: WinogradConvolution.Finish(
              bias: layer.bias.base, added: added?.base, isRectified: isRectified))
        }
      }
    }
    return Tensor(shape: geometry.outputShape) { out in
      if let shortcut = shortcut?.contiguous() {
        withExtendedLifetime(shortcut) { out.update(from: shortcut.base, count: shortcut.count) }
      }
      withExtendedLifetime((image, layer)) {
        OneDNN.convolve(
          ConvolutionCall(
            product: .forward, geometry: geometry, input: UnsafeMutablePointer(mutating: image.base),
            weight: UnsafeMutablePointer(mutating: layer.weight.base), weightStrides: layer.weight.strides,
            output: out),
          bias: UnsafeMutablePointer(mutating: layer.bias.base),
          epilogue: OneDNN.Epilogue(accumulates: shortcut != nil, rectifies: isRectified))
      }
    }
  }
}

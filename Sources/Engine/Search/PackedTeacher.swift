/// A teacher's folded weights, transformed once into the layouts in which every student's are a prefix of them.
///
/// Unchecked: the memory is written in `init` and read from then on.
final class PackedTeacher: @unchecked Sendable {
  typealias Weights = SharedWeightConvolution.Weights

  let stem: Weights
  /// By stage and index, as deep as was asked for.
  private let blocks: [[(first: Weights, second: Weights)]]
  private let memory: WorkingMemory

  /// - Parameters:
  ///   - depths: blocks of each stage to pack; students need no others.
  ///   - largestTile: of Winograd's forms: 4, 2, or 0 for none.
  init(_ teacher: FoldedResNet, imageSize: Int, depths: [Int], largestTile: Int) throws {
    typealias Convolution = SharedWeightConvolution
    var layers: [(convolution: FoldedResNet.Convolution, form: Convolution.Form, stride: Int)] = [
      // Its three input channels would leave the products of Winograd's forms too small.
      (teacher.stem[0], .direct, 1)
    ]
    let kept = teacher.blocks.filter { $0.description.index < depths[$0.description.stage] }
    for block in kept {
      let size = EmbeddingPlan.mapSize(stage: block.description.stage, imageSize: imageSize)
      let forms = block.description.forms(size: size, largestTile: largestTile)
      layers += [
        (block.convolutions[0], forms.first, block.description.stride),
        (block.convolutions[1], forms.second, 1),
      ]
    }
    let counts = layers.map { layer in
      let (outputs, inputs) = (layer.convolution.weight.shape[0], layer.convolution.weight.shape[1])
      return (
        weights: Weights.count(form: layer.form, inputs: inputs, outputs: outputs),
        bias: Convolution.padded(outputs)
      )
    }
    let memory = WorkingMemory(floats: counts.reduce(0) { $0 + $1.weights + $1.bias })
    var end = memory.base
    let packed = zip(layers, counts).map { layer, count in
      defer { end += count.weights + count.bias }
      return Weights(
        form: layer.form, stride: layer.stride, inputs: layer.convolution.weight.shape[1],
        outputs: layer.convolution.weight.shape[0], base: end, bias: end + count.weights)
    }
    let filling = Filling(layers: layers.map(\.convolution), packed: packed)
    try Workers.perform(pieces: layers.count) { filling.fill($0) }
    self.memory = memory
    stem = packed[0]
    var blocks: [[(Weights, Weights)]] = depths.map { _ in [] }
    for (place, block) in kept.enumerated() {
      blocks[block.description.stage].append((packed[1 + 2 * place], packed[2 + 2 * place]))
    }
    self.blocks = blocks
  }

  func weights(for block: Architecture.Block) -> (first: Weights, second: Weights) {
    blocks[block.stage][block.index]
  }

  /// Unchecked: workers write to different layers.
  private struct Filling: @unchecked Sendable {
    let layers: [FoldedResNet.Convolution]
    let packed: [Weights]

    func fill(_ layer: Int) {
      SharedWeightConvolution.pack(layers[layer].weight, bias: layers[layer].bias, into: packed[layer])
    }
  }
}

extension Architecture.Block {
  /// How the two convolutions of a teacher's block are computed on maps of `size` x `size` outputs. Those of its students are
  /// computed in the same way, however narrow they are, for they read the same weights.
  func forms(
    size: Int, largestTile: Int
  ) -> (first: SharedWeightConvolution.Form, second: SharedWeightConvolution.Form) {
    func best(_ inputs: Int, stride: Int) -> SharedWeightConvolution.Form {
      .best(size: size, stride: stride, inputs: inputs, largestTile: largestTile)
    }
    return (best(inputChannels, stride: stride), best(outputChannels, stride: 1))
  }
}

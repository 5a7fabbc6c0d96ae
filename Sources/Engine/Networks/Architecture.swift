/// One network of a ResNet space: the width of every block, stage by stage.
///
/// Its text form lists the widths with `-` between blocks and `/` between stages: `8-8/16/12-32/64-64` has
/// depths 2, 1, 2, 2.
package struct Architecture: Sendable, Hashable, Comparable {
  /// Output channels of each block, one array a stage; no stage is empty.
  package var stages: [[Int]]

  package init(stages: [[Int]]) { self.stages = stages }

  package var depths: [Int] { stages.map(\.count) }

  /// Blocks in all stages.
  package var depth: Int { depths.reduce(0, +) }

  /// Channels of the stem, which follows the first block (so a student's stem is narrower than its teacher's).
  package var stemWidth: Int { stages[0][0] }

  /// Channels of the last feature map.
  package var outputWidth: Int { stages.last?.last ?? 0 }

  package var text: String {
    stages.map { $0.map(String.init).joined(separator: "-") }.joined(separator: "/")
  }

  /// Reads the text form; nil where it is not one. Whether the network belongs to a space is the space's to say.
  package init?(text: String) {
    var stages: [[Int]] = []
    for stage in text.split(separator: "/", omittingEmptySubsequences: false) {
      var widths: [Int] = []
      for width in stage.split(separator: "-", omittingEmptySubsequences: false) {
        // One spelling a network: no signs, no leading zeros.
        guard let value = Int(width), value > 0, value <= 1 << 16, String(value) == width else { return nil }
        widths.append(value)
      }
      stages.append(widths)
    }
    self.stages = stages
  }

  package static func < (a: Architecture, b: Architecture) -> Bool {
    for (left, right) in zip(a.stages, b.stages) where left != right {
      return left.lexicographicallyPrecedes(right)
    }
    return a.stages.count < b.stages.count
  }

  /// One residual block: where it stands and how wide it is.
  package struct Block: Sendable, Hashable {
    package var stage: Int
    package var index: Int
    package var inputChannels: Int
    package var outputChannels: Int
    package var stride: Int
    /// The prefix of the block's tensors, as PyTorch's ResNets name them: `layer1.0`.
    package var name: String { "layer\(stage + 1).\(index)" }
  }

  /// All blocks from the stem to the head. A stage's first block halves the image, but not in the first stage.
  package var blocks: [Block] {
    var blocks: [Block] = []
    var channels = stemWidth
    for (stage, widths) in stages.enumerated() {
      for (index, width) in widths.enumerated() {
        blocks.append(
          Block(
            stage: stage, index: index, inputChannels: channels, outputChannels: width,
            stride: index == 0 && stage > 0 ? 2 : 1))
        channels = width
      }
    }
    return blocks
  }

  /// Cost of the network on one square image: convolutions and, with `classes`, the head.
  package func cost(imageSize: Int, inputChannels: Int = 3, classes: Int = 0) -> ArchitectureCost {
    var multiplyAdds = 0
    var parameters = 0
    var size = imageSize
    func convolution(_ inputs: Int, _ outputs: Int) {
      multiplyAdds += size * size * inputs * outputs * 9
      parameters += inputs * outputs * 9 + 2 * outputs
    }
    convolution(inputChannels, stemWidth)
    for block in blocks {
      if block.stride == 2 { size = (size + 1) / 2 }
      convolution(block.inputChannels, block.outputChannels)
      convolution(block.outputChannels, block.outputChannels)
    }
    if classes > 0 {
      multiplyAdds += outputWidth * classes
      parameters += (outputWidth + 1) * classes
    }
    return ArchitectureCost(multiplyAdds: multiplyAdds, parameters: parameters)
  }
}

/// What a network costs.
package struct ArchitectureCost: Sendable, Hashable {
  /// Multiply-adds for one image; the field also calls them MACs.
  package var multiplyAdds: Int
  package var parameters: Int
}

/// What the blocks and the stem of a network are made of.
package enum BlockKind: Sendable, Hashable {
  /// Two 3x3 convolutions and a shortcut without parameters, behind a stem of one (paper, Appendix A).
  case basic
  /// A 3x3 convolution between two 1x1 ones, behind a stem of three and a pool: once-for-all's ResNet50 (Cai et al., ICLR
  /// 2020; paper, Section 5.5).
  case bottleneck(Bottleneck)

  package struct Bottleneck: Sendable, Hashable {
    /// The 3x3 convolution's width as a fraction of the block's.
    package var expansion: Double
    /// Channels that leave the stem.
    package var stemWidth: Int

    package init(expansion: Double, stemWidth: Int) {
      self.expansion = expansion
      self.stemWidth = stemWidth
    }
  }

  /// How much smaller the maps of the last stage are than the images, on each side.
  package var reduction: Int {
    switch self {
    case .basic: 8
    case .bottleneck: 32
    }
  }

  /// The next multiple of 8 that is not much smaller, as once-for-all rounds channels.
  static func rounded(_ width: Double) -> Int {
    let near = max(8, Int(width + 4) / 8 * 8)
    return Double(near) < 0.9 * width ? near + 8 : near
  }
}

/// One network of a ResNet space: the width of every block, stage by stage.
///
/// Its text form lists the widths with `-` between blocks and `/` between stages: `8-8/16/12-32/64-64` has
/// depths 2, 1, 2, 2. Bottleneck blocks follow with their expansion and the width of the stem: `…/64-64:0.35:16`.
package struct Architecture: Sendable, Hashable, Comparable {
  /// Output channels of each block, one array a stage; no stage is empty.
  package var stages: [[Int]]
  package var kind = BlockKind.basic

  package init(stages: [[Int]], kind: BlockKind = .basic) {
    self.stages = stages
    self.kind = kind
  }

  package var depths: [Int] { stages.map(\.count) }

  /// Blocks in all stages.
  package var depth: Int { depths.reduce(0, +) }

  /// Channels of the stem. With basic blocks it follows the first one, so a student's is narrower than its teacher's.
  package var stemWidth: Int {
    switch kind {
    case .basic: stages[0][0]
    case .bottleneck(let bottleneck): bottleneck.stemWidth
    }
  }

  /// Channels of the last feature map.
  package var outputWidth: Int { stages.last?.last ?? 0 }

  package var text: String {
    let widths = stages.map { $0.map(String.init).joined(separator: "-") }.joined(separator: "/")
    guard case .bottleneck(let bottleneck) = kind else { return widths }
    return "\(widths):\(bottleneck.expansion):\(bottleneck.stemWidth)"
  }

  /// Reads the text form; nil where it is not one. Whether the network belongs to a space is the space's to say.
  package init?(text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var stages: [[Int]] = []
    for stage in parts[0].split(separator: "/", omittingEmptySubsequences: false) {
      var widths: [Int] = []
      for width in stage.split(separator: "-", omittingEmptySubsequences: false) {
        // One spelling a network: no signs, no leading zeros.
        guard let value = Int(width), value > 0, value <= 1 << 16, String(value) == width else { return nil }
        widths.append(value)
      }
      stages.append(widths)
    }
    self.stages = stages
    guard parts.count > 1 else { return }
    guard parts.count == 3, let expansion = Double(parts[1]), "\(expansion)" == parts[1],
      (0.01...4).contains(expansion), let stem = Int(parts[2]), String(stem) == parts[2],
      (1...1 << 16).contains(stem)
    else { return nil }
    kind = .bottleneck(BlockKind.Bottleneck(expansion: expansion, stemWidth: stem))
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
    package var kind = BlockKind.basic
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
            stride: index == 0 && stage > 0 ? 2 : 1, kind: kind))
        channels = width
      }
    }
    return blocks
  }

  /// Cost of the network on one square image: convolutions and, with `classes`, the head.
  package func cost(imageSize: Int, inputChannels: Int = 3, classes: Int = 0) -> ArchitectureCost {
    var cost = ArchitectureCost(multiplyAdds: 0, parameters: 0)
    var size = imageSize
    for layer in stem {
      size = (size + layer.stride - 1) / layer.stride
      cost.add(layer, size: size)
    }
    if kind != .basic { size = (size + 1) / 2 }
    for block in blocks {
      for layer in block.convolutions {
        size = (size + layer.stride - 1) / layer.stride
        cost.add(layer, size: size)
      }
      if let projection = block.projection { cost.add(projection, size: size) }
    }
    if classes > 0 {
      cost.multiplyAdds += outputWidth * classes
      cost.parameters += (outputWidth + 1) * classes
    }
    return cost
  }
}

/// What a network costs.
package struct ArchitectureCost: Sendable, Hashable {
  /// Multiply-adds for one image; the field also calls them MACs.
  package var multiplyAdds: Int
  package var parameters: Int

  /// - Parameter size: height and width of what the layer puts out.
  fileprivate mutating func add(_ layer: ConvolutionLayer, size: Int) {
    let weights = layer.inputChannels * layer.outputChannels * layer.kernel * layer.kernel
    multiplyAdds += size * size * weights
    parameters += weights + 2 * layer.outputChannels
  }
}

/// Which blocks run for some students of a pool, in which order, and where their feature maps lie.
///
/// Students that begin alike share their first maps: the plan is a tree whose nodes are blocks applied to the map of
/// their parent. Children of one parent at one place of the network differ in width alone: what one makes of the parent's
/// map before its last convolution is the beginning of what a wider one makes, and so are the sums of the last one, up to
/// the positive part. They run together, and take as many multiplications as the widest alone. Families
/// whose blocks are the same ones use the same slices of the teacher's weights, and are one step, for their images are multiplied
/// with these weights together. Steps of a level do not depend on each other.
package struct EmbeddingPlan: Sendable {
  /// One block on one map.
  package struct Node: Sendable {
    package var block: Architecture.Block
    /// The node whose map it reads; nil for the stem's.
    package var parent: Int?
    /// Where its map begins in the arena, in floats.
    package var place: Int
  }

  /// Families of nodes that run together.
  package struct Step: Sendable {
    /// The blocks of every family, the widest last; they read the same channels.
    package var blocks: [Architecture.Block]
    /// Family by family.
    package var nodes: [Int]
    /// Of the widest block of all families.
    package var multiplyAdds: Int

    package var families: Int { nodes.count / blocks.count }
    package var widest: Architecture.Block { blocks[blocks.count - 1] }
  }

  package private(set) var nodes: [Node] = []
  /// Block after block from the stem to the last stage.
  package private(set) var levels: [[Step]] = []
  /// The node of each student's last block; equal students have the same.
  package private(set) var leaves: [Int] = []
  /// Size of the arena.
  package private(set) var floats = 0
  /// What the students would take one by one, without the stem.
  package private(set) var multiplyAddsUnshared = 0

  /// Pixels of the families' maps in one step, so that steps are even in length and what lies between their layers stays near.
  static let pixelsPerStep = 4096

  /// - Parameter students: sorted.
  package init(_ students: [Architecture], imageSize: Int) {
    let sizes = (0..<(students.first?.stages.count ?? 0)).map {
      Self.mapSize(stage: $0, imageSize: imageSize)
    }
    growTree(students, sizes: sizes)
    groupIntoSteps(sizes: sizes)
    placeMaps(sizes: sizes)
  }

  /// Height and width of the maps of a stage.
  static func mapSize(stage: Int, imageSize: Int) -> Int {
    (0..<stage).reduce(imageSize) { size, _ in (size + 1) / 2 }
  }

  package var multiplyAdds: Int { levels.joined().reduce(0) { $0 + $1.multiplyAdds } }

  /// Multiplications in the forms that the layers of a teacher are computed in, padding and rests of tiles included.
  package func multiplications(teacher: Architecture, imageSize: Int, largestTile: Int) -> Int {
    let whole = Dictionary(uniqueKeysWithValues: teacher.blocks.map { (Position($0), $0) })
    return levels.joined().reduce(0) { sum, step in
      let size = Self.mapSize(stage: step.widest.stage, imageSize: imageSize)
      let forms = (whole[Position(step.widest)] ?? step.widest).forms(size: size, largestTile: largestTile)
      // By definition sums do not go on from block to block.
      let blocks = forms.second == .direct ? step.blocks : [step.widest]
      let ofOne =
        step.widest.inputChannels * step.widest.outputChannels * forms.first.multiplications(size: size)
        + blocks.reduce(0) { $0 + $1.outputChannels * $1.outputChannels }
        * forms.second.multiplications(size: size)
      return sum + step.families * ofOne
    }
  }

  // MARK: Making

  private mutating func growTree(_ students: [Architecture], sizes: [Int]) {
    var path: [Int] = []
    for student in students {
      let blocks = student.blocks
      let shared = zip(path, blocks).prefix { nodes[$0].block == $1 }.count
      path.removeLast(path.count - shared)
      for block in blocks[shared...] {
        nodes.append(Node(block: block, parent: path.last, place: 0))
        path.append(nodes.count - 1)
      }
      if let last = path.last { leaves.append(last) }
      multiplyAddsUnshared += blocks.reduce(0) { $0 + $1.multiplyAdds(size: sizes[$1.stage]) }
    }
  }

  private mutating func groupIntoSteps(sizes: [Int]) {
    let byPosition = Dictionary(grouping: nodes.indices) { Position(nodes[$0].block) }
    let positions = byPosition.keys.sorted { ($0.stage, $0.index) < ($1.stage, $1.index) }
    levels = positions.map { position in
      let size = sizes[position.stage]
      let most = max(1, Self.pixelsPerStep / (size * size))
      let families = Dictionary(grouping: byPosition[position] ?? []) { Family(nodes[$0]) }
        .values.sorted { $0[0] < $1[0] }
      var steps: [Step] = []
      for (blocks, members) in Dictionary(grouping: families, by: { $0.map { nodes[$0].block } }) {
        let multiplyAdds = blocks.last?.multiplyAdds(size: size) ?? 0
        // Equal parts, none larger than the most.
        let parts = (members.count + most - 1) / most
        for part in 0..<parts {
          let some = members[members.count * part / parts..<members.count * (part + 1) / parts]
          steps.append(
            Step(blocks: blocks, nodes: some.flatMap(\.self), multiplyAdds: some.count * multiplyAdds))
        }
      }
      // The longest first, so that workers end together.
      return steps.sorted {
        ($1.multiplyAdds, $0.nodes[0]) < ($0.multiplyAdds, $1.nodes[0])
      }
    }
  }

  /// Gives every map a place that is free from the level that writes it to the last one that reads it. The maps of
  /// the leaves come first, in a row.
  private mutating func placeMaps(sizes: [Int]) {
    var lastReader = [Int](repeating: -1, count: nodes.count)
    var isLeaf = [Bool](repeating: false, count: nodes.count)
    for (number, level) in levels.enumerated() {
      for node in level.joined(\.nodes) {
        if let parent = nodes[node].parent { lastReader[parent] = number }
      }
    }
    func floats(_ node: Int) -> Int {
      let block = nodes[node].block
      return sizes[block.stage] * sizes[block.stage] * SharedWeightConvolution.padded(block.outputChannels)
    }
    var end = 0
    for leaf in leaves where !isLeaf[leaf] {
      isLeaf[leaf] = true
      nodes[leaf].place = end
      end += floats(leaf)
    }
    var arena = PlaceAllocator(start: end)
    var readUntil: [Int: [Int]] = [:]
    for node in nodes.indices where !isLeaf[node] { readUntil[lastReader[node], default: []].append(node) }
    for (number, level) in levels.enumerated() {
      for node in level.joined(\.nodes) where !isLeaf[node] { nodes[node].place = arena.take(floats(node)) }
      for node in readUntil[number] ?? [] { arena.giveBack(nodes[node].place, floats(node)) }
    }
    self.floats = arena.end
  }
}

extension [EmbeddingPlan.Step] {
  fileprivate func joined(_ part: (EmbeddingPlan.Step) -> [Int]) -> [Int] { flatMap(part) }
}

extension Architecture.Block {
  /// Of both convolutions, on maps of `size` x `size` outputs.
  func multiplyAdds(size: Int) -> Int { size * size * 9 * outputChannels * (inputChannels + outputChannels) }
}

/// Nodes of one position that read the same channels of the same map.
private struct Family: Hashable {
  var parent: Int?
  /// Of the stem's map, which has no node, students read as many as their first block is wide.
  var inputChannels: Int

  init(_ node: EmbeddingPlan.Node) { (parent, inputChannels) = (node.parent, node.block.inputChannels) }
}

/// A place in networks.
private struct Position: Hashable {
  var stage, index: Int

  init(_ block: Architecture.Block) { (stage, index) = (block.stage, block.index) }
}

extension EmbeddingPlan: CustomStringConvertible {
  /// A line a level: steps, nodes and multiply-adds; then what sharing saves.
  package var description: String {
    let lines = levels.compactMap { level -> String? in
      guard let first = level.first else { return nil }
      let count = level.reduce(0) { $0 + $1.nodes.count }
      let cost = level.reduce(0) { $0 + $1.multiplyAdds }
      return "\(first.widest.name): \(count) maps in \(level.count) steps, \(cost / 1_000_000)M multiply-adds"
    }
    let total =
      "\(leaves.count) students, \(multiplyAdds / 1_000_000)M of \(multiplyAddsUnshared / 1_000_000)M multiply-adds, "
      + "\(floats * MemoryLayout<Float>.stride >> 20) MiB of maps"
    return (lines + [total]).joined(separator: "\n")
  }
}

/// Places in a growing arena, the lowest free one first.
private struct PlaceAllocator {
  private(set) var end: Int
  private var free: [Range<Int>] = []

  init(start: Int) { end = start }

  mutating func take(_ count: Int) -> Int {
    if let index = free.firstIndex(where: { $0.count >= count }) {
      let place = free[index].lowerBound
      if free[index].count == count {
        free.remove(at: index)
      } else {
        free[index] = place + count..<free[index].upperBound
      }
      return place
    }
    // What is free at the end grows.
    if let last = free.last, last.upperBound == end {
      free.removeLast()
      end = last.lowerBound + count
      return last.lowerBound
    }
    defer { end += count }
    return end
  }

  mutating func giveBack(_ place: Int, _ count: Int) {
    var range = place..<place + count
    var low = 0
    var high = free.count
    while low < high {
      let middle = (low + high) / 2
      if free[middle].lowerBound < place { low = middle + 1 } else { high = middle }
    }
    if low < free.count, free[low].lowerBound == range.upperBound {
      range = range.lowerBound..<free[low].upperBound
      free.remove(at: low)
    }
    if low > 0, free[low - 1].upperBound == range.lowerBound {
      free[low - 1] = free[low - 1].lowerBound..<range.upperBound
    } else {
      free.insert(range, at: low)
    }
  }
}

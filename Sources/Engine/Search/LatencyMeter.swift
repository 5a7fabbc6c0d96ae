/// Measures how long students take for one image on one thread of this machine, by the kernels that score them: those of
/// plans for basic blocks, the folded network's for others.
///
/// A student's own time is measured as a whole. Whole pools are estimated: every block that occurs in them is measured
/// by itself, and a student's estimate is the sum.
package final class LatencyMeter {
  /// Repetitions before those that count: caches and the processor's clock settle.
  package static let warmUp = 3
  package static let repetitions = 11

  /// Seconds.
  package struct Latency: Sendable, Hashable {
    package var median: Double
    package var least: Double
    package var most: Double
  }

  /// Nil for bottleneck blocks.
  private let execution: PlanExecution?
  private let embedding: NoiseEmbedding
  private let imageSize: Int
  private var stems: [Int: Double] = [:]
  private var blocks: [Architecture.Block: Double] = [:]

  package init(_ embedding: NoiseEmbedding) throws {
    imageSize = embedding.space.imageSize
    self.embedding = embedding
    guard embedding.space.kind == .basic else {
      execution = nil
      return
    }
    execution = PlanExecution(
      teacher: try PackedTeacher(
        embedding.teacher, imageSize: imageSize, depths: embedding.teacher.architecture.depths, largestTile: 8
      ),
      noise: embedding.noise, workers: 1)
  }

  /// - Throws: `Cancelled`.
  package func measure(_ student: Architecture, cancellation: CancellationToken) throws -> Latency {
    guard let execution else {
      let network = Remapping.first.student(student, of: embedding.teacher)
      return try time(cancellation) { _ = network.map(embedding.noise) }
    }
    let plan = EmbeddingPlan([student], imageSize: imageSize)
    return try time(cancellation) {
      execution.runStem(width: student.stemWidth)
      execution.runOnce(plan)
    }
  }

  /// The sum over a student's blocks, in seconds; each block is measured once.
  ///
  /// - Throws: `Cancelled`.
  package func estimate(_ student: Architecture, cancellation: CancellationToken) throws -> Double {
    let network = Remapping.first.student(student, of: embedding.teacher)
    var sum = try stems[student.stemWidth] ?? time(cancellation) { runStem(of: network) }.median
    stems[student.stemWidth] = stems[student.stemWidth] ?? sum
    for block in network.blocks {
      let seconds = try blocks[block.description] ?? time(cancellation, alone(block)).median
      blocks[block.description] = seconds
      sum += seconds
    }
    return sum
  }

  private func runStem(of network: FoldedResNet) {
    guard let execution else {
      _ = network.applyStem(embedding.noise)
      return
    }
    execution.runStem(width: network.architecture.stemWidth)
  }

  /// One block on an image of any content.
  private func alone(_ block: FoldedResNet.Block) -> () -> Void {
    if let execution { return { execution.runAlone(block.description) } }
    let first = imageSize / (embedding.space.kind.reduction / 8)
    let size =
      EmbeddingPlan.mapSize(stage: block.description.stage, imageSize: first) * block.description.stride
    let input = Tensor<Float>(repeating: 0, shape: [1, size, size, block.description.inputChannels])
    return { _ = FoldedResNet.apply(block, to: input) }
  }

  private func time(_ cancellation: CancellationToken, _ work: () -> Void) throws -> Latency {
    for _ in 0..<Self.warmUp { work() }
    let seconds = try (0..<Self.repetitions).map { _ in
      try cancellation.check()
      let start = ContinuousClock.now
      work()
      return (ContinuousClock.now - start) / .seconds(1)
    }.sorted()
    return Latency(
      median: seconds[Self.repetitions / 2], least: seconds[0], most: seconds[Self.repetitions - 1])
  }
}

/// Measures how long students take for one image on one thread of this machine, by the kernels that score them.
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

  private let execution: PlanExecution
  private let imageSize: Int
  private var stems: [Int: Double] = [:]
  private var blocks: [Architecture.Block: Double] = [:]

  package init(_ embedding: NoiseEmbedding) throws {
    imageSize = embedding.space.imageSize
    execution = PlanExecution(
      teacher: try PackedTeacher(
        embedding.teacher, imageSize: imageSize, depths: embedding.teacher.architecture.depths, largestTile: 4
      ),
      noise: embedding.noise, workers: 1)
  }

  /// - Throws: `Cancelled`.
  package func measure(_ student: Architecture, cancellation: CancellationToken) throws -> Latency {
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
    var sum =
      try stems[student.stemWidth]
      ?? time(cancellation) { execution.runStem(width: student.stemWidth) }.median
    stems[student.stemWidth] = stems[student.stemWidth] ?? sum
    for block in student.blocks {
      let seconds = try blocks[block] ?? time(cancellation) { execution.runAlone(block) }.median
      blocks[block] = seconds
      sum += seconds
    }
    return sum
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

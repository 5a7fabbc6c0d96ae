import Synchronization

/// Embeds many students, part by part in sorted order, so that memory is bounded however large the pool is.
///
/// Where the remapping takes the first channels, a student's weights are a prefix of its teacher's, and parts run by
/// plans over weights that are transformed once (`EmbeddingPlan`, `PackedTeacher`). Other settings, and bottleneck blocks, go the simple way.
package final class PoolEmbedding: Sendable {
  private let embedding: NoiseEmbedding
  private let execution: PlanExecution?
  private let workers: Int

  /// Students of a part. More of them share more, and keep more maps at a time.
  static let partSize = 512
  /// Floats of maps that a part may keep: 256 MiB.
  private static let partLimit = 1 << 26
  /// Students whose results are asked for together.
  private static let chunk = 64

  /// - Parameters:
  ///   - depths: the most blocks of each stage that students will have.
  ///   - largestTile: of Winograd's forms; 2 rounds less than 4, and 0 computes by definition.
  package init(
    _ embedding: NoiseEmbedding, depths: [Int], workers: Int = Workers.count, largestTile: Int = 8
  ) throws {
    self.embedding = embedding
    self.workers = workers
    guard embedding.settings.allowsPlans, embedding.space.kind == .basic else {
      execution = nil
      return
    }
    execution = PlanExecution(
      teacher: try PackedTeacher(
        embedding.teacher, imageSize: embedding.space.imageSize, depths: depths, largestTile: largestTile),
      noise: embedding.noise, workers: workers)
  }

  package convenience init(
    _ embedding: NoiseEmbedding, for students: [Architecture], workers: Int = Workers.count,
    largestTile: Int = 8
  ) throws {
    try self.init(
      embedding, depths: Self.depths(of: students, in: embedding.space), workers: workers,
      largestTile: largestTile)
  }

  /// The most blocks of each stage that any of the students has.
  package static func depths(of students: [Architecture], in space: ResNetSpace) -> [Int] {
    students.reduce(into: space.widths.map { _ in 0 }) { depths, student in
      for (stage, blocks) in student.stages.enumerated() { depths[stage] = max(depths[stage], blocks.count) }
    }
  }

  /// What `body` makes of the students' maps and codes, in the order of `students`.
  ///
  /// - Parameters:
  ///   - body: called with some of the students at a time, from several threads; gives a result for each.
  ///   - stage: the name of the progress, which counts students.
  /// - Throws: `Cancelled`, and what `body` throws.
  package func results<Result: Sendable>(
    of students: [Architecture], supervision: Supervision, stage: String,
    body: @escaping @Sendable (StudentInputs<Float>) throws -> [Result]
  ) throws -> [Result] {
    let order = SortedStudents(students)
    let progress = ProgressCounter(total: students.count, stage: stage, sink: supervision.progress)
    var results: [Result] = []
    results.reserveCapacity(order.distinct.count)
    while results.count < order.distinct.count {
      try supervision.cancellation.check()
      let rest = order.distinct[results.count...]
      let part: [Result]
      if let execution {
        part = try planned(rest, execution, order, supervision.cancellation, progress, body)
      } else {
        part = try simple(rest, order, supervision.cancellation, progress, body)
      }
      results += part
    }
    return order.places.map { results[$0] }
  }

  /// Multiply-adds of students one by one and with shared beginnings, and multiplications in Winograd's forms.
  package static func cost(
    of students: [Architecture], space: ResNetSpace, largestTile: Int = 8
  ) -> (unshared: Int, shared: Int, multiplications: Int) {
    let order = SortedStudents(students)
    var cost = (unshared: 0, shared: 0, multiplications: 0)
    for start in stride(from: 0, to: order.distinct.count, by: partSize) {
      let part = Array(order.distinct[start...].prefix(partSize))
      let plan = EmbeddingPlan(part, imageSize: space.imageSize)
      cost.unshared += plan.multiplyAddsUnshared
      cost.shared += plan.multiplyAdds
      cost.multiplications += plan.multiplications(
        teacher: space.teacher, imageSize: space.imageSize, largestTile: largestTile)
    }
    return cost
  }

  /// The first part of `rest`.
  private func planned<Result: Sendable>(
    _ rest: ArraySlice<Architecture>, _ execution: PlanExecution, _ order: SortedStudents,
    _ cancellation: CancellationToken, _ progress: ProgressCounter,
    _ body: @escaping @Sendable (StudentInputs<Float>) throws -> [Result]
  ) throws -> [Result] {
    var part = rest.prefix(Self.partSize)
    var plan = EmbeddingPlan(Array(part), imageSize: embedding.space.imageSize)
    while plan.floats > Self.partLimit, part.count > 1 {
      part = part.prefix(part.count / 2)
      plan = EmbeddingPlan(Array(part), imageSize: embedding.space.imageSize)
    }
    let steps = StepProgress(
      progress, students: order.count(of: part.indices), multiplyAdds: plan.multiplyAdds)
    try execution.run(plan, cancellation: cancellation) { steps.advance(by: $0) }
    let (students, done) = (part, plan)
    let results = try chunks(of: students.indices) { [embedding] range in
      try cancellation.check()
      let places = range.lowerBound - students.startIndex..<range.upperBound - students.startIndex
      let maps = execution.maps(places, of: done)
      return try body(StudentInputs(maps: maps, codes: embedding.codes(of: students[range])))
    }
    steps.finish()
    return results
  }

  private func simple<Result: Sendable>(
    _ rest: ArraySlice<Architecture>, _ order: SortedStudents, _ cancellation: CancellationToken,
    _ progress: ProgressCounter, _ body: @escaping @Sendable (StudentInputs<Float>) throws -> [Result]
  ) throws -> [Result] {
    let part = rest.prefix(Self.partSize)
    return try chunks(of: part.indices) { [embedding] range in
      var simple = SimpleEmbedding(embedding)
      var maps: [Tensor<Float>] = []
      for student in part[range] {
        try cancellation.check()
        maps.append(simple.map(of: student))
      }
      let inputs = StudentInputs(maps: .concatenated(maps, axis: 0), codes: embedding.codes(of: part[range]))
      let results = try body(inputs)
      progress.advance(by: order.count(of: range))
      return results
    }
  }

  private func chunks<Result: Sendable>(
    of range: Range<Int>, body: @escaping @Sendable (Range<Int>) throws -> [Result]
  ) throws -> [Result] {
    let starts = Array(stride(from: range.lowerBound, to: range.upperBound, by: Self.chunk))
    return try Workers.map(pieces: starts.count, workers: workers) { piece in
      try body(starts[piece]..<min(starts[piece] + Self.chunk, range.upperBound))
    }.flatMap(\.self)
  }
}

/// A pool in sorted order, each student once.
private struct SortedStudents {
  private(set) var distinct: [Architecture] = []
  /// The place in `distinct` of each student of the pool.
  private(set) var places: [Int]
  /// How often each distinct student occurs.
  private var occurrences: [Int] = []

  init(_ students: [Architecture]) {
    places = [Int](repeating: 0, count: students.count)
    for index in students.indices.sorted(by: { students[$0] < students[$1] }) {
      if distinct.last != students[index] {
        distinct.append(students[index])
        occurrences.append(0)
      }
      places[index] = distinct.count - 1
      occurrences[distinct.count - 1] += 1
    }
  }

  /// Students of the pool in a range of `distinct`.
  func count(of range: Range<Int>) -> Int { occurrences[range].reduce(0, +) }
}

/// Turns the multiply-adds done of a part into students done.
private final class StepProgress: Sendable {
  private let progress: ProgressCounter
  private let students: Int
  private let multiplyAdds: Int
  private let state = Mutex((done: 0, told: 0))

  init(_ progress: ProgressCounter, students: Int, multiplyAdds: Int) {
    self.progress = progress
    self.students = students
    self.multiplyAdds = max(multiplyAdds, 1)
  }

  func advance(by count: Int) {
    state.withLock { state in
      state.done += count
      // The last student counts once its result is there.
      let reached = (students - 1) * state.done / multiplyAdds
      guard reached > state.told else { return }
      progress.advance(by: reached - state.told)
      state.told = reached
    }
  }

  func finish() {
    state.withLock { state in
      progress.advance(by: students - state.told)
      state.told = students
    }
  }
}

import Engine

/// A method that was made several times with other seeds. It ranks by the mean of their scores; comparisons tell its
/// runs apart, to see how much chance there is in it.
struct SeveralRuns: RankingMethod {
  let runs: [any RankingMethod]

  /// - Parameter runs: of one method, at least two.
  init(_ runs: [any RankingMethod]) { self.runs = runs }

  /// One method alone, or all of them together.
  static func of(_ methods: [any RankingMethod]) -> any RankingMethod {
    methods.count == 1 ? methods[0] : SeveralRuns(methods)
  }

  var summary: String { "\(runs.count) runs of: \(runs[0].summary)" }
  var predictsAccuracy: Bool { runs.allSatisfy(\.predictsAccuracy) }

  var support: [String: SupportStudents] {
    runs.reduce(into: [:]) { all, run in
      all.merge(run.support) { one, other in
        SupportStudents(
          students: one.students + other.students, accuracies: one.accuracies + other.accuracies)
      }
    }
  }

  /// - Returns: the runs themselves, if there are as many.
  func repeated(_ count: Int) -> [any RankingMethod] { count == runs.count ? runs : [] }

  var unadapted: (any RankingMethod)? {
    let plain = runs.compactMap(\.unadapted)
    return plain.count == runs.count ? SeveralRuns(plain) : nil
  }

  func secondsToCollect(for task: MeasuredTask, cancellation: CancellationToken) throws -> Double? {
    try runs.first?.secondsToCollect(for: task, cancellation: cancellation)
  }

  /// The widest of its runs'.
  func predictionInterval(coverage: Double) -> ConformalInterval? {
    let intervals = runs.compactMap { $0.predictionInterval(coverage: coverage) }
    return intervals.count == runs.count ? intervals.max { $0.halfWidth < $1.halfWidth } : nil
  }

  func details() -> [(label: String, value: String)] {
    runs.enumerated().flatMap { index, run in
      run.details().map { ("run \(index + 1), \($0.label)", $0.value) }
    }
  }

  func scores(
    of students: [Architecture], for task: RankingTask, supervision: Supervision, stage: String
  ) throws -> [Double] {
    var task = task
    // All runs see the students alike.
    if task.embedded == nil { task.embedded = EmbeddedStudents() }
    return mean(
      try runs.enumerated().map { index, run in
        try run.scores(
          of: students, for: task, supervision: supervision,
          stage: "\(stage), run \(index + 1) of \(runs.count)")
      })
  }

  func scorer(
    for task: RankingTask, space: ResNetSpace, stage: String
  ) throws -> ([Architecture], Supervision) throws -> [Double] {
    let scorers = try runs.map { try $0.scorer(for: task, space: space, stage: stage) }
    return { students, supervision in mean(try scorers.map { try $0(students, supervision) }) }
  }

  private func mean(_ scores: [[Double]]) -> [Double] {
    (scores.first ?? []).indices.map { place in
      scores.reduce(0) { $0 + $1[place] } / Double(scores.count)
    }
  }
}

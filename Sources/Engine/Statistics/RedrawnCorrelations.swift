/// Spearman's correlations of several methods on the same redrawn runs and students, so that any two of them can be
/// compared (percentile bootstrap, paired).
///
/// Each repetition draws as many runs as there are, and as many students, which are the same for all runs and all
/// methods: how a method came out is shared by its students, and how hard a student is to rank is shared by the runs.
package struct RedrawnCorrelations: Sendable, Hashable {
  /// Of each method, the mean over its runs; nil where it is not defined.
  package private(set) var values: [Double?]
  /// Of each method and repetition; NaN where it is not defined.
  private var draws: [[Double]]

  /// - Parameter methods: the runs of each method, as many for all. Run for run they are paired: with the same seed, or
  ///   against the same measurement.
  /// - Returns: nil where methods have other numbers of runs, or runs other numbers of students.
  package init?(
    _ methods: [[RankedRun]], seed: UInt64 = 0, repetitions: Int = Bootstrap.repetitions
  ) {
    self.init(tasks: [methods], populations: [0], seed: seed, repetitions: repetitions)
  }

  /// The same for the mean over several tasks.
  ///
  /// - Parameters:
  ///   - tasks: for each task the runs of each method.
  ///   - populations: a number for each task; tasks with the same number have the same students in the same order, which
  ///     are then drawn once for all of them.
  package init?(
    tasks: [[[RankedRun]]], populations: [Int], seed: UInt64 = 0,
    repetitions: Int = Bootstrap.repetitions
  ) {
    guard let methods = tasks.first?.count, let runs = tasks.first?.first?.count, runs > 0,
      tasks.count == populations.count
    else { return nil }
    var sizes: [Int: Int] = [:]
    for (task, population) in zip(tasks, populations) {
      guard task.count == methods else { return nil }
      for run in task.joined() {
        guard run.predicted.count == run.measured.count,
          sizes[population, default: run.measured.count] == run.measured.count
        else { return nil }
        sizes[population] = run.measured.count
      }
      guard task.allSatisfy({ $0.count == runs }) else { return nil }
    }
    // The order of drawing is that of the tasks.
    let order = populations.indices.filter { populations.firstIndex(of: populations[$0]) == $0 }
    func means(_ drawnRuns: [Int], _ drawnStudents: [Int: [Int]]) -> [Double?] {
      (0..<methods).map { method in
        Self.mean(
          zip(tasks, populations).flatMap { task, population in
            drawnRuns.map { task[method][$0].spearman(of: drawnStudents[population] ?? []) }
          })
      }
    }
    values = means(Array(0..<runs), sizes.mapValues { Array(0..<$0) })
    var random = RandomSource(seed: seed, stream: "bootstrap")
    let drawn = (0..<repetitions).map { _ in
      // One run is not drawn: what a seed gives for it does not depend on there being others.
      let drawnRuns = runs == 1 ? [0] : (0..<runs).map { _ in random.integer(below: runs) }
      var students: [Int: [Int]] = [:]
      for place in order {
        let size = sizes[populations[place]] ?? 0
        students[populations[place]] = (0..<size).map { _ in random.integer(below: size) }
      }
      return (runs: drawnRuns, students: students)
    }
    let redrawn = Workers.shareMap(repetitions) { means(drawn[$0].runs, drawn[$0].students) }
    draws = (0..<methods).map { method in redrawn.map { $0[method] ?? .nan } }
  }

  /// The correlation of a method with its 95 % interval; nil where it is not defined.
  package func estimate(of method: Int) -> IntervalEstimate? {
    values[method].flatMap { Self.interval($0, draws[method]) }
  }

  /// How much larger the correlation of the first method is than that of the second.
  package func difference(_ first: Int, _ second: Int) -> IntervalEstimate? {
    guard let one = values[first], let other = values[second] else { return nil }
    return Self.interval(one - other, zip(draws[first], draws[second]).map { $0 - $1 })
  }

  private static func mean(_ values: [Double?]) -> Double? {
    let defined = values.compactMap(\.self)
    return defined.count < values.count ? nil : defined.mean
  }

  private static func interval(_ value: Double, _ draws: [Double]) -> IntervalEstimate? {
    let sorted = draws.filter { !$0.isNaN }.sorted()
    guard !sorted.isEmpty else { return nil }
    func quantile(_ fraction: Double) -> Double {
      sorted[min(max(Int((fraction * Double(sorted.count)).rounded(.down)), 0), sorted.count - 1)]
    }
    return IntervalEstimate(value: value, lower: quantile(0.025), upper: quantile(0.975))
  }
}

/// Whether one method ranks better than another, as far as the data tell.
package enum Verdict: String, Sendable, Hashable {
  case better, worse
  case notToldApart = "not told apart"

  /// Better or worse where the interval of the difference leaves out zero.
  package init(_ difference: IntervalEstimate) {
    self = difference.lower > 0 ? .better : difference.upper < 0 ? .worse : .notToldApart
  }
}

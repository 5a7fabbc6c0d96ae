/// An estimate with the interval that holds it in 95 of 100 repetitions.
package struct IntervalEstimate: Sendable, Hashable {
  package var value: Double
  package var lower: Double
  package var upper: Double

  package init(value: Double, lower: Double, upper: Double) {
    self.value = value
    self.lower = lower
    self.upper = upper
  }
}

/// What one run of a method predicted, beside what was measured. All runs that are put together are of the same
/// students in the same order.
package struct RankedRun: Sendable, Hashable {
  package var predicted: [Double]
  package var measured: [Double]

  package init(predicted: [Double], measured: [Double]) {
    self.predicted = predicted
    self.measured = measured
  }

  fileprivate func spearman(of students: [Int]) -> Double? {
    RankCorrelation.spearman(students.map { predicted[$0] }, students.map { measured[$0] })
  }
}

/// Intervals by drawing runs and students again, with replacement (percentile bootstrap).
///
/// Each repetition draws as many runs as there are, and as many students, which are the same for all runs: how a
/// method came out is shared by its students, and how hard a student is to rank is shared by the runs.
package enum Bootstrap {
  package static let repetitions = 2000

  /// Spearman's correlation, its mean over runs, with its 95 % interval; nil where it is not defined.
  package static func spearman(
    of runs: [RankedRun], seed: UInt64 = 0, repetitions: Int = repetitions
  ) -> IntervalEstimate? {
    interval(runs: runs.count, students: students(of: [runs]), seed: seed, repetitions: repetitions) {
      drawnRuns, drawnStudents in mean(drawnRuns.map { runs[$0].spearman(of: drawnStudents) })
    }
  }

  /// The difference in the mean of Spearman's correlation between two methods, on the same redrawn students.
  ///
  /// Run for run, the two are paired: with the same seed, or against the same measurement.
  package static func spearmanDifference(
    _ first: [RankedRun], _ second: [RankedRun], seed: UInt64 = 0, repetitions: Int = repetitions
  ) -> IntervalEstimate? {
    guard first.count == second.count else { return nil }
    return interval(
      runs: first.count, students: students(of: [first, second]), seed: seed, repetitions: repetitions
    ) { drawnRuns, drawnStudents in
      guard let a = mean(drawnRuns.map { first[$0].spearman(of: drawnStudents) }),
        let b = mean(drawnRuns.map { second[$0].spearman(of: drawnStudents) })
      else { return nil }
      return a - b
    }
  }

  /// How many students all runs have; nil where they differ.
  private static func students(of groups: [[RankedRun]]) -> Int? {
    let counts = Set(groups.joined().flatMap { [$0.predicted.count, $0.measured.count] })
    return counts.count == 1 ? counts.first : nil
  }

  private static func mean(_ values: [Double?]) -> Double? {
    let defined = values.compactMap(\.self)
    return defined.isEmpty || defined.count < values.count
      ? nil : defined.reduce(0, +) / Double(defined.count)
  }

  private static func interval(
    runs: Int, students: Int?, seed: UInt64, repetitions: Int, statistic: ([Int], [Int]) -> Double?
  ) -> IntervalEstimate? {
    guard let students, let value = statistic(Array(0..<runs), Array(0..<students)) else { return nil }
    var random = RandomSource(seed: seed, stream: "bootstrap")
    let draws = (0..<repetitions).compactMap { _ -> Double? in
      // One run is not drawn: what a seed gives for it does not depend on there being others.
      let drawnRuns = runs == 1 ? [0] : (0..<runs).map { _ in random.integer(below: runs) }
      return statistic(drawnRuns, (0..<students).map { _ in random.integer(below: students) })
    }
    guard !draws.isEmpty else { return nil }
    let sorted = draws.sorted()
    func quantile(_ fraction: Double) -> Double {
      sorted[min(max(Int((fraction * Double(sorted.count)).rounded(.down)), 0), sorted.count - 1)]
    }
    return IntervalEstimate(value: value, lower: quantile(0.025), upper: quantile(0.975))
  }
}

extension Bootstrap {
  /// The same for a single run.
  package static func spearman(
    _ predicted: [Double], _ measured: [Double], seed: UInt64 = 0, repetitions: Int = repetitions
  ) -> IntervalEstimate? {
    spearman(
      of: [RankedRun(predicted: predicted, measured: measured)], seed: seed, repetitions: repetitions)
  }

  /// The difference of two single runs on the same students.
  package static func pairedSpearmanDifference(
    _ first: [Double], _ second: [Double], measured: [Double], seed: UInt64 = 0,
    repetitions: Int = repetitions
  ) -> IntervalEstimate? {
    spearmanDifference(
      [RankedRun(predicted: first, measured: measured)], [RankedRun(predicted: second, measured: measured)],
      seed: seed, repetitions: repetitions)
  }
}

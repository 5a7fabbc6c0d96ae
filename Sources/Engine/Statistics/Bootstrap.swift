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

  /// Over some of the students, any of them several times; nil where it is not defined.
  func spearman(of students: [Int]) -> Double? {
    RankCorrelation.spearman(students.map { predicted[$0] }, students.map { measured[$0] })
  }
}

/// Intervals by drawing runs and students again, with replacement; `RedrawnCorrelations` tells how.
package enum Bootstrap {
  package static let repetitions = 2000

  /// Spearman's correlation, its mean over runs, with its 95 % interval; nil where it is not defined.
  package static func spearman(
    of runs: [RankedRun], seed: UInt64 = 0, repetitions: Int = repetitions
  ) -> IntervalEstimate? {
    RedrawnCorrelations([runs], seed: seed, repetitions: repetitions)?.estimate(of: 0)
  }

  /// The difference in the mean of Spearman's correlation between two methods, on the same redrawn students.
  ///
  /// Run for run, the two are paired: with the same seed, or against the same measurement.
  package static func spearmanDifference(
    _ first: [RankedRun], _ second: [RankedRun], seed: UInt64 = 0, repetitions: Int = repetitions
  ) -> IntervalEstimate? {
    RedrawnCorrelations([first, second], seed: seed, repetitions: repetitions)?.difference(0, 1)
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

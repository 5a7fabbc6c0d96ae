/// Measures of how well one ranking agrees with another.
package enum RankCorrelation {
  /// Ranks from 1; equal values share the mean of their ranks.
  package static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
      for position in start...end { ranks[order[position]] = Double(start + end) / 2 + 1 }
      start = end + 1
    }
    return ranks
  }

  /// Pearson's correlation; nil where one side does not vary.
  package static func pearson(_ x: [Double], _ y: [Double]) -> Double? {
    guard x.count == y.count, x.count > 1 else { return nil }
    let meanX = x.reduce(0, +) / Double(x.count)
    let meanY = y.reduce(0, +) / Double(y.count)
    var (sxy, sxx, syy) = (0.0, 0.0, 0.0)
    for (a, b) in zip(x, y) {
      sxy += (a - meanX) * (b - meanY)
      sxx += (a - meanX) * (a - meanX)
      syy += (b - meanY) * (b - meanY)
    }
    guard sxx > 0, syy > 0, (sxx * syy).isFinite else { return nil }
    return max(-1, min(1, sxy / (sxx * syy).squareRoot()))
  }

  /// Spearman's rank correlation with ties; nil where one side does not vary or holds what is no number.
  package static func spearman(_ x: [Double], _ y: [Double]) -> Double? {
    guard !(x + y).contains(where: \.isNaN) else { return nil }
    return pearson(ranks(x), ranks(y))
  }

  /// Kendall's tau-b; nil where one side does not vary or holds what is no number.
  package static func kendall(_ x: [Double], _ y: [Double]) -> Double? {
    guard x.count == y.count, x.count > 1, !(x + y).contains(where: \.isNaN) else { return nil }
    var (balance, comparableX, comparableY) = (0, 0, 0)
    for i in x.indices {
      for j in x.indices where j > i {
        let signX = (x[i] < x[j] ? 1 : 0) - (x[i] > x[j] ? 1 : 0)
        let signY = (y[i] < y[j] ? 1 : 0) - (y[i] > y[j] ? 1 : 0)
        balance += signX * signY
        comparableX += signX * signX
        comparableY += signY * signY
      }
    }
    guard comparableX > 0, comparableY > 0 else { return nil }
    return Double(balance) / (Double(comparableX) * Double(comparableY)).squareRoot()
  }

  /// What is lost by trusting the predictions: the best measured value less the best one among the `top`
  /// students predicted best. Nil for no students.
  package static func regret(predicted: [Double], measured: [Double], top: Int = 1) -> Double? {
    guard predicted.count == measured.count, let best = measured.max() else { return nil }
    let order = predicted.indices.sorted { predicted[$0] > predicted[$1] }
    return order.prefix(max(top, 1)).map { measured[$0] }.max().map { best - $0 }
  }
}

/// An estimate with the interval that holds it in 95 of 100 repetitions.
package struct IntervalEstimate: Sendable, Hashable {
  package var value: Double
  package var lower: Double
  package var upper: Double
}

/// Intervals by drawing the students again, with replacement (percentile bootstrap).
package enum Bootstrap {
  package static let repetitions = 2000

  /// Spearman's correlation with its 95 % interval over students; nil where it is not defined.
  package static func spearman(
    _ x: [Double], _ y: [Double], seed: UInt64 = 0, repetitions: Int = repetitions
  ) -> IntervalEstimate? {
    guard let value = RankCorrelation.spearman(x, y) else { return nil }
    var random = RandomSource(seed: seed, stream: "bootstrap")
    let draws = (0..<repetitions).compactMap { _ -> Double? in
      let sample = x.indices.map { _ in random.integer(below: x.count) }
      return RankCorrelation.spearman(sample.map { x[$0] }, sample.map { y[$0] })
    }
    return interval(value, draws)
  }

  /// The difference in Spearman's correlation with `y` between two predictors, on the same redrawn students.
  package static func pairedSpearmanDifference(
    _ first: [Double], _ second: [Double], measured y: [Double], seed: UInt64 = 0,
    repetitions: Int = repetitions
  ) -> IntervalEstimate? {
    guard let a = RankCorrelation.spearman(first, y), let b = RankCorrelation.spearman(second, y) else {
      return nil
    }
    var random = RandomSource(seed: seed, stream: "bootstrap")
    let draws = (0..<repetitions).compactMap { _ -> Double? in
      let sample = y.indices.map { _ in random.integer(below: y.count) }
      let measured = sample.map { y[$0] }
      guard let a = RankCorrelation.spearman(sample.map { first[$0] }, measured),
        let b = RankCorrelation.spearman(sample.map { second[$0] }, measured)
      else { return nil }
      return a - b
    }
    return interval(a - b, draws)
  }

  private static func interval(_ value: Double, _ draws: [Double]) -> IntervalEstimate? {
    guard !draws.isEmpty else { return nil }
    let sorted = draws.sorted()
    func quantile(_ fraction: Double) -> Double {
      sorted[min(max(Int((fraction * Double(sorted.count)).rounded(.down)), 0), sorted.count - 1)]
    }
    return IntervalEstimate(value: value, lower: quantile(0.025), upper: quantile(0.975))
  }
}

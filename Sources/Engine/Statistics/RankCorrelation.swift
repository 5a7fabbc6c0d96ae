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
    // The mean of equal values may be rounded, and would leave them some variance.
    guard x.count == y.count, x.count > 1, !x.isConstant, !y.isConstant, let meanX = x.mean,
      let meanY = y.mean
    else { return nil }
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

  /// How many of the `top` students measured best are among the `top` predicted best, as a fraction.
  ///
  /// Of equal values those that come first count. Nil for fewer students than `top`, or where a value is no number.
  package static func precision(predicted: [Double], measured: [Double], top: Int) -> Double? {
    guard predicted.count == measured.count, top > 0, top <= measured.count,
      !(predicted + measured).contains(where: \.isNaN)
    else { return nil }
    let found = Set(descending(predicted).prefix(top)).intersection(descending(measured).prefix(top))
    return Double(found.count) / Double(top)
  }

  /// What is lost by trusting the predictions: the best measured value less the best one among the `top`
  /// students predicted best. Nil for no students.
  package static func regret(predicted: [Double], measured: [Double], top: Int = 1) -> Double? {
    guard predicted.count == measured.count, let best = measured.max() else { return nil }
    return descending(predicted).prefix(max(top, 1)).map { measured[$0] }.max().map { best - $0 }
  }

  /// Positions from the largest value to the smallest; what is no number comes last, equal values in order.
  private static func descending(_ values: [Double]) -> [Int] {
    values.indices.sorted { first, second in
      let (a, b) = (values[first], values[second])
      if a.isNaN || b.isNaN { return a.isNaN == b.isNaN ? first < second : b.isNaN }
      return a != b ? a > b : first < second
    }
  }
}

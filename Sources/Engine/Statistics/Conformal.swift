/// Intervals around predictions that hold for new students as often as promised, whatever the predictor (split conformal
/// prediction, Vovk et al. 2005).
///
/// They ask that the students to come err like those of the calibration: another task may err more.
package struct ConformalInterval: Sendable, Hashable {
  /// How far to either side of a prediction; infinite where too few students were measured for the promise.
  package let halfWidth: Double
  /// The fraction of measured values that shall lie inside, in 0..<1.
  package let coverage: Double

  /// - Parameters:
  ///   - predicted: predictions for students that took no part in training.
  ///   - measured: what these reached.
  package init(predicted: [Double], measured: [Double], coverage: Double) {
    self.init(errors: zip(predicted, measured).map { abs($0 - $1) }, coverage: coverage)
  }

  /// - Parameter errors: how far such predictions were off, without sign.
  package init(errors: [Double], coverage: Double) {
    self.coverage = coverage
    let errors = errors.filter { !$0.isNaN }.sorted()
    // The smallest error that at least coverage (n + 1) of the n + 1 exchangeable errors do not exceed.
    let rank = Int((coverage * Double(errors.count + 1)).rounded(.up))
    halfWidth = rank <= errors.count && rank > 0 ? errors[rank - 1] : .infinity
  }

  /// The same; nil where too few students were measured for the promise.
  package static func finite(errors: [Double], coverage: Double) -> ConformalInterval? {
    let interval = ConformalInterval(errors: errors, coverage: coverage)
    return interval.halfWidth.isFinite ? interval : nil
  }

  package func range(around prediction: Double) -> ClosedRange<Double> {
    (prediction - halfWidth)...(prediction + halfWidth)
  }

  /// The fraction of measured values inside; the promise is `coverage`.
  package func coverage(predicted: [Double], measured: [Double]) -> Double {
    let inside = zip(predicted, measured).count { abs($0 - $1) <= halfWidth }
    return Double(inside) / Double(Swift.max(measured.count, 1))
  }
}

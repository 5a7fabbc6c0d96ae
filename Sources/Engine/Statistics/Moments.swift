extension [Double] {
  /// Nil for none.
  package var mean: Double? { isEmpty ? nil : reduce(0, +) / Double(count) }

  /// Whether all values are the same.
  package var isConstant: Bool { allSatisfy { $0 == self[0] } }

  /// The sum of squared distances from the mean: exactly zero where all values are the same, though their mean may be
  /// rounded.
  package var squaredDeviations: Double {
    guard let first else { return 0 }
    let shifted = map { $0 - first }
    let mean = shifted.reduce(0, +) / Double(count)
    return shifted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  }

  /// Of the sample; nil for fewer than two values.
  package var standardDeviation: Double? {
    count > 1 ? (squaredDeviations / Double(count - 1)).squareRoot() : nil
  }
}

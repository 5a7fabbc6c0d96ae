/// In which unit a predictor learns accuracies. The gradient of an inner step grows with it: with percent that of the
/// output layer a hundredfold, that of the layers before it up to ten thousandfold.
package enum AccuracyUnit: String, Sendable, Hashable, CaseIterable {
  /// 0 to 1.
  case fraction
  /// 0 to 100, as in the authors' code.
  case percent

  /// What a fraction is multiplied with.
  package var scale: Double { self == .percent ? 100 : 1 }
}

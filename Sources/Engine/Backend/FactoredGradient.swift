import CWinograd

/// The gradient of a weight as what it is a product of, so that it need not be written down: as many numbers as the weight has
/// from some hundred positions at most.
struct FactoredGradient: Sendable {
  private var terms: [(patches: Patches, upstream: Tensor<Float>)] = []

  /// - Parameter upstream: [channel][position].
  mutating func add(_ patches: Patches, _ upstream: Tensor<Float>) {
    terms.append((patches, upstream.transposed.contiguous()))
  }

  init(_ patches: Patches, _ upstream: Tensor<Float>) { add(patches, upstream) }

  /// The parts of rows of the gradient from `row` on, for C; valid as long as this lives.
  func factors(from row: Int) -> [dass_factors] {
    terms.map { $0.patches.factors($0.upstream.base + row, channels: $0.upstream.shape[1]) }
  }

  var negated: FactoredGradient {
    var result = self
    result.terms = terms.map { ($0.patches, -$0.upstream) }
    return result
  }
}

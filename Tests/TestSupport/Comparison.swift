package import Engine
package import Testing

/// Expects two tensors to agree: first in shape, then in their worst element.
///
/// The difference counts relative to the largest expected magnitude. The scalar types may differ, so that
/// single precision can be compared with double.
package func expectClose<Found: TensorScalar, Expected: TensorScalar>(
  _ found: Tensor<Found>, _ expected: Tensor<Expected>, tolerance: Double, _ subject: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let name = subject.isEmpty ? "" : "\(subject): "
  guard found.shape == expected.shape else {
    Issue.record(
      "\(name)shape \(found.shape) instead of \(expected.shape)", sourceLocation: sourceLocation)
    return
  }
  let wanted = expected.scalars.map { Double($0) }
  let scale = wanted.reduce(0) { max($0, abs($1)) }
  var worst = (position: 0, difference: 0.0)
  let values = found.scalars.map { Double($0) }
  for (position, pair) in zip(values, wanted).enumerated() {
    // A number that is not finite is as far away as can be.
    let difference = (pair.0 - pair.1).isFinite ? abs(pair.0 - pair.1) : .infinity
    if difference > worst.difference { worst = (position, difference) }
  }
  guard worst.difference > tolerance * (scale > 0 ? scale : 1) else { return }
  Issue.record(
    """
    \(name)\(values[worst.position]) instead of \(wanted[worst.position]) at \
    \(index(of: worst.position, in: expected.shape)), off by \(worst.difference / (scale > 0 ? scale : 1)) of \
    the largest
    """, sourceLocation: sourceLocation)
}

/// Where the element at a row-major position stands in a tensor of that shape.
private func index(of position: Int, in shape: [Int]) -> [Int] {
  var rest = position
  var index: [Int] = []
  for length in shape.reversed() {
    index.insert(rest % length, at: 0)
    rest /= length
  }
  return index
}

package import Engine
package import Testing

/// Compares analytic gradients with central differences in double precision, along one seeded random direction
/// through all arguments at once.
///
/// - Parameters:
///   - order: 1 for the gradient of `function`, 2 for the gradient of something made of that gradient.
///   - shapes: of the arguments, which are drawn from a normal distribution.
///   - function: its result may have any shape; it is weighed with fixed random numbers.
package func checkGradients(
  order: Int, seed: UInt64 = 3, of shapes: [[Int]], tolerance: Double = 1e-6,
  sourceLocation: SourceLocation = #_sourceLocation,
  function: ([Tensor<Double>]) -> Tensor<Double>
) {
  var random = RandomSource(seed: seed)
  func draw() -> [Tensor<Double>] { shapes.map { Tensor(normalWithShape: $0, random: &random) } }
  let (start, direction, upstream) = (draw(), draw(), draw())

  func weighed(_ arguments: [Tensor<Double>]) -> Tensor<Double> {
    let result = function(arguments)
    var weights = RandomSource(seed: seed, stream: "weights")
    return (result * Tensor(normalWithShape: result.shape, random: &weights)).sum()
  }
  func value(_ arguments: [Tensor<Double>]) -> Tensor<Double> {
    guard order == 2 else { return weighed(arguments) }
    let inner = gradients(of: weighed(arguments), withRespectTo: arguments, keepGraph: true)
    return inner.indices.reduce(Tensor(0)) { $0 + (inner[$1] * upstream[$1]).sum() }
  }
  func moved(_ step: Double) -> Double {
    value(zip(start, direction).map { ($0 + $1 * step).asVariable() }).scalar
  }

  let variables = start.map { $0.asVariable() }
  let analytic = gradients(of: value(variables), withRespectTo: variables)
  #expect(analytic.map(\.shape) == shapes, sourceLocation: sourceLocation)
  guard analytic.map(\.shape) == shapes else { return }
  let slope = zip(analytic, direction).reduce(0) { $0 + ($1.0 * $1.1).sum().scalar }
  let step = 1e-5
  let numeric = (moved(step) - moved(-step)) / (2 * step)
  #expect(
    abs(slope - numeric) <= tolerance * max(1, abs(numeric)), "analytic \(slope), numeric \(numeric)",
    sourceLocation: sourceLocation)
}

import Foundation

/// synflow (Tanaka et al., NeurIPS 2020): how much flows through all weights together, without data.
///
/// Every weight is replaced by its absolute value and every normalization left out; the input is one image of ones.
/// With R the sum of the outputs, the score is the sum of |W dR/dW| over all weights. In a chain of layers each one
/// adds R, which grows beyond what a Float holds; so maps are halved between blocks as often as needed, which is
/// exact, since all that follows is linear in them, and the logarithm of the score is given. Ranks stay the same.
enum SynapticFlow {
  static func score(of network: ProxyNetwork, imageSize: Int) -> Double {
    var positive = network
    positive.weights = network.weights.mapped { $0.absoluteValues() }
    positive = positive.withCountedVariables()
    let ones = Tensor<Float>(repeating: 1, shape: [1, imageSize, imageSize, 3])
    var exponent = 0
    let pass = ObservedPass(
      positive, images: ones, normalization: .identity,
      betweenBlocks: { map in
        let largest = map.scalars.max() ?? 0
        guard largest.isFinite, largest > 0 else { return map }
        exponent += Int(largest.exponent)
        return map * Float(sign: .plus, exponent: -largest.exponent, significand: 1)
      })
    let variables = pass.layers.map { positive.weights.parameters[$0.weight] }
    let flows = zip(variables, gradients(of: pass.logits.sum(), withRespectTo: variables))
    return log(flows.reduce(0) { $0 + ($1.0 * $1.1).absoluteSum }) + Double(exponent) * log(2)
  }
}

extension Tensor<Float> {
  fileprivate func absoluteValues() -> Tensor { Tensor(scalars.map(abs), shape: shape) }
}

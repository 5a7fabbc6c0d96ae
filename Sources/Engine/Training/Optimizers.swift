import Foundation

/// Cosine learning rates without restarts: 0.5 rate (1 + cos(pi step / total)).
package struct CosineSchedule: Sendable {
  package var rate: Double
  package var totalSteps: Int

  package init(rate: Double, totalSteps: Int) {
    self.rate = rate
    self.totalSteps = totalSteps
  }

  /// The rate of `step`, counted from 0.
  package func rate(at step: Int) -> Double {
    0.5 * rate * (1 + cos(Double.pi * Double(step) / Double(max(totalSteps, 1))))
  }
}

/// Stochastic gradient descent with Nesterov momentum and weight decay, as PyTorch computes it.
package struct SGD<Scalar: TensorScalar>: Sendable {
  package var momentum = 0.9
  package var weightDecay = 3e-5
  /// One for each parameter; empty before the first step.
  var velocities: [Tensor<Scalar>] = []

  package init(momentum: Double = 0.9, weightDecay: Double = 3e-5) {
    self.momentum = momentum
    self.weightDecay = weightDecay
  }

  /// g += decay p; v = momentum v + g; p -= rate (g + momentum v).
  package mutating func step(
    _ parameters: inout TensorDictionary<Scalar>, gradients: [Tensor<Scalar>], rate: Double
  ) {
    let old = parameters.ordered
    if velocities.isEmpty { velocities = old.map { Tensor(repeating: 0, shape: $0.shape) } }
    let updated = old.map { Tensor<Scalar>(uninitialized: $0.shape) }
    let speeds = old.map { Tensor<Scalar>(uninitialized: $0.shape) }
    let (factors, before) = ((momentum: Scalar(momentum), decay: Scalar(weightDecay)), velocities)
    Workers.share(old.count) { index in
      let (parameter, gradient) = (old[index].contiguous(), gradients[index].contiguous())
      OptimizerKernels.descend(
        parameter.base, gradient: gradient.base, velocity: before[index].base, momentum: factors.momentum,
        decay: factors.decay, rate: Scalar(rate), into: updated[index].mutableBase,
        newVelocity: speeds[index].mutableBase, count: parameter.count)
    }
    velocities = speeds
    parameters = parameters.replacing(with: updated)
  }
}

/// Adam (Kingma and Ba), as PyTorch computes it.
package struct Adam<Scalar: TensorScalar>: Sendable {
  package var rate: Double
  private let decays = (first: 0.9, second: 0.999)
  private let epsilon = 1e-8
  /// For each parameter its first moments, then its second ones, which are written over.
  private var moments: [[Scalar]] = []
  private var steps = 0

  package init(rate: Double) { self.rate = rate }

  package mutating func step(_ parameters: inout TensorDictionary<Scalar>, gradients: [Tensor<Scalar>]) {
    steps += 1
    let firstCorrection = 1 - pow(decays.first, Double(steps))
    let secondCorrection = 1 - pow(decays.second, Double(steps))
    if moments.isEmpty { moments = gradients.map { [Scalar](repeating: 0, count: 2 * $0.count) } }
    let old = parameters.ordered
    let updated = old.map { Tensor<Scalar>(uninitialized: $0.shape) }
    let factors = AdamFactors(
      first: Scalar(decays.first), newFirst: Scalar(1 - decays.first), second: Scalar(decays.second),
      newSecond: Scalar(1 - decays.second), correction: Scalar(secondCorrection), epsilon: Scalar(epsilon),
      rate: Scalar(rate / firstCorrection))
    for index in old.indices {
      let (parameter, gradient) = (old[index].contiguous(), gradients[index].contiguous())
      let (result, count) = (updated[index], parameter.count)
      moments[index].withUnsafeMutableBufferPointer { moments in
        guard let first = moments.baseAddress else { return }
        Kernels.inParts(count) { part in
          let start = part.lowerBound
          OptimizerKernels.adapt(
            parameter.base + start, gradient: gradient.base + start, first: first + start,
            second: first + count + start, factors, into: result.mutableBase + start, count: part.count)
        }
      }
    }
    parameters = parameters.replacing(with: updated)
  }
}

private struct AdamFactors<Scalar: TensorScalar>: Sendable {
  var first: Scalar
  var newFirst: Scalar
  var second: Scalar
  var newSecond: Scalar
  var correction: Scalar
  var epsilon: Scalar
  var rate: Scalar
}

/// The updates as single loops over all that they read and write.
private enum OptimizerKernels {
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func descend<Scalar: TensorScalar>(
    _ parameter: UnsafePointer<Scalar>, gradient: UnsafePointer<Scalar>, velocity: UnsafePointer<Scalar>,
    momentum: Scalar, decay: Scalar, rate: Scalar, into out: UnsafeMutablePointer<Scalar>,
    newVelocity: UnsafeMutablePointer<Scalar>, count: Int
  ) {
    for i in 0..<count {
      let decayed = gradient[i] + parameter[i] * decay
      let v = velocity[i] * momentum + decayed
      newVelocity[i] = v
      out[i] = parameter[i] - (decayed + v * momentum) * rate
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func adapt<Scalar: TensorScalar>(
    _ parameter: UnsafePointer<Scalar>, gradient: UnsafePointer<Scalar>, first: UnsafeMutablePointer<Scalar>,
    second: UnsafeMutablePointer<Scalar>, _ factors: AdamFactors<Scalar>,
    into out: UnsafeMutablePointer<Scalar>, count: Int
  ) {
    // Roots are taken apart, and for so many numbers at a time that all stay in the first cache.
    for start in stride(from: 0, to: count, by: 1024) {
      let numbers = start..<min(start + 1024, count)
      for i in numbers {
        let g = gradient[i]
        first[i] = first[i] * factors.first + g * factors.newFirst
        let v = second[i] * factors.second + g * g * factors.newSecond
        second[i] = v
        out[i] = v / factors.correction
      }
      Scalar.takeSquareRoots(out + start, count: numbers.count)
      for i in numbers { out[i] = parameter[i] - first[i] / (out[i] + factors.epsilon) * factors.rate }
    }
  }
}

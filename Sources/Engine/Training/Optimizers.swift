import CWinograd
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
package struct Adam: Sendable {
  package var rate: Double
  private let decays = (first: 0.9, second: 0.999)
  private let epsilon = 1e-8
  /// For each parameter its first moments, then its second ones, which are written over.
  private var moments: [TensorStorage<Float>] = []
  private var steps = 0

  package init(rate: Double) { self.rate = rate }

  package mutating func step(_ parameters: inout TensorDictionary<Float>, gradients: [Tensor<Float>]) {
    steps += 1
    if moments.isEmpty { moments = gradients.map { TensorStorage(count: 2 * $0.count) } }
    let isFirst: Int32 = steps == 1 ? 1 : 0
    let factors = dass_adam(
      first: Float(decays.first), new_first: Float(1 - decays.first), second: Float(decays.second),
      new_second: Float(1 - decays.second), correction: Float(1 - pow(decays.second, Double(steps))),
      epsilon: Float(epsilon), rate: Float(rate / (1 - pow(decays.first, Double(steps)))))
    let old = parameters.ordered
    let updated = old.map { Tensor<Float>(uninitialized: $0.shape) }
    for index in old.indices {
      if !isKnownUniquelyReferenced(&moments[index]) { moments[index] = moments[index].copy }
      let (parameter, gradient) = (old[index].contiguous(), gradients[index].contiguous())
      let (result, moments, count) = (updated[index], moments[index], parameter.count)
      Kernels.inParts(count) { part in
        let start = part.lowerBound
        withUnsafePointer(to: factors) {
          dass_adapt(
            $0, isFirst, parameter.base + start, gradient.base + start, moments.pointer + start,
            moments.pointer + count + start, result.mutableBase + start, part.count)
        }
      }
    }
    parameters = parameters.replacing(with: updated)
  }
}

/// The update as a single loop over all that it reads and writes.
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
}

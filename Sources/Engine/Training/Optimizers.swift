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
  private var velocities: [Tensor<Scalar>] = []

  package init(momentum: Double = 0.9, weightDecay: Double = 3e-5) {
    self.momentum = momentum
    self.weightDecay = weightDecay
  }

  /// g += decay p; v = momentum v + g; p -= rate (g + momentum v).
  package mutating func step(
    _ parameters: inout TensorDictionary<Scalar>, gradients: [Tensor<Scalar>], rate: Double
  ) {
    let isFirst = velocities.isEmpty
    var updated: [Tensor<Scalar>] = []
    for (index, (parameter, gradient)) in zip(parameters.ordered, gradients).enumerated() {
      let decayed = gradient + parameter * Scalar(weightDecay)
      let velocity = isFirst ? decayed : velocities[index] * Scalar(momentum) + decayed
      if isFirst { velocities.append(velocity) } else { velocities[index] = velocity }
      updated.append(parameter - (decayed + velocity * Scalar(momentum)) * Scalar(rate))
    }
    parameters = parameters.replacing(with: updated)
  }
}

/// Adam (Kingma and Ba), as PyTorch computes it.
package struct Adam<Scalar: TensorScalar>: Sendable {
  package var rate: Double
  private let decays = (first: 0.9, second: 0.999)
  private let epsilon = 1e-8
  private var moments: [(first: Tensor<Scalar>, second: Tensor<Scalar>)] = []
  private var steps = 0

  package init(rate: Double) { self.rate = rate }

  package mutating func step(_ parameters: inout TensorDictionary<Scalar>, gradients: [Tensor<Scalar>]) {
    steps += 1
    let firstCorrection = 1 - pow(decays.first, Double(steps))
    let secondCorrection = 1 - pow(decays.second, Double(steps))
    if moments.isEmpty {
      moments = gradients.map {
        (Tensor(repeating: 0, shape: $0.shape), Tensor(repeating: 0, shape: $0.shape))
      }
    }
    var updated: [Tensor<Scalar>] = []
    for (index, (parameter, gradient)) in zip(parameters.ordered, gradients).enumerated() {
      let first = moments[index].first * Scalar(decays.first) + gradient * Scalar(1 - decays.first)
      let second =
        moments[index].second * Scalar(decays.second) + gradient * gradient * Scalar(1 - decays.second)
      moments[index] = (first, second)
      let denominator = (second / Scalar(secondCorrection)).squareRoot() + Scalar(epsilon)
      updated.append(parameter - first / denominator * Scalar(rate / firstCorrection))
    }
    parameters = parameters.replacing(with: updated)
  }
}

/// Scores of a student that need one batch and no training. Larger is better for all.
package enum ZeroCostProxy: String, Sendable, CaseIterable {
  case gradientNorm = "grad_norm"
  case snip, grasp, fisher, synflow
  case jacobianCovariance = "jacob_cov"
  case naswot, diswot

  package var meaning: String {
    switch self {
    case .gradientNorm: "the norms of the loss's gradients, added up"
    case .snip: "what removing single weights would change in the loss"
    case .grasp: "what removing single weights would change in the gradient's flow"
    case .fisher: "how much the loss depends on each channel"
    case .synflow: "how much flows through all weights together, without data"
    case .jacobianCovariance: "how differently the logits depend on each image"
    case .naswot: "how differently the images switch the rectifiers"
    case .diswot: "how alike student and teacher see a batch before training"
    }
  }

  /// The score of a student, NaN where it is not defined.
  ///
  /// - Parameter teacher: what `diswot` compares with; without it, `diswot` is not defined.
  func score(
    of student: ProxyNetwork, teacher: DistillationSimilarity.View?, batch: ImageBatch, mode: ResNet.Mode
  ) -> Double {
    let normalization: ObservedPass.Normalization = mode == .train ? .batch : .running
    var gradients: GradientProxies {
      GradientProxies(student, batch: batch, normalization: normalization)
    }
    return switch self {
    case .gradientNorm: gradients.gradientNorm
    case .snip: gradients.snip
    case .grasp: gradients.grasp
    case .fisher: gradients.fisher
    case .synflow: SynapticFlow.score(of: student, imageSize: batch.images.shape[1])
    case .jacobianCovariance:
      ActivationProxies.jacobianCovariance(student, images: batch.images, normalization: normalization)
    case .naswot: ActivationProxies.naswot(student, images: batch.images, normalization: normalization)
    case .diswot:
      teacher.map {
        DistillationSimilarity.score(student: .init(student, batch: batch, mode: mode), teacher: $0)
      }
        ?? .nan
    }
  }
}

/// A network as a proxy looks at it.
struct ProxyNetwork {
  var architecture: Architecture
  var weights: NetworkWeights<Float>

  /// The weights that proxies count: those of convolutions and of the head, without normalizations and biases.
  private var countedNames: [String] {
    weights.parameters.names.filter { weights.parameters[$0].rank > 1 }
  }

  /// The same network with the weights that count as variables.
  func withCountedVariables() -> ProxyNetwork {
    var copy = self
    for name in countedNames { copy.weights.parameters[name] = weights.parameters[name].asVariable() }
    return copy
  }
}

/// What a proxy's score depends on beside the student. A score without these says nothing.
package struct ProxySettings: Sendable, Hashable {
  /// The paper's baselines look at a student of random weights; a remapped one is what DaSS looks at.
  package var initialization = StudentInitialization.random
  /// Images in the batch, fewer where the dataset has fewer.
  package var batchSize = 64
  /// How batch normalization works during the pass.
  package var mode = ResNet.Mode.train
  /// Draws the batch and random weights.
  package var seed: UInt64 = 0

  package init() {}
}

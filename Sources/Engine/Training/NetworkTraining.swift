/// Accuracy and loss of one measured epoch.
package struct EpochRecord: Sendable, Hashable {
  /// Counted from 1.
  package var epoch: Int
  /// Mean over the epoch's batches.
  package var trainingLoss: Double
  /// Fraction of the test images, in 0...1.
  package var testAccuracy: Double
}

/// A finished training.
package struct TrainedNetwork: Sendable {
  /// After the last epoch.
  package var weights: NetworkWeights<Float>
  /// Of the epoch with the best test accuracy among those measured.
  package var bestWeights: NetworkWeights<Float>
  package var history: [EpochRecord]

  package var finalAccuracy: Double { history.last?.testAccuracy ?? 0 }
  package var bestAccuracy: Double { history.map(\.testAccuracy).max() ?? 0 }
}

/// The loop that teachers and students share: epochs of SGD with a cosine schedule, measured now and then.
struct NetworkTraining {
  var network: ResNet
  var settings: OptimizationSettings
  var train: ImageBatches
  var test: ImageBatches
  var seed: UInt64
  var stage: String

  /// - Parameter loss: from logits (N, K) and the batch to a single number.
  /// - Throws: `Cancelled`; `TrainingError.diverged` if the loss is no number.
  func run(
    from initial: NetworkWeights<Float>, supervision: Supervision,
    loss: (Tensor<Float>, ImageBatch) -> Tensor<Float>
  ) throws -> TrainedNetwork {
    var random = RandomSource(seed: seed, stream: "batches")
    var weights = initial
    var optimizer = SGD<Float>(momentum: settings.momentum, weightDecay: settings.weightDecay)
    let stepsPerEpoch = max(1, train.count / min(settings.batchSize, train.count))
    let schedule = CosineSchedule(rate: settings.learningRate, totalSteps: stepsPerEpoch * settings.epochs)
    var trained = TrainedNetwork(weights: initial, bestWeights: initial, history: [])
    var step = 0
    var detail: String?
    for epoch in 1...settings.epochs {
      var lossSum = 0.0
      let batches = train.shuffledIndices(batchSize: settings.batchSize, random: &random)
      for indices in batches {
        try supervision.cancellation.check()
        let batch = train.batch(indices, augmentation: settings.augmentation, random: &random)
        lossSum += update(&weights, batch, &optimizer, rate: schedule.rate(at: step), loss: loss)
        step += 1
        supervision.progress.report(
          ProgressEvent(stage: stage, completed: step, total: schedule.totalSteps, detail: detail))
      }
      let trainingLoss = lossSum / Double(batches.count)
      guard trainingLoss.isFinite else { throw TrainingError.diverged(epoch: epoch) }
      guard epoch % settings.validationInterval == 0 || epoch == settings.epochs else { continue }
      // The loss is taken before a step, so it does not tell of the last one.
      guard weights.parameters.ordered.allSatisfy({ $0.scalars.allSatisfy(\.isFinite) }) else {
        throw TrainingError.diverged(epoch: epoch)
      }
      let accuracy = try FoldedResNet(network.architecture, weights: weights)
        .accuracy(on: test, cancellation: supervision.cancellation)
      detail = "test accuracy \(percent(accuracy))"
      if accuracy > trained.bestAccuracy || trained.history.isEmpty { trained.bestWeights = weights }
      trained.history.append(EpochRecord(epoch: epoch, trainingLoss: trainingLoss, testAccuracy: accuracy))
    }
    trained.weights = weights
    return trained
  }

  /// One step of gradient descent; returns the loss before it.
  private func update(
    _ weights: inout NetworkWeights<Float>, _ batch: ImageBatch, _ optimizer: inout SGD<Float>, rate: Double,
    loss: (Tensor<Float>, ImageBatch) -> Tensor<Float>
  ) -> Double {
    let variables = NetworkWeights(
      parameters: weights.parameters.mapped { $0.asVariable() }, statistics: weights.statistics)
    let output = network.forward(batch.images, weights: variables, mode: .train)
    let value = loss(output.logits, batch)
    let gradients = gradients(of: value, withRespectTo: variables.parameters.ordered)
    optimizer.step(&weights.parameters, gradients: gradients, rate: rate)
    weights.statistics = output.statistics
    return Double(value.scalar)
  }
}

extension FoldedResNet {
  /// The fraction of all images that are classified right; none is left out.
  ///
  /// - Throws: `Cancelled`.
  package func accuracy(on images: ImageBatches, cancellation: CancellationToken) throws(Cancelled) -> Double
  {
    var right = 0
    for indices in images.orderedIndices(batchSize: 256) {
      try cancellation.check()
      let batch = images.batch(indices)
      for (guess, label) in zip(logits(batch.images).rowArgmax(), batch.labels) where guess == label {
        right += 1
      }
    }
    return Double(right) / Double(images.count)
  }
}

/// A fraction as people read it: `81.3 %`.
package func percent(_ fraction: Double) -> String {
  let tenths = Int((fraction * 1000).rounded())
  return "\(tenths / 10).\(abs(tenths % 10)) %"
}

/// What can go wrong in a training.
package enum TrainingError: Error, Sendable, Equatable {
  case diverged(epoch: Int)
  case imageSize(found: Int, wanted: Int)
  case classCount(teacher: Int, dataset: Int)
}

extension TrainingError: ExplainedError {
  package var problem: String {
    switch self {
    case .diverged(let epoch): "the loss is no longer a number in epoch \(epoch)"
    case .imageSize(let found, let wanted):
      "the images have \(found) pixels a side, and the space takes \(wanted)"
    case .classCount(let teacher, let dataset):
      "the teacher knows \(teacher) classes, and the dataset has \(dataset)"
    }
  }

  package var advice: String? {
    switch self {
    case .diverged: "use a smaller learning rate"
    case .imageSize(_, let wanted): "make the dataset with size \(wanted), or choose another space"
    case .classCount: "use the dataset that the teacher was trained on"
    }
  }
}

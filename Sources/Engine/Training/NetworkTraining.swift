/// Accuracy and loss of one measured epoch.
package struct EpochRecord: Sendable, Hashable {
  /// Counted from 1.
  package var epoch: Int
  /// Mean over the epoch's batches.
  package var trainingLoss: Double
  /// Fraction of the images that choose the epoch, in 0...1: the test images, or those held out.
  package var testAccuracy: Double
}

/// A finished training.
package struct TrainedNetwork: Sendable {
  /// After the last epoch.
  package var weights: NetworkWeights<Float>
  /// Of the epoch with the best test accuracy among those measured.
  package var bestWeights: NetworkWeights<Float>
  package var history: [EpochRecord]
  /// Of `bestWeights` and `weights` on test images that chose nothing; nil where they chose the epoch.
  package var tested: (best: Double, final: Double)?

  package var finalAccuracy: Double { tested?.final ?? history.last?.testAccuracy ?? 0 }
  package var bestAccuracy: Double { tested?.best ?? history.map(\.testAccuracy).max() ?? 0 }
}

/// The loop that teachers and students share: epochs of SGD with a cosine schedule, measured now and then.
struct NetworkTraining {
  var network: ResNet
  var settings: OptimizationSettings
  var train: ImageBatches
  var test: ImageBatches
  /// Images that choose the epoch in place of the test images, which are then used once.
  var heldOut: ImageBatches?
  var seed: UInt64
  var stage: String
  /// Where the state is kept between epochs, so that a training that was killed goes on.
  var checkpoints: TrainingCheckpoints?

  /// - Parameter loss: from logits (N, K) and the batch to a single number.
  /// - Throws: `Cancelled`; `TrainingError.diverged` if the loss is no number, `.tooSmall` for settings below 1.
  func run(
    from initial: NetworkWeights<Float>, supervision: Supervision,
    loss: (Tensor<Float>, ImageBatch) -> Tensor<Float>
  ) throws -> TrainedNetwork {
    try settings.check()
    return try Workers.$cancellation.withValue(supervision.cancellation) {
      try runEpochs(from: initial, supervision: supervision, loss: loss)
    }
  }

  private func runEpochs(
    from initial: NetworkWeights<Float>, supervision: Supervision,
    loss: (Tensor<Float>, ImageBatch) -> Tensor<Float>
  ) throws -> TrainedNetwork {
    let stepsPerEpoch = max(1, train.count / min(settings.batchSize, train.count))
    let schedule = CosineSchedule(rate: settings.learningRate, totalSteps: stepsPerEpoch * settings.epochs)
    var state =
      checkpoints?.state(of: network, optimizer: newOptimizer)
      ?? TrainingState(initial, optimizer: newOptimizer, random: RandomSource(seed: seed, stream: "batches"))
    var detail: String?
    while state.epoch < settings.epochs {
      let epoch = state.epoch + 1
      var lossSum = 0.0
      let batches = train.shuffledIndices(batchSize: settings.batchSize, random: &state.random)
      for (index, indices) in batches.enumerated() {
        try supervision.cancellation.check()
        let batch = train.batch(indices, augmentation: settings.augmentation, random: &state.random)
        let step = state.epoch * stepsPerEpoch + index
        lossSum += state.weights.descend(
          network, images: batch.images, by: &state.optimizer, rate: schedule.rate(at: step)
        ) { loss($0, batch) }
        // A step that was stopped halfway has no meaning.
        try supervision.cancellation.check()
        supervision.progress.report(
          ProgressEvent(stage: stage, completed: step + 1, total: schedule.totalSteps, detail: detail))
      }
      state.epoch = epoch
      let trainingLoss = lossSum / Double(batches.count)
      guard trainingLoss.isFinite else { throw TrainingError.diverged(epoch: epoch) }
      if epoch % settings.validationInterval == 0 || epoch == settings.epochs {
        // The loss is taken before a step, so it does not tell of the last one.
        guard state.weights.parameters.ordered.allSatisfy({ $0.scalars.allSatisfy(\.isFinite) }) else {
          throw TrainingError.diverged(epoch: epoch)
        }
        let accuracy = try accuracy(
          of: state.weights, on: heldOut ?? test, cancellation: supervision.cancellation)
        detail = "test accuracy \(percent(accuracy))"
        state.note(EpochRecord(epoch: epoch, trainingLoss: trainingLoss, testAccuracy: accuracy))
      }
      checkpoints?.keep(state, isLast: epoch == settings.epochs)
    }
    var trained = TrainedNetwork(
      weights: state.weights, bestWeights: state.bestWeights, history: state.history)
    if heldOut != nil {
      func tested(_ weights: NetworkWeights<Float>) throws(Cancelled) -> Double {
        try accuracy(of: weights, on: test, cancellation: supervision.cancellation)
      }
      trained.tested = (best: try tested(trained.bestWeights), final: try tested(trained.weights))
    }
    checkpoints?.remove()
    return trained
  }

  private var newOptimizer: SGD<Float> {
    SGD(momentum: settings.momentum, weightDecay: settings.weightDecay)
  }

  private func accuracy(
    of weights: NetworkWeights<Float>, on images: ImageBatches, cancellation: CancellationToken
  ) throws(Cancelled) -> Double {
    try FoldedResNet(network.architecture, weights: weights).accuracy(
      on: images, droppingLastOf: settings.dropsLastBatch ? settings.batchSize : nil,
      cancellation: cancellation)
  }
}

extension NetworkWeights<Float> {
  /// One step of gradient descent on images (N, H, W, 3); returns the loss before it.
  ///
  /// - Parameter loss: from logits (N, K) to a single number.
  package mutating func descend(
    _ network: ResNet, images: Tensor<Float>, by optimizer: inout SGD<Float>, rate: Double,
    loss: (Tensor<Float>) -> Tensor<Float>
  ) -> Double {
    let variables = NetworkWeights(
      parameters: parameters.mapped { $0.asVariable() }, statistics: statistics)
    let output = network.forward(images, weights: variables, mode: .train)
    let value = loss(output.logits)
    let gradients = gradients(of: value, withRespectTo: variables.parameters.ordered)
    optimizer.step(&parameters, gradients: gradients, rate: rate)
    statistics = output.statistics
    return Double(value.scalar)
  }
}

extension OptimizationSettings {
  /// - Throws: `TrainingError.tooSmall` for a number that must be at least 1.
  func check() throws(TrainingError) {
    let numbers = [
      ("epochs", epochs), ("images in a batch", batchSize),
      ("epochs between validations", validationInterval),
    ]
    for (name, value) in numbers where value < 1 { throw .tooSmall(setting: name, value: value) }
  }
}

extension FoldedResNet {
  /// The fraction of images that are classified right.
  ///
  /// - Parameter batchSize: where it is given, the last images are left out if they do not fill such a batch; but not
  ///   all of them.
  /// - Throws: `Cancelled`.
  package func accuracy(
    on images: ImageBatches, droppingLastOf batchSize: Int? = nil, cancellation: CancellationToken
  ) throws(Cancelled) -> Double {
    var batches = images.orderedIndices(batchSize: batchSize ?? 256)
    if let batchSize, batches.count > 1, let last = batches.last, last.count < batchSize {
      batches.removeLast()
    }
    var right = 0
    for indices in batches {
      try cancellation.check()
      let batch = images.batch(indices)
      for (guess, label) in zip(logits(batch.images).rowArgmax(), batch.labels) where guess == label {
        right += 1
      }
    }
    try cancellation.check()
    return Double(right) / Double(batches.reduce(0) { $0 + $1.count })
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
  /// A number below 1.
  case tooSmall(setting: String, value: Int)
  /// Not one more than are adapted to.
  case tooFewStudents(task: String, found: Int, support: Int)
}

extension TrainingError: ExplainedError {
  package var problem: String {
    switch self {
    case .diverged(let epoch): "the loss is no longer a number in epoch \(epoch)"
    case .imageSize(let found, let wanted):
      "the images have \(found) pixels a side, and the space takes \(wanted)"
    case .classCount(let teacher, let dataset):
      "the teacher knows \(teacher) classes, and the dataset has \(dataset)"
    case .tooSmall(let setting, let value): "the number of \(setting) is \(value)"
    case .tooFewStudents(let task, let found, let support):
      "\(task) has \(found) measured students, and \(support) of them would be the support"
    }
  }

  package var advice: String? {
    switch self {
    case .diverged: "use a smaller learning rate"
    case .imageSize(_, let wanted): "make the dataset with size \(wanted), or choose another space"
    case .classCount: "use the dataset that the teacher was trained on"
    case .tooSmall: "use 1 or more"
    case .tooFewStudents: "leave some to predict: use a smaller number, or measure more students"
    }
  }
}

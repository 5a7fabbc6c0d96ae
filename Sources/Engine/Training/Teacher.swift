/// A trained network that students learn from.
package struct Teacher: Sendable {
  package var space: ResNetSpace
  package var classes: Int
  package var weights: NetworkWeights<Float>
  /// Of the weights kept, on the whole test part, in 0...1.
  package var accuracy: Double
  package var history: [EpochRecord]
  package var datasetName: String
  package var datasetDigest: String
  /// SHA-256 of the weights.
  package var digest: String

  package init(
    space: ResNetSpace, classes: Int, weights: NetworkWeights<Float>, accuracy: Double,
    history: [EpochRecord],
    datasetName: String, datasetDigest: String
  ) {
    self.space = space
    self.classes = classes
    self.weights = weights
    self.accuracy = accuracy
    self.history = history
    self.datasetName = datasetName
    self.datasetDigest = datasetDigest
    digest = weights.digest
  }

  package var architecture: Architecture { space.teacher }

  package var folded: FoldedResNet { FoldedResNet(architecture, weights: weights) }

  /// Trains the largest network of `space` and keeps the epoch that tests best.
  ///
  /// - Throws: `TrainingError`, `DatasetError`, `Cancelled`.
  package static func train(
    space: ResNetSpace, on dataset: Dataset, settings: TeacherSettings, seed: UInt64,
    supervision: Supervision,
    stage: String = "training", checkpoints: TrainingCheckpoints? = nil
  ) throws -> Teacher {
    try space.checkImages(of: dataset)
    let network = ResNet(space.teacher, classes: dataset.classNames.count)
    var random = RandomSource(seed: seed, stream: "weights")
    let images = try dataset.trainingImages(settings.optimization.selection)
    let training = NetworkTraining(
      network: network, settings: settings.optimization, train: ImageBatches(images.train),
      test: ImageBatches(dataset.test), heldOut: images.heldOut.map { ImageBatches($0) }, seed: seed,
      stage: stage, checkpoints: checkpoints)
    let trained = try training.run(
      from: network.initialWeights(random: &random), supervision: supervision
    ) { logits, batch in
      logits.crossEntropy(labels: batch.labels, smoothing: settings.labelSmoothing)
    }
    return Teacher(
      space: space, classes: dataset.classNames.count, weights: trained.bestWeights,
      accuracy: trained.bestAccuracy, history: trained.history, datasetName: dataset.name,
      datasetDigest: dataset.digest)
  }
}

extension Dataset {
  /// The images to train on, and those held out to choose an epoch: a tenth of each class, always the same, so that a
  /// teacher has not seen the images that choose a student's epoch.
  func trainingImages(_ selection: EpochSelection) throws(DatasetError) -> (
    train: ImageSet, heldOut: ImageSet?
  ) {
    guard selection == .heldOut else { return (train, nil) }
    let parts = StratifiedSplit.positions(
      labels: train.labels, classCount: classCount, testFraction: 0.1, seed: 0)
    return (try train.selecting(parts.train), try train.selecting(parts.test))
  }
}

extension ResNetSpace {
  /// - Throws: `TrainingError.imageSize` if the images are not square of the space's size.
  func checkImages(of dataset: Dataset) throws(TrainingError) {
    for set in [dataset.train, dataset.test] {
      if let found = [set.height, set.width].first(where: { $0 != imageSize }) {
        throw .imageSize(found: found, wanted: imageSize)
      }
    }
  }
}

extension NetworkWeights<Float> {
  /// SHA-256 over names, shapes and numbers.
  package var digest: String {
    var stream = SHA256Stream()
    for (name, tensor) in parameters.entries + statistics.entries {
      stream.update(Array("\(name)\(tensor.shape)".utf8))
      stream.update(tensor.scalars.withUnsafeBytes { Array($0) })
    }
    return stream.finish()
  }
}

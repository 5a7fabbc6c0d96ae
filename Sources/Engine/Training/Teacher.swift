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
    stage: String = "training"
  ) throws -> Teacher {
    try space.checkImages(of: dataset)
    let network = ResNet(space.teacher, classes: dataset.classNames.count)
    var random = RandomSource(seed: seed, stream: "weights")
    let training = NetworkTraining(
      network: network, settings: settings.optimization, train: ImageBatches(dataset.train),
      test: ImageBatches(dataset.test), seed: seed, stage: stage)
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

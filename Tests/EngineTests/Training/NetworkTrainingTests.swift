import Testing

@testable import Engine

@Suite("Measured accuracy") struct MeasuredAccuracyTests {
  /// 64 test images: batches of 20 leave four of them out.
  @Test func `images that fill no batch can be left out`() throws {
    let images = ImageBatches(try SmallTask.stripes().test)
    let network = SmallTask.teacher(of: SmallTask.tiny, classes: 2).folded
    let batch = images.batch(Array(0..<64))
    let hits = zip(network.logits(batch.images).rowArgmax(), batch.labels).map { $0 == $1 }
    func accuracy(_ batchSize: Int?) throws -> Double {
      try network.accuracy(on: images, droppingLastOf: batchSize, cancellation: CancellationToken())
    }
    #expect(try accuracy(nil) == Double(hits.count { $0 }) / 64)
    #expect(try accuracy(20) == Double(hits.prefix(60).count { $0 }) / 60)
    #expect(try accuracy(32) == accuracy(nil))
    #expect(try accuracy(100) == accuracy(nil))
  }

  @Test func `the setting leaves no trace where it is off`() throws {
    var settings = SmallTask.optimization(epochs: 1)
    #expect(settings.json["dropsLastBatch"] == nil)
    settings.dropsLastBatch = true
    #expect(OptimizationSettings(json: settings.json) == settings)
  }
}

/// The loop that teachers and students share.
@Suite("Training") struct NetworkTrainingTests {
  @Test func `a small network learns a small task`() throws {
    let teacher = try SmallTask.train(epochs: 15, validationInterval: 1)
    #expect(teacher.accuracy > 0.9)
    let losses = teacher.history.map(\.trainingLoss)
    #expect(losses.count == 15)
    #expect(losses[14] < 0.6 * losses[0])
  }

  @Test func `every fifth epoch and the last one are measured`() throws {
    let teacher = try SmallTask.train(epochs: 12)
    #expect(teacher.history.map(\.epoch) == [5, 10, 12])
    #expect(teacher.history.map(\.testAccuracy).max() == teacher.accuracy)
    #expect(teacher.datasetDigest == (try SmallTask.stripes().digest))
    #expect(teacher.classes == 2)
  }

  @Test func `the kept weights reach the accuracy that is claimed`() throws {
    let teacher = try SmallTask.train(epochs: 8)
    let test = ImageBatches(try SmallTask.stripes().test)
    #expect(try teacher.folded.accuracy(on: test, cancellation: CancellationToken()) == teacher.accuracy)
  }

  @Test func `a seed decides every bit`() throws {
    let first = try SmallTask.train(epochs: 3)
    #expect(first.digest == (try SmallTask.train(epochs: 3).digest))
    #expect(first.digest != (try SmallTask.train(epochs: 3, seed: 2).digest))
  }

  @Test func `progress counts the steps`() throws {
    let progress = RecordingProgress()
    _ = try SmallTask.train(epochs: 6, supervision: progress.supervision)
    // 96 images are 6 batches of 16.
    #expect(progress.events.map(\.completed) == Array(1...36))
    #expect(progress.events.allSatisfy { $0.total == 36 && $0.stage == "training" })
    #expect(progress.events[29].detail == nil)
    #expect(progress.events[30].detail?.hasPrefix("test accuracy ") == true)
  }

  @Test(arguments: [1, 6, 7, 30]) func `a training stops at the batch after it was asked to`(limit: Int)
    throws
  {
    let progress = RecordingProgress(cancellingAfter: limit)
    #expect(throws: Cancelled()) {
      try SmallTask.train(epochs: 100, supervision: progress.supervision)
    }
    #expect(progress.events.count == limit)
  }

  @Test func `settings below one are refused in words`() {
    var settings = SmallTask.optimization(epochs: 0)
    let error = #expect(throws: TrainingError.tooSmall(setting: "epochs", value: 0)) { try settings.check() }
    #expect(error?.problem == "the number of epochs is 0")
    #expect(error?.advice == "use 1 or more")
    settings.epochs = 1
    settings.batchSize = -3
    #expect(throws: TrainingError.tooSmall(setting: "images in a batch", value: -3)) { try settings.check() }
    settings.batchSize = 1
    settings.validationInterval = 0
    #expect(throws: TrainingError.tooSmall(setting: "epochs between validations", value: 0)) {
      try settings.check()
    }
    #expect(throws: TrainingError.tooSmall(setting: "epochs", value: 0)) { try SmallTask.train(epochs: 0) }
  }

  @Test func `a training that was asked to stop before does no step`() throws {
    let progress = RecordingProgress()
    progress.supervision.cancellation.cancel()
    #expect(throws: Cancelled()) { try SmallTask.train(epochs: 1, supervision: progress.supervision) }
    #expect(progress.events.isEmpty)
  }

  /// With a rate of 10 the convolutions' weights become no numbers on these images, and the head's stay finite.
  @Test(arguments: [10.0, 1e6, 1e30]) func `a training that diverged says so`(rate: Double) throws {
    let space = try ResNetSpace(
      name: "s", widths: [4, 6, 8, 8], teacherDepth: 2, studentDepths: 1...2, ratios: [0.5, 1], imageSize: 8)
    var random = RandomSource(seed: 1)
    func noise(_ count: Int) throws -> ImageSet {
      try ImageSet(
        pixels: (0..<count * 192).map { _ in UInt8(random.integer(below: 256)) }, count: count, height: 8,
        width: 8, channels: 3, labels: (0..<count).map { $0 % 2 })
    }
    let dataset = try Dataset(
      name: "noise", origin: "made by a test", classNames: ["a", "b"], train: noise(64), test: noise(16))
    var optimization = SmallTask.optimization(epochs: 20)
    optimization.learningRate = rate
    let error = #expect(throws: TrainingError.self) {
      try Teacher.train(
        space: space, on: dataset, settings: TeacherSettings(optimization: optimization), seed: 1,
        supervision: Supervision())
    }
    #expect(error?.problem.hasPrefix("the loss is no longer a number in epoch ") == true)
    #expect(error?.advice == "use a smaller learning rate")
  }

  @Test func `images of another size are refused in words`() throws {
    let error = #expect(throws: TrainingError.imageSize(found: 16, wanted: 8)) {
      try Teacher.train(
        space: SmallTask.tiny, on: SmallTask.stripes(size: 16),
        settings: TeacherSettings(optimization: SmallTask.optimization(epochs: 1)), seed: 1,
        supervision: Supervision())
    }
    #expect(error?.problem == "the images have 16 pixels a side, and the space takes 8")
    #expect(error?.advice == "make the dataset with size 8, or choose another space")
  }

  @Test func `a NaN passes a rectifier`() {
    let found = Tensor<Float>([.nan, -1, 0, 2], shape: [4]).rectified().scalars
    #expect(found[0].isNaN)
    #expect(found.dropFirst() == [0, 0, 2])
  }

  @Test(arguments: [(0.8134, "81.3 %"), (0, "0.0 %"), (1, "100.0 %"), (0.9996, "100.0 %")])
  func percentages(_ fraction: Double, _ text: String) { #expect(percent(fraction) == text) }
}

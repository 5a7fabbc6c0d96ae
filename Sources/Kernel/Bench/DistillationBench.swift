import Engine

/// A whole distillation without augmentation, where the teacher's answers recur in every epoch.
struct DistillationBench: BenchCase {
  static let name = "distillation"
  static let summary = "distills a student of widths 8-64 for some epochs on images that recur"

  private let bench: TrainingBench
  private let teacher: Teacher
  private let dataset: Dataset
  private let epochs: Int

  init(_ options: BenchOptions) throws {
    epochs = options.isQuick ? 2 : 6
    bench = try TrainingBench(NarrowScale.self, images: 512)
    var random = RandomSource(seed: 2, stream: "bench")
    func set(_ count: Int) throws -> ImageSet {
      try ImageSet(
        pixels: (0..<count * 32 * 32 * 3).map { _ in UInt8(random.integer(below: 256)) }, count: count,
        height: 32, width: 32, channels: 3, labels: (0..<count).map { $0 % TrainingBench.classes })
    }
    dataset = try Dataset(
      name: "noise", origin: "drawn", classNames: (0..<TrainingBench.classes).map(String.init),
      train: set(512), test: set(128))
    teacher = Teacher(
      space: bench.space, classes: TrainingBench.classes, weights: bench.teacherWeights, accuracy: 0.5,
      history: [], datasetName: dataset.name, datasetDigest: dataset.digest)
  }

  var inputs: SafeTensors {
    var file = bench.inputs(bench.studentWeights, of: bench.student.architecture, steps: 8)
    for (name, set) in [("train", dataset.train), ("test", dataset.test)] {
      file.tensors.append(
        SafeTensors.Tensor(name: name, shape: set.shape, values: set.pixels.map { Float($0) / 127.5 - 1 }))
    }
    file.metadata["epochs"] = String(epochs)
    return file
  }

  /// The teacher's answers about the test images; the student's course depends on the order of batches.
  var results: SafeTensors {
    let images = ImageBatches(dataset.test).batch(Array(0..<dataset.test.count)).images
    let logits = teacher.folded.logits(images)
    return SafeTensors(
      tensors: [SafeTensors.Tensor(name: "answers", shape: logits.shape, values: logits.scalars)],
      metadata: [:])
  }

  func run() throws {
    var optimization = OptimizationSettings(epochs: epochs, augmentation: .none)
    optimization.batchSize = TrainingBench.batchSize
    let distillation = try Distillation(
      teacher: teacher, dataset: dataset, settings: DistillationSettings(optimization: optimization),
      cancellation: CancellationToken())
    _ = try distillation.distill(bench.student.architecture, seed: 1, supervision: Supervision())
  }

  var work: BenchWork {
    let steps = Double(epochs * dataset.train.count / TrainingBench.batchSize)
    let teacher = Double(dataset.train.count / TrainingBench.batchSize) * bench.operations(bench.teacher)
    return BenchWork(
      unit: "epochs", units: epochs, operations: teacher + 3 * steps * bench.operations(bench.student))
  }
}

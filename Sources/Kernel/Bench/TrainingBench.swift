import Engine

/// The two scales at which training is compared: images of 32 x 32 and networks of five blocks a stage.
protocol BenchScale {
  static var name: String { get }
  static var widths: [Int] { get }
}

enum NarrowScale: BenchScale {
  static let name = "8-64"
  static let widths = [8, 16, 32, 64]
}

enum WideScale: BenchScale {
  static let name = "16-128"
  static let widths = [16, 32, 64, 128]
}

/// What the training cases share: a space, images, and networks made from seeds.
struct TrainingBench: Sendable {
  static let classes = 20
  static let batchSize = 64

  let space: ResNetSpace
  let teacher: ResNet
  /// The one of a thousand that is nearest their mean of multiply-adds.
  let student: ResNet
  let teacherWeights: NetworkWeights<Float>
  /// (images, 32, 32, 3), a multiple of the batch.
  let images: Tensor<Float>
  let labels: [Int]

  init(_ scale: any BenchScale.Type, images count: Int) throws {
    space = try ResNetSpace(
      name: scale.name, widths: scale.widths, teacherDepth: 5, studentDepths: 1...4,
      ratios: (1...8).map { Double($0) / 8 }, imageSize: 32)
    var random = RandomSource(seed: 1, stream: "bench")
    let space = space
    let students = (0..<1000).map { _ in space.sample(random: &random) }
    let costs = students.map { space.cost(of: $0, classes: Self.classes).multiplyAdds }
    let mean = costs.reduce(0, +) / costs.count
    let nearest = costs.indices.min { abs(costs[$0] - mean) < abs(costs[$1] - mean) } ?? 0
    teacher = ResNet(space.teacher, classes: Self.classes)
    student = ResNet(students[nearest], classes: Self.classes)
    teacherWeights = teacher.initialWeights(random: &random)
    images = Tensor(uniformWithShape: [count, 32, 32, 3], in: -1...1, random: &random)
    labels = (0..<count).map { $0 % Self.classes }
  }

  var studentWeights: NetworkWeights<Float> {
    Remapping.first.weights(for: student.architecture, from: teacher.architecture, teacherWeights)
      .mapped { $0.contiguous() }
  }

  /// The images of one batch with their labels.
  func batch(_ number: Int) -> (images: Tensor<Float>, labels: [Int]) {
    let range = number * Self.batchSize..<(number + 1) * Self.batchSize
    return (images.sliced(axis: 0, range), Array(labels[range]))
  }

  func inputs(_ weights: NetworkWeights<Float>, of architecture: Architecture, steps: Int) -> SafeTensors {
    SafeTensors(
      tensors: [SafeTensors.Tensor(name: "images", shape: images.shape, values: images.scalars)]
        + stored("teacher.", teacherWeights) + stored("start.", weights),
      metadata: [
        "teacher": teacher.architecture.text, "network": architecture.text,
        "labels": JSON.array(labels.map { .integer($0) }).text, "steps": String(steps),
        "batch": String(Self.batchSize),
      ])
  }

  private func stored(_ prefix: String, _ weights: NetworkWeights<Float>) -> [SafeTensors.Tensor] {
    weights.storedTensors.map {
      SafeTensors.Tensor(name: prefix + $0.name, shape: $0.shape, values: $0.values)
    }
  }

  /// Multiply-adds of one pass of a batch, counted as two operations each.
  func operations(_ network: ResNet) -> Double {
    Double(2 * Self.batchSize * space.cost(of: network.architecture, classes: Self.classes).multiplyAdds)
  }
}

/// Steps of training a teacher: forward, back and descent on one batch after the other.
struct TeacherStepBench<Scale: BenchScale>: BenchCase {
  static var name: String { "teacher-step-\(Scale.name)" }
  static var summary: String { "trains a teacher of widths \(Scale.name) by some batches of 64" }

  private let bench: TrainingBench
  private let steps: Int

  init(_ options: BenchOptions) throws {
    steps = options.isQuick ? 2 : 8
    bench = try TrainingBench(Scale.self, images: steps * TrainingBench.batchSize)
  }

  var inputs: SafeTensors { bench.inputs(bench.teacherWeights, of: bench.teacher.architecture, steps: steps) }

  private func losses(_ steps: Int) -> [Double] {
    var weights = bench.teacherWeights
    var optimizer = SGD<Float>()
    return (0..<steps).map { step in
      let batch = bench.batch(step)
      return weights.descend(bench.teacher, images: batch.images, by: &optimizer, rate: 0.05) {
        $0.crossEntropy(labels: batch.labels, smoothing: 0.1)
      }
    }
  }

  /// Of the first two steps: further ones differ by what rounding grows to.
  var results: SafeTensors {
    SafeTensors(
      tensors: [SafeTensors.Tensor(name: "losses", shape: [2], values: losses(2).map { Float($0) })],
      metadata: [:])
  }

  func run() { _ = losses(steps) }

  var work: BenchWork {
    BenchWork(unit: "steps", units: steps, operations: Double(3 * steps) * bench.operations(bench.teacher))
  }
}

/// Steps of distilling a student, where the teacher is asked about each batch.
struct DistillationStepBench<Scale: BenchScale>: BenchCase {
  static var name: String { "distillation-step-\(Scale.name)" }
  static var summary: String { "distills a student of widths \(Scale.name) by some batches of 64" }

  private let bench: TrainingBench
  private let steps: Int

  init(_ options: BenchOptions) throws {
    steps = options.isQuick ? 2 : 8
    bench = try TrainingBench(Scale.self, images: steps * TrainingBench.batchSize)
  }

  var inputs: SafeTensors { bench.inputs(bench.studentWeights, of: bench.student.architecture, steps: steps) }

  private func losses(_ steps: Int) -> [Double] {
    let teacher = FoldedResNet(bench.teacher.architecture, weights: bench.teacherWeights)
    var weights = bench.studentWeights
    var optimizer = SGD<Float>()
    return (0..<steps).map { step in
      let batch = bench.batch(step)
      let answers = teacher.logits(batch.images)
      return weights.descend(bench.student, images: batch.images, by: &optimizer, rate: 0.05) {
        $0.distillationLoss(
          labels: batch.labels, teacher: answers, temperature: 6, alpha: 0.5, form: .paper)
      }
    }
  }

  var results: SafeTensors {
    SafeTensors(
      tensors: [SafeTensors.Tensor(name: "losses", shape: [2], values: losses(2).map { Float($0) })],
      metadata: [:])
  }

  func run() { _ = losses(steps) }

  var work: BenchWork {
    BenchWork(
      unit: "steps", units: steps,
      operations: Double(steps)
        * (bench.operations(bench.teacher) + 3 * bench.operations(bench.student)))
  }
}

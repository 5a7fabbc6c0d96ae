import Engine

/// What a step of training does with a batch: `StepBench` times it.
protocol BenchStep {
  static var name: String { get }
  /// What is done, in the words of `BenchCase.summary`, with the widths in their place.
  static func summary(widths: String) -> String

  init(_ bench: TrainingBench)

  /// The network that is trained, and what it starts from.
  static func network(of bench: TrainingBench) -> (network: ResNet, weights: NetworkWeights<Float>)
  static func operations(of bench: TrainingBench) -> Double

  func loss(_ logits: Tensor<Float>, images: Tensor<Float>, labels: [Int]) -> Tensor<Float>
}

/// Training a teacher: forward, back and descent.
struct TeacherStep: BenchStep {
  static let name = "teacher-step"

  static func summary(widths: String) -> String {
    "trains a teacher of widths \(widths) by some batches of \(TrainingBench.batchSize)"
  }

  static func network(of bench: TrainingBench) -> (network: ResNet, weights: NetworkWeights<Float>) {
    (bench.teacher, bench.teacherWeights)
  }

  static func operations(of bench: TrainingBench) -> Double { 3 * bench.operations(bench.teacher) }

  init(_ bench: TrainingBench) {}

  func loss(_ logits: Tensor<Float>, images: Tensor<Float>, labels: [Int]) -> Tensor<Float> {
    logits.crossEntropy(labels: labels, smoothing: 0.1)
  }
}

/// Distilling a student, where the teacher is asked about each batch.
struct DistillationStep: BenchStep {
  static let name = "distillation-step"

  static func summary(widths: String) -> String {
    "distills a student of widths \(widths) by some batches of \(TrainingBench.batchSize)"
  }

  static func network(of bench: TrainingBench) -> (network: ResNet, weights: NetworkWeights<Float>) {
    (bench.student, bench.studentWeights)
  }

  static func operations(of bench: TrainingBench) -> Double {
    bench.operations(bench.teacher) + 3 * bench.operations(bench.student)
  }

  private let teacher: FoldedResNet

  init(_ bench: TrainingBench) {
    teacher = FoldedResNet(bench.teacher.architecture, weights: bench.teacherWeights)
  }

  func loss(_ logits: Tensor<Float>, images: Tensor<Float>, labels: [Int]) -> Tensor<Float> {
    logits.distillationLoss(
      labels: labels, teacher: teacher.logits(images), temperature: 6, alpha: 0.5, form: .paper)
  }
}

/// Steps of one kind at one scale, on one batch after the other.
struct StepBench<Step: BenchStep, Scale: BenchScale>: BenchCase {
  static var name: String { "\(Step.name)-\(Scale.name)" }
  static var summary: String { Step.summary(widths: Scale.name) }

  private let bench: TrainingBench
  private let steps: Int

  init(_ options: BenchOptions) throws {
    steps = options.isQuick ? 2 : 8
    bench = try TrainingBench(Scale.self, images: steps * TrainingBench.batchSize)
  }

  var inputs: SafeTensors {
    let (network, weights) = Step.network(of: bench)
    return bench.inputs(weights, of: network.architecture, steps: steps)
  }

  private func losses(_ steps: Int) -> [Double] {
    let step = Step(bench)
    let network = Step.network(of: bench).network
    var weights = Step.network(of: bench).weights
    var optimizer = SGD<Float>()
    return (0..<steps).map { number in
      let batch = bench.batch(number)
      return weights.descend(network, images: batch.images, by: &optimizer, rate: 0.05) {
        step.loss($0, images: batch.images, labels: batch.labels)
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
    BenchWork(unit: "steps", units: steps, operations: Double(steps) * Step.operations(of: bench))
  }
}

import Engine

/// Episodes of meta-training: eight tasks of fifty students, second order, the paper's predictor.
struct EpisodeBench: BenchCase {
  static let name = "episode"
  static let summary = "meta-trains the paper's predictor by some episodes of 8 tasks and 50 students"

  private let predictor = AccuracyPredictor(shape: PredictorShape(mapChannels: 256, codeLength: 181))
  private let parameters: TensorDictionary<Float>
  private let rates: TensorDictionary<Float>
  private let start: MetaStep
  private let tasks: [TaskInputs<Float>]
  private let episodes: Int

  init(_ options: BenchOptions) {
    episodes = options.isQuick ? 1 : 4
    var random = RandomSource(seed: 1, stream: "bench")
    parameters = predictor.initialParameters(random: &random)
    rates = parameters.mapped { Tensor<Float>(repeating: 0.005, shape: $0.shape) }
    tasks = (0..<8).map { number in
      TaskInputs(
        name: "\(number)", teacherMap: Self.map(1, &random), teacherCode: Self.code(1, &random),
        teacherAccuracy: random.uniform(in: 0.4...0.9),
        students: StudentInputs(maps: Self.map(50, &random), codes: Self.code(50, &random)),
        accuracies: (0..<50).map { _ in random.uniform(in: 0.2...0.9) })
    }
    start = MetaStep(settings: MetaTrainingSettings(), predictor: predictor, tasks: tasks)
  }

  /// As after a rectifier.
  private static func map(_ count: Int, _ random: inout RandomSource) -> Tensor<Float> {
    Tensor<Float>(normalWithShape: [count, 8, 8, 256], random: &random).rectified()
  }

  private static func code(_ count: Int, _ random: inout RandomSource) -> Tensor<Float> {
    Tensor(uniformWithShape: [count, 181], in: 0...1, random: &random)
  }

  var inputs: SafeTensors {
    func stored(_ name: String, _ tensor: Tensor<Float>) -> SafeTensors.Tensor {
      SafeTensors.Tensor(name: name, shape: tensor.shape, values: tensor.scalars)
    }
    return SafeTensors(
      tensors: parameters.entries.map { stored("parameters.\($0.name)", $0.tensor) }
        + tasks.flatMap { task in
          [
            stored("task\(task.name).teacher_map", task.teacherMap),
            stored("task\(task.name).teacher_code", task.teacherCode),
            stored("task\(task.name).student_maps", task.students.maps),
            stored("task\(task.name).student_codes", task.students.codes),
            stored(
              "task\(task.name).student_accuracies", Tensor(task.accuracies.map { Float($0) }, shape: [50])),
          ]
        },
      metadata: [
        "teacher_accuracies": JSON.array(tasks.map { .number($0.teacherAccuracy) }).text,
        "episodes": String(episodes),
      ])
  }

  private func losses(_ episodes: Int) -> [Double] {
    var (current, rates, step) = (parameters, rates, start)
    let draws = tasks.enumerated().map { TaskDraw(allOf: $1, number: $0) }
    return (0..<episodes).map { _ in step.update(&current, &rates, on: draws) }
  }

  var results: SafeTensors {
    SafeTensors(
      tensors: [SafeTensors.Tensor(name: "losses", shape: [3], values: losses(3).map { Float($0) })],
      metadata: [:])
  }

  func run() { _ = losses(episodes) }

  /// The students' passes, forward and back, with the multiplications of tiles of 4 x 4 outputs and, for 2 x 2, of pixels within
  /// the image: the first convolution has no gradient to its input. All else is small.
  var work: BenchWork {
    let first = 81 * 128 * 256
    let second = 25 * 256 * 128
    return BenchWork(
      unit: "episodes", units: episodes,
      operations: Double(episodes * tasks.count * 50) * 2 * Double(2 * first + 3 * second))
  }
}

import Engine

/// From a teacher's weights to the ranked pool: 3,000 students of the paper's space at 64 x 64.
struct ScoringBench: BenchCase {
  static let name = "scoring"
  static let summary = "ranks 3,000 students of the paper's space for a teacher"

  /// Students whose maps are compared with PyTorch's; the scores of all are.
  private static let comparedMaps = 48

  private let teacher: Teacher
  private let predictor: MetaPredictor
  private let students: [Architecture]

  init(_ options: BenchOptions) {
    let space = ResNetSpace.paper
    var random = RandomSource(seed: 1, stream: "bench")
    teacher = Teacher(
      space: space, classes: 10, weights: ResNet(space.teacher, classes: 10).initialWeights(random: &random),
      accuracy: 0.8, history: [], datasetName: "none", datasetDigest: "none")
    let function = LearningMethod.dass.function(for: space)
    let parameters: TensorDictionary<Float> = function.initialParameters(random: &random)
    predictor = MetaPredictor(
      space: space, function: function, parameters: parameters,
      rates: parameters.mapped { Tensor(repeating: 0.005, shape: $0.shape) }, adaptation: Adaptation(steps: 1)
    )
    students = (0..<(options.isQuick ? 300 : 3000)).map { _ in space.sample(random: &random) }
  }

  var inputs: SafeTensors {
    let noise = NoiseEmbedding.noise(
      imageSize: teacher.space.imageSize, seed: 0)
    func stored(_ prefix: String, _ tensors: [(name: String, tensor: Tensor<Float>)]) -> [SafeTensors.Tensor]
    {
      tensors.map {
        SafeTensors.Tensor(name: prefix + $0.name, shape: $0.tensor.shape, values: $0.tensor.scalars)
      }
    }
    return SafeTensors(
      tensors: stored("teacher.", teacher.weights.parameters.entries + teacher.weights.statistics.entries)
        + stored("predictor.", predictor.parameters.entries) + stored("rates.", predictor.rates.entries)
        + stored("", [("noise", noise), ("codes", NoiseEmbedding(teacher: teacher).codes(of: students))])
        + stored("", [("teacher_code", NoiseEmbedding(teacher: teacher).teacherCode)]),
      metadata: [
        "students": JSON.array(students.map { .string($0.text) }).text, "teacher": teacher.architecture.text,
        "accuracy": String(teacher.accuracy),
      ])
  }

  var results: SafeTensors {
    get throws {
      let maps = try NoiseEmbedding(teacher: teacher)
        .inputs(for: Array(students.prefix(Self.comparedMaps)), cancellation: CancellationToken()).maps
      return SafeTensors(
        tensors: [
          SafeTensors.Tensor(name: "maps", shape: maps.shape, values: maps.scalars),
          SafeTensors.Tensor(name: "scores", shape: [students.count], values: try scores().map { Float($0) }),
        ], metadata: [:])
    }
  }

  private func scores() throws -> [Double] {
    try PoolScoring(
      predictor: predictor, embedding: NoiseEmbedding(teacher: teacher), teacherAccuracy: teacher.accuracy
    ).scores(of: students, supervision: Supervision())
  }

  func run() throws {
    let scores = try scores()
    _ = scores.indices.sorted { scores[$0] > scores[$1] }
  }

  var work: BenchWork {
    let cost = PoolEmbedding.cost(of: students, space: teacher.space)
    return BenchWork(
      unit: "students", units: students.count, operations: 2 * Double(cost.multiplications),
      notes: [
        "\(NumberText.count(Double(cost.unshared)))multiply-adds one by one, "
          + "\(NumberText.count(Double(cost.shared)))with shared beginnings, "
          + "\(NumberText.count(Double(cost.multiplications)))multiplications in Winograd's forms"
      ])
  }
}

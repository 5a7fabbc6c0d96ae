import TestSupport
import Testing

@testable import Engine

@Suite("Noise embedding") struct NoiseEmbeddingTests {
  private let teacher = SmallTask.teacher()

  /// The simple way computes shared prefixes by the same kernels on the same numbers, so not a bit differs; the fast
  /// one rounds otherwise.
  @Test(arguments: Remapping.allCases, [true, false])
  func `students that share their beginnings come out as each alone`(_ remapping: Remapping, sorted: Bool)
    throws
  {
    let embedding = NoiseEmbedding(teacher: teacher, remapping: remapping)
    var students = SmallTask.students(30)
    // Neighbors that differ late, early, in depth, and not at all.
    students += [students[0], students[0], SmallTask.space.teacher]
    if sorted { students.sort() }
    let inputs = try embedding.inputs(for: students, cancellation: CancellationToken())
    let folded = teacher.folded
    let noise = NoiseEmbedding.noise(imageSize: 16, seed: 0)
    #expect(inputs.maps.shape == [33, 2, 2, 16])
    for (place, student) in students.enumerated() {
      let alone = remapping.student(student, of: folded).map(noise)
      let map = inputs.maps.sliced(axis: 0, place..<place + 1)
      expectClose(map, alone, tolerance: remapping == .first ? 1e-5 : 0, student.text)
      let code = inputs.codes.sliced(axis: 0, place..<place + 1).scalars
      #expect(code == SmallTask.space.code(of: student))
    }
    let chosen = inputs.selecting([4, 0])
    #expect(chosen.count == 2)
    #expect(chosen.maps.sliced(axis: 0, 1..<2).scalars == inputs.maps.sliced(axis: 0, 0..<1).scalars)
  }

  @Test func `the teacher's own map and code`() throws {
    let embedding = NoiseEmbedding(teacher: teacher)
    let inputs = try embedding.inputs(for: [SmallTask.space.teacher], cancellation: CancellationToken())
    expectClose(inputs.maps, embedding.teacherMap, tolerance: 1e-5)
    #expect(inputs.codes.scalars == embedding.teacherCode.scalars)
  }

  /// The forms round differently, and widths that fill no group of channels have rests everywhere.
  @Test(arguments: [0, 2, 4, 8], [[3, 5, 7, 9], [8, 32, 48, 64]])
  func `every form agrees with the simple way`(_ largestTile: Int, _ widths: [Int]) throws {
    let space = try ResNetSpace(
      name: "test", widths: widths, teacherDepth: 3, studentDepths: 1...3, ratios: [0.4, 0.75, 1],
      imageSize: 32)
    let embedding = NoiseEmbedding(teacher: SmallTask.teacher(of: space))
    let students = SmallTask.students(60, of: space)
    let maps = try PoolEmbedding(embedding, for: students, workers: 2, largestTile: largestTile).results(
      of: students, supervision: Supervision(), stage: ""
    ) { inputs in (0..<inputs.count).map { inputs.maps.sliced(axis: 0, $0..<$0 + 1) } }
    var simple = SimpleEmbedding(embedding)
    for (student, map) in zip(students, maps) {
      expectClose(map, simple.map(of: student), tolerance: 1e-5, student.text)
    }
  }

  /// Weights that were learned are not as even as drawn ones.
  @Test(arguments: DemoTask.all.filter { $0.role != .metaTraining })
  func `trained weights round as little`(_ task: DemoTask) throws {
    let embedding = NoiseEmbedding(teacher: try DemoResults.teacher(of: task))
    let students = task.students
    let maps = try embedding.inputs(for: students, cancellation: CancellationToken()).maps
    var simple = SimpleEmbedding(embedding)
    for (place, student) in students.enumerated() {
      expectClose(
        maps.sliced(axis: 0, place..<place + 1), simple.map(of: student), tolerance: 1e-5, student.text)
    }
  }

  @Test func `parts of a pool come out as the whole, on any number of workers`() throws {
    let embedding = NoiseEmbedding(teacher: SmallTask.teacher())
    let students = SmallTask.students(PoolEmbedding.partSize + 70)
    func sums(workers: Int) throws -> [Float] {
      try PoolEmbedding(embedding, for: students, workers: workers).results(
        of: students, supervision: Supervision(), stage: ""
      ) { inputs in inputs.maps.summed(overAxes: [1, 2, 3]).scalars }
    }
    let together = try sums(workers: 3)
    #expect(try sums(workers: 1) == together)
    for place in [0, 1, 200, students.count - 1] {
      let alone = try embedding.inputs(for: [students[place]], cancellation: CancellationToken()).maps
      #expect(abs(alone.sum().scalar - together[place]) < 1e-4 * abs(together[place]))
    }
  }

  @Test func `noise is decided by its seed`() {
    let noise = NoiseEmbedding.noise(imageSize: 16, seed: 0)
    #expect(noise.shape == [1, 16, 16, 3])
    #expect(noise.scalars == NoiseEmbedding.noise(imageSize: 16, seed: 0).scalars)
    #expect(noise.scalars != NoiseEmbedding.noise(imageSize: 16, seed: 1).scalars)
    #expect(abs((noise * noise).mean().scalar - 1) < 0.2)
  }

  @Test func `embedding stops when it is asked to`() {
    let token = CancellationToken()
    token.cancel()
    #expect(throws: Cancelled()) {
      try NoiseEmbedding(teacher: teacher).inputs(for: SmallTask.students(2), cancellation: token)
    }
  }
}

@Suite("Pool scoring") struct PoolScoringTests {
  private func scoring(innerSteps: Int = 1) -> PoolScoring {
    let shape = PredictorShape(space: SmallTask.space)
    var random = RandomSource(seed: 1)
    let parameters: TensorDictionary<Float> = AccuracyPredictor(shape: shape).initialParameters(
      random: &random)
    return PoolScoring(
      predictor: MetaPredictor(
        space: SmallTask.space, function: AccuracyPredictor(shape: shape), parameters: parameters,
        rates: parameters.mapped { Tensor(repeating: 0.01, shape: $0.shape) },
        adaptation: Adaptation(steps: innerSteps)),
      embedding: NoiseEmbedding(teacher: SmallTask.teacher()), teacherAccuracy: 0.8)
  }

  @Test func `a predictor that reads codes alone scores without maps`() throws {
    let function = LearningMethod.maml.function(for: SmallTask.space)
    var random = RandomSource(seed: 1)
    let parameters: TensorDictionary<Float> = function.initialParameters(random: &random)
    let embedding = NoiseEmbedding(teacher: SmallTask.teacher())
    let predictor = MetaPredictor(
      space: SmallTask.space, method: .maml, function: function, parameters: parameters,
      rates: parameters.mapped { Tensor(repeating: 0.01, shape: $0.shape) }, adaptation: Adaptation(steps: 2))
    let students = SmallTask.students(40)
    let scores = try PoolScoring(predictor: predictor, embedding: embedding, teacherAccuracy: 0.8)
      .scores(of: students, supervision: Supervision())
    let task = TaskInputs(
      name: "", teacherMap: embedding.teacherMap, teacherCode: embedding.teacherCode, teacherAccuracy: 0.8,
      students: StudentInputs(codes: embedding.codes(of: students)), accuracies: [])
    #expect(scores == predictor.predictions(for: task))
    #expect(Set(scores).count > 30)
  }

  @Test(arguments: [0, 1, 2]) func `scores are the predictions, in the pool's order`(innerSteps: Int) throws {
    let scoring = scoring(innerSteps: innerSteps)
    let students = SmallTask.students(150)
    let progress = RecordingProgress()
    let scores = try scoring.scores(of: students, supervision: progress.supervision)
    let task = TaskInputs(
      name: "", teacherMap: scoring.embedding.teacherMap, teacherCode: scoring.embedding.teacherCode,
      teacherAccuracy: 0.8,
      students: try scoring.embedding.inputs(for: students, cancellation: CancellationToken()),
      accuracies: [])
    let expected = scoring.predictor.predictions(for: task)
    expectClose(
      Tensor<Double>(scores, shape: [150]), Tensor<Double>(expected, shape: [150]), tolerance: 1e-6)
    #expect(Set(scores).count > 100)
    #expect(progress.events.map(\.completed).last == 150)
    #expect(progress.events.allSatisfy { $0.stage == "scoring" && $0.total == 150 })
    #expect(try scoring.scores(of: students, supervision: Supervision()) == scores)
  }

  @Test func `an empty pool has no scores`() throws {
    #expect(try scoring().scores(of: [], supervision: Supervision()) == [])
  }

  @Test func `scoring stops when it is asked to`() {
    let token = CancellationToken()
    token.cancel()
    #expect(throws: Cancelled()) {
      try scoring().scores(of: SmallTask.students(5), supervision: Supervision(cancellation: token))
    }
  }
}

import TestSupport
import Testing

@testable import Engine

/// The fast way through an episode against the plain one in double precision.
@Suite("Episodes") struct EpisodePassTests {
  private let predictor = AccuracyPredictor(shape: PredictorShape(mapChannels: 32, codeLength: 10))

  private func tasks(
    _ count: Int, students: Int, support: Int = 0, size: Int = 8, channels: Int = 32
  ) -> [TaskInputs<Float>] {
    var random = RandomSource(seed: 3, stream: "episode")
    func inputs(_ count: Int) -> StudentInputs<Float> {
      StudentInputs(
        maps: Tensor(normalWithShape: [count, size, size, channels], random: &random).rectified(),
        codes: Tensor(uniformWithShape: [count, 10], in: 0...1, random: &random))
    }
    func accuracies(_ count: Int) -> [Double] { (0..<count).map { _ in random.uniform(in: 0.2...0.9) } }
    return (0..<count).map { number in
      let teacher = inputs(1)
      var task = TaskInputs<Float>(
        name: "\(number)", teacherMap: teacher.maps, teacherCode: teacher.codes, teacherAccuracy: 0.7,
        students: inputs(students), accuracies: accuracies(students))
      if support > 0 {
        task.support = SupportPairs(students: inputs(support), accuracies: accuracies(support))
      }
      return task
    }
  }

  private func exact(_ pairs: StudentInputs<Float>) -> StudentInputs<Double> {
    StudentInputs(maps: pairs.maps.inDouble, codes: pairs.codes.inDouble)
  }

  private func exact(_ task: TaskInputs<Float>) -> TaskInputs<Double> {
    var exact = TaskInputs<Double>(
      name: "", teacherMap: task.teacherMap.inDouble, teacherCode: task.teacherCode.inDouble,
      teacherAccuracy: task.teacherAccuracy, students: self.exact(task.students), accuracies: task.accuracies)
    exact.support = task.support.map {
      SupportPairs(students: self.exact($0.students), accuracies: $0.accuracies)
    }
    return exact
  }

  private func draws(_ tasks: [TaskInputs<Float>]) -> [TaskDraw] {
    tasks.enumerated().map { TaskDraw(allOf: $1, number: $0) }
  }

  private func start() -> (TensorDictionary<Float>, TensorDictionary<Float>) {
    var random = RandomSource(seed: 1)
    let parameters: TensorDictionary<Float> = predictor.initialParameters(random: &random)
    return (
      parameters, parameters.mapped { Tensor(uniformWithShape: $0.shape, in: 0...0.1, random: &random) }
    )
  }

  @Test(arguments: [0, 1, 3], [false, true])
  func `outer gradients are those of the plain way`(support: Int, isFirstOrder: Bool) throws {
    var settings = MetaTrainingSettings()
    settings.isFirstOrder = isFirstOrder
    let tasks = tasks(3, students: 7, support: support)
    let (parameters, rates) = start()
    let pass = try #require(EpisodePass(predictor, settings: settings, tasks: tasks))
    let found = try #require(pass.outerGradients(of: draws(tasks), parameters: parameters, rates: rates))
    let (exactParameters, exactRates) = (parameters.mapped(\.inDouble), rates.mapped(\.inDouble))
    let expected = tasks.map { task in
      GuidedAdaptation(predictor: predictor).outerGradients(
        of: exact(task), parameters: exactParameters, rates: exactRates, isFirstOrder: isFirstOrder)
    }
    func mean(_ part: (OuterGradients<Double>) -> [Tensor<Double>], _ place: Int) -> Tensor<Double> {
      expected.map { part($0)[place] }.dropFirst().reduce(part(expected[0])[place], +) / Double(tasks.count)
    }
    #expect(abs(found.loss - expected.map(\.loss).reduce(0, +) / 3) < 1e-6)
    for (place, name) in parameters.names.enumerated() {
      expectClose(found.parameters[place], mean(\.parameters, place), tolerance: 2e-5, name)
      expectClose(found.rates[place], mean(\.rates, place), tolerance: 2e-5, "rate of \(name)")
    }
  }

  @Test func `an episode of some students is one of a task that has no others`() throws {
    let whole = tasks(2, students: 9)
    let draws = [
      TaskDraw(allOf: whole[1], number: 1), TaskDraw(allOf: whole[0], number: 0),
    ].map { draw in
      var draw = draw
      (draw.students, draw.support) = ([7, 2, 5, 0], [8, 3])
      return draw
    }
    let few = draws.map { whole[$0.task].selecting($0) }
    let (parameters, rates) = start()
    let settings = MetaTrainingSettings()
    let found = try [(whole, draws), (few, self.draws(few))].map { tasks, draws in
      let pass = try #require(EpisodePass(predictor, settings: settings, tasks: tasks))
      return try #require(pass.outerGradients(of: draws, parameters: parameters, rates: rates))
    }
    #expect(found[0].loss == found[1].loss)
    for place in found[0].parameters.indices {
      #expect(found[0].parameters[place].scalars == found[1].parameters[place].scalars)
      #expect(found[0].rates[place].scalars == found[1].rates[place].scalars)
    }
  }

  @Test func `the number of threads changes nothing`() throws {
    let tasks = tasks(5, students: 4)
    let (parameters, rates) = start()
    let pass = try #require(EpisodePass(predictor, settings: MetaTrainingSettings(), tasks: tasks))
    let found = try (0..<2).map { _ in
      try #require(pass.outerGradients(of: draws(tasks), parameters: parameters, rates: rates))
    }
    // One piece at a time, as on one thread.
    let alone = try draws(tasks).map {
      try #require(pass.outerGradients(of: [$0], parameters: parameters, rates: rates))
    }
    for place in found[0].parameters.indices {
      #expect(found[0].parameters[place].scalars == found[1].parameters[place].scalars)
      let sum = alone.map { $0.parameters[place] }.dropFirst().reduce(alone[0].parameters[place], +)
      expectClose(found[0].parameters[place], sum / Float(tasks.count), tolerance: 1e-5)
    }
  }

  /// A training step moves the same way whichever way its gradients were found.
  @Test func `other settings and sizes go the plain way`() {
    func isFast(_ tasks: [TaskInputs<Float>], change: (inout MetaTrainingSettings) -> Void = { _ in }) -> Bool
    {
      var settings = MetaTrainingSettings()
      change(&settings)
      return EpisodePass(predictor, settings: settings, tasks: tasks) != nil
    }
    #expect(isFast(tasks(2, students: 2)))
    #expect(!isFast(tasks(2, students: 2)) { $0.innerSteps = 2 })
    #expect(!isFast(tasks(2, students: 2)) { $0.innerSteps = 0 })
    #expect(!isFast(tasks(2, students: 2, support: 5)))
    #expect(!isFast(tasks(2, students: 2, size: 7)))
    #expect(isFast(tasks(2, students: 2, size: 4)))
    #expect(!isFast(tasks(2, students: 2, size: 2)))
    #expect(isFast(tasks(2, students: 9)) { $0.supportStudents = 4 })
    #expect(!isFast(tasks(2, students: 9)) { $0.supportStudents = 5 })
    let narrow = AccuracyPredictor(shape: PredictorShape(mapChannels: 16, codeLength: 10))
    #expect(
      EpisodePass(narrow, settings: MetaTrainingSettings(), tasks: tasks(1, students: 2, channels: 16)) == nil
    )
    let studentAlone = AccuracyPredictor(
      shape: PredictorShape(mapChannels: 32, codeLength: 10, maps: .student))
    #expect(EpisodePass(studentAlone, settings: MetaTrainingSettings(), tasks: tasks(1, students: 2)) == nil)
  }
}

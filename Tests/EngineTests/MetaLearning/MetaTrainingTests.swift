import TestSupport
import Testing

@testable import Engine

@Suite("Meta-training") struct MetaTrainingTests {
  private func train(
    episodes: Int = 60, innerSteps: Int = 1, support: Int = 0, isFirstOrder: Bool = false, seed: UInt64 = 1,
    validation: [TaskInputs<Float>] = SyntheticTasks.make(2, seed: 2),
    supervision: Supervision = Supervision()
  ) throws -> MetaPredictor {
    var settings = MetaTrainingSettings()
    settings.episodes = episodes
    settings.tasksPerEpisode = 3
    settings.studentsPerTask = 12
    settings.learningRate = 0.003
    settings.innerSteps = innerSteps
    settings.isFirstOrder = isFirstOrder
    settings.supportStudents = support
    return try MetaTraining(space: SyntheticTasks.space, settings: settings).run(
      tasks: SyntheticTasks.make(5, seed: 1), validation: validation, seed: seed, supervision: supervision)
  }

  private func error(_ predictor: MetaPredictor, on tasks: [TaskInputs<Float>]) -> Double {
    let errors = tasks.flatMap { task in
      zip(predictor.predictions(for: task), task.accuracies).map { abs($0 - $1) }
    }
    return errors.reduce(0, +) / Double(errors.count)
  }

  @Test(arguments: [(0, false), (1, false), (1, true), (2, false)])
  func `new tasks are ranked better after it`(_ innerSteps: Int, _ isFirstOrder: Bool) throws {
    let unseen = SyntheticTasks.make(3, seed: 3)
    let learned = try train(innerSteps: innerSteps, isFirstOrder: isFirstOrder)
    let start = try #require(
      try train(episodes: 1, innerSteps: innerSteps).meanCorrelation(on: unseen))
    #expect(try #require(learned.meanCorrelation(on: unseen)) > start + 0.1)
    #expect(learned.isGuided == (innerSteps > 0))
    let losses = learned.history.map(\.loss)
    #expect(losses.count == 3)
    #expect(losses[2] < losses[0])
  }

  /// The level of a task is known from the teacher's accuracy alone.
  @Test func `guidance brings the level of a new task nearer`() throws {
    let unseen = SyntheticTasks.make(6, seed: 3)
    let (guided, unguided) = (try train(episodes: 200), try train(episodes: 200, innerSteps: 0))
    #expect(error(guided, on: unseen) < 0.8 * error(unguided, on: unseen))
  }

  @Test func `without inner steps the teacher's accuracy and the rates play no part`() throws {
    let unguided = try train(episodes: 20, innerSteps: 0)
    var task = SyntheticTasks.make(1, seed: 3)[0]
    let before = unguided.predictions(for: task)
    task.teacherAccuracy = 0
    #expect(unguided.predictions(for: task) == before)
    #expect(unguided.rates.ordered.allSatisfy { $0.scalars.allSatisfy { $0 == 0.005 } })
    let guided = try train(episodes: 20)
    #expect(guided.predictions(for: task) != guided.predictions(for: SyntheticTasks.make(1, seed: 3)[0]))
    #expect(guided.rates.ordered.contains { $0.scalars.contains { $0 != 0.005 } })
  }

  /// The rule of the tasks shows in maps, so that the code alone can only find the level.
  @Test(arguments: [LearningMethod.maml, .metaSGD])
  func `the baselines adapt to the teacher's accuracy`(_ method: LearningMethod) throws {
    var settings = MetaTrainingSettings(method: method)
    settings.episodes = 200
    settings.learningRate = 0.003
    settings.innerRate = 0.05
    let tasks = SyntheticTasks.make(8, seed: 1)
    let learned = try MetaTraining(space: SyntheticTasks.space, settings: settings).run(
      tasks: tasks, validation: [], seed: 1, supervision: Supervision())
    #expect(learned.method == method)
    var unadapted = learned
    unadapted.adaptation.steps = 0
    let unseen = SyntheticTasks.make(6, seed: 3)
    #expect(error(learned, on: unseen) < 0.8 * error(unadapted, on: unseen))
    let areFixed = learned.rates.ordered.allSatisfy { $0.scalars.allSatisfy { $0 == 0.05 } }
    #expect(areFixed == (method == .maml))
    let read = try MetaPredictor(SafeTensors(parsing: learned.safeTensors.encoded()))
    #expect(read.predictions(for: unseen[0]) == learned.predictions(for: unseen[0]))
  }

  @Test func `a seed decides every bit`() throws {
    func numbers(_ seed: UInt64) throws -> [[Float]] {
      let learned = try train(episodes: 10, seed: seed)
      return (learned.parameters.ordered + learned.rates.ordered).map(\.scalars)
    }
    let first = try numbers(1)
    #expect(first == (try numbers(1)))
    #expect(first != (try numbers(2)))
  }

  @Test func `the best measured episode is kept`() throws {
    let validation = SyntheticTasks.make(2, seed: 2)
    let learned = try train(episodes: 90, validation: validation)
    #expect(learned.history.map(\.episode) == [20, 40, 60, 80, 90])
    let best = learned.history.compactMap(\.validationCorrelation).max()
    #expect(learned.meanCorrelation(on: validation) == best)
  }

  @Test func `without validation the last episode is kept`() throws {
    let learned = try train(episodes: 20, validation: [])
    #expect(learned.history.map(\.validationCorrelation) == [nil])
    let longer = try train(episodes: 21, validation: [])
    #expect(
      learned.parameters["proj_layers.0.weight"].scalars != longer.parameters["proj_layers.0.weight"].scalars)
    #expect(learned.meanCorrelation(on: []) == nil)
  }

  /// A learning rate this large soon makes all predictions equal.
  @Test func `a correlation that is no longer defined replaces none`() throws {
    var settings = MetaTrainingSettings()
    settings.episodes = 12
    settings.learningRate = 0.2
    settings.innerSteps = 0
    settings.validationInterval = 1
    let validation = SyntheticTasks.make(1, seed: 2)
    let learned = try MetaTraining(space: SyntheticTasks.space, settings: settings).run(
      tasks: SyntheticTasks.make(3, seed: 1), validation: validation, seed: 3, supervision: Supervision())
    let correlations = learned.history.map(\.validationCorrelation)
    #expect(correlations.last == .some(nil))
    let best = try #require(correlations.compactMap(\.self).max())
    #expect(learned.meanCorrelation(on: validation) == best)
  }

  /// Students of one accuracy cannot be ranked.
  @Test func `where the correlation is undefined the last episode is kept`() throws {
    var flat = SyntheticTasks.make(1, seed: 2)
    flat[0].accuracies = flat[0].accuracies.map { _ in 0.5 }
    let (learned, other) = (
      try train(episodes: 20, validation: flat), try train(episodes: 20, validation: [])
    )
    #expect(learned.history.map(\.validationCorrelation) == [nil])
    #expect(learned.parameters.ordered.map(\.scalars) == other.parameters.ordered.map(\.scalars))
  }

  @Test func `it stops when it is asked to`() {
    let progress = RecordingProgress(cancellingAfter: 5)
    #expect(throws: Cancelled()) { try train(episodes: 1000, supervision: progress.supervision) }
    #expect(progress.events.map(\.completed) == [1, 2, 3, 4, 5])
  }

  @Test func `accuracies that are no numbers are told`() {
    var tasks = SyntheticTasks.make(1, seed: 1)
    tasks[0].accuracies[0] = .nan
    var settings = MetaTrainingSettings()
    settings.episodes = 3
    #expect(throws: TrainingError.diverged(epoch: 1)) {
      try MetaTraining(space: SyntheticTasks.space, settings: settings).run(
        tasks: tasks, validation: [], seed: 1, supervision: Supervision())
    }
  }
}

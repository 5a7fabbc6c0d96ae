/// How a predictor is meta-learned. Defaults are the paper's.
package struct MetaTrainingSettings: Sendable, Hashable {
  package let method: LearningMethod
  package var episodes = 1000
  /// Tasks in an episode; all of them where there are fewer.
  package var tasksPerEpisode = 8
  /// Students of each task in an episode; all of them where there are fewer.
  package var studentsPerTask = 50
  package var learningRate = 5e-4
  /// Where the inner rates start.
  package var innerRate: Double
  package var unit = AccuracyUnit.fraction
  /// Whether DaSS divides maps by the magnitude of the teacher's.
  package var scalesMaps = false
  /// Inner gradient steps; 0 gives the unguided predictor.
  package var innerSteps: Int
  /// Measured students of each task to adapt to, in place of the teacher; the others are the query. Drawn anew in each
  /// episode, and once for a validation task.
  package var supportStudents = 0
  /// Whose feature maps the paper's predictor reads.
  package var maps = MapReading.both
  /// Whether the outer gradient ignores that the inner gradient depends on the parameters.
  package var isFirstOrder = false
  /// Episodes between measurements on the validation tasks; the best measured is kept.
  package var validationInterval = 20
  /// How teachers and students are looked at; the predictor keeps it.
  package var embedding = EmbeddingSettings.standard
  /// Which accuracy is learned.
  package var target = AccuracyTarget.best

  package init(method: LearningMethod = .dass) {
    self.method = method
    innerRate = method.innerRate
    innerSteps = method.innerSteps
  }

  package func function(for space: ResNetSpace) -> any PredictorFunction {
    method == .dass
      ? AccuracyPredictor(shape: PredictorShape(space: space, maps: maps), scalesMaps: scalesMaps)
      : method.function(for: space)
  }

  /// What is at its default and came later is left out, so that results known before are found again.
  package var json: JSON {
    var fields: [String: JSON] = [
      "method": .string(method.rawValue), "episodes": .integer(episodes),
      "tasksPerEpisode": .integer(tasksPerEpisode),
      "studentsPerTask": .integer(studentsPerTask), "learningRate": .number(learningRate),
      "innerRate": .number(innerRate), "innerSteps": .integer(innerSteps),
      "isFirstOrder": .bool(isFirstOrder), "unit": .string(unit.rawValue),
      "scalesMaps": .bool(scalesMaps),
      "validationInterval": .integer(validationInterval),
    ]
    if embedding != .standard { fields["embedding"] = embedding.json }
    if target != .best { fields["target"] = .string(target.rawValue) }
    if supportStudents > 0 { fields["supportStudents"] = .integer(supportStudents) }
    if maps != .both { fields["maps"] = .string(maps.rawValue) }
    return .object(fields)
  }

  /// How the predictor is fitted to a task while it is learned, and afterwards unless told otherwise.
  package var adaptation: Adaptation {
    Adaptation(steps: innerSteps, usesTeacher: supportStudents == 0, students: supportStudents)
  }
}

/// One measured moment of a meta-training.
package struct MetaRecord: Sendable, Hashable {
  package var episode: Int
  /// Outer loss since the last record, averaged.
  package var loss: Double
  /// Mean Spearman correlation over the validation tasks; nil where there are none.
  package var validationCorrelation: Double?
}

/// Episodic meta-training over tasks (paper, Section 4 and Appendix D.2).
package struct MetaTraining: Sendable {
  package var space: ResNetSpace
  package var settings: MetaTrainingSettings

  package init(space: ResNetSpace, settings: MetaTrainingSettings) {
    self.space = space
    self.settings = settings
  }

  /// - Parameters:
  ///   - tasks: what is learned from; not empty.
  ///   - validation: what chooses the episode that is kept; without any, the last one is.
  /// - Throws: `Cancelled`; `TrainingError.diverged`, `.tooSmall`, `.tooFewStudents`.
  package func run(
    tasks: [TaskInputs<Float>], validation: [TaskInputs<Float>], seed: UInt64, supervision: Supervision,
    stage: String = "meta-training"
  ) throws -> MetaPredictor {
    let numbers = [
      ("tasks", tasks.count), ("episodes", settings.episodes),
      ("tasks in an episode", settings.tasksPerEpisode),
      ("students of a task", settings.studentsPerTask),
      ("episodes between validations", settings.validationInterval),
    ]
    for (name, value) in numbers where value < 1 { throw TrainingError.tooSmall(setting: name, value: value) }
    var random = RandomSource(seed: seed, stream: "episodes")
    var weightRandom = RandomSource(seed: seed, stream: "predictor")
    let function = settings.function(for: space)
    let validation = try validation.map { task in
      var random = RandomSource(seed: seed, stream: "support of \(task.name)")
      return try task.divided(support: settings.supportStudents, random: &random)
    }
    for task in tasks { try task.checkSupport(of: settings.supportStudents) }
    let tasks = tasks.map { $0.withAccuracies(in: settings.unit) }
    var parameters: TensorDictionary<Float> = function.initialParameters(random: &weightRandom)
    centerOutput(function.outputBias, of: &parameters, on: tasks)
    var rates = parameters.mapped { Tensor<Float>(repeating: Float(settings.innerRate), shape: $0.shape) }
    var state = MetaStep(settings: settings, predictor: function, tasks: tasks)
    var best = MetaPredictor(
      space: space, method: settings.method, function: function, parameters: parameters, rates: rates,
      adaptation: settings.adaptation, unit: settings.unit)
    best.embedding = settings.embedding
    var record = MetaRecording()

    for episode in 1...settings.episodes {
      try supervision.cancellation.check()
      let chosen = Array(tasks.indices.shuffled(using: &random).prefix(settings.tasksPerEpisode))
      let draws = try chosen.map {
        try TaskDraw(
          of: tasks[$0], number: $0, support: settings.supportStudents, most: settings.studentsPerTask,
          random: &random)
      }
      let loss = Workers.$cancellation.withValue(supervision.cancellation) {
        state.update(&parameters, &rates, on: draws)
      }
      try supervision.cancellation.check()
      guard loss.isFinite else { throw TrainingError.diverged(epoch: episode) }
      record.add(loss: loss)
      if episode % settings.validationInterval == 0 || episode == settings.episodes {
        var current = best
        current.parameters = parameters
        current.rates = rates
        if record.isBest(episode: episode, correlation: current.meanCorrelation(on: validation)) {
          best = current
        }
      }
      supervision.progress.report(
        ProgressEvent(stage: stage, completed: episode, total: settings.episodes, detail: record.detail))
    }
    best.history = record.history
    best.validationErrors = validation.flatMap { task in
      zip(best.predictions(for: task), task.accuracies).map { abs($0 - $1) }
    }
    return best
  }

  /// The last bias starts at the mean accuracy, so that learning starts with differences and not with the offset.
  private func centerOutput(
    _ bias: String, of parameters: inout TensorDictionary<Float>, on tasks: [TaskInputs<Float>]
  ) {
    let accuracies = tasks.flatMap(\.accuracies)
    parameters[bias] = Tensor(repeating: Float(accuracies.mean ?? 0), shape: [1])
  }
}

/// One outer step: Adam on the parameters, and on the inner rates where they are learned.
package struct MetaStep: Sendable {
  private let settings: MetaTrainingSettings
  private let adaptation: GuidedAdaptation
  private let tasks: [TaskInputs<Float>]
  /// The fast way through an episode, where there is one.
  private let pass: EpisodePass?
  private var optimizer: Adam

  /// - Parameter tasks: what episodes draw from. The maps of their students may be laid out here, for all episodes.
  package init(
    settings: MetaTrainingSettings, predictor: any PredictorFunction, tasks: [TaskInputs<Float>]
  ) {
    self.settings = settings
    self.tasks = tasks
    adaptation = GuidedAdaptation(predictor: predictor, steps: settings.innerSteps)
    pass = EpisodePass(predictor, settings: settings, tasks: tasks)
    optimizer = Adam(rate: settings.learningRate)
  }

  /// Returns the mean of the tasks' losses before the step.
  ///
  /// Tasks are independent of each other until their gradients are added, in the tasks' order.
  package mutating func update(
    _ parameters: inout TensorDictionary<Float>, _ rates: inout TensorDictionary<Float>,
    on draws: [TaskDraw]
  ) -> Double {
    guard let found = outerGradients(of: draws, parameters: parameters, rates: rates) else { return .nan }
    let sums = found.parameters + (settings.method.learnsRates ? found.rates : [])
    var joint = TensorDictionary(
      parameters.entries.map { ($0.name, $0.tensor) }
        + (settings.method.learnsRates ? rates.entries.map { ("rate of \($0.name)", $0.tensor) } : []))
    optimizer.step(&joint, gradients: sums)
    parameters = TensorDictionary(parameters.names.map { ($0, joint[$0]) })
    if settings.method.learnsRates {
      rates = TensorDictionary(rates.names.map { ($0, joint["rate of \($0)"]) })
    }
    return found.loss
  }

  /// The means over the tasks; nil where the computation was stopped.
  private func outerGradients(
    of draws: [TaskDraw], parameters: TensorDictionary<Float>, rates: TensorDictionary<Float>
  ) -> OuterGradients<Float>? {
    if let pass { return pass.outerGradients(of: draws, parameters: parameters, rates: rates) }
    let found = Workers.shareMap(draws.count) { index in
      adaptation.outerGradients(
        of: tasks[draws[index].task].selecting(draws[index]), parameters: parameters, rates: rates,
        isFirstOrder: settings.isFirstOrder)
    }
    // Fewer results than tasks are those of a computation that was stopped.
    guard found.count == draws.count else { return nil }
    return OuterGradients(
      loss: found.reduce(0) { $0 + $1.loss } / Double(found.count),
      parameters: Tensor.means(found.map(\.parameters)),
      rates: settings.method.learnsRates ? Tensor.means(found.map(\.rates)) : [])
  }
}

extension Tensor {
  /// The mean of several lists of tensors, place by place; added up in the lists' order.
  fileprivate static func means(_ lists: [[Tensor]]) -> [Tensor] {
    guard let first = lists.first else { return [] }
    return first.indices.map { place in
      let parts = lists.map { $0[place].contiguous() }
      let sum = Tensor(uninitialized: first[place].shape)
      withExtendedLifetime(parts) { Kernels.sum(parts.map(\.base), into: sum.mutableBase, count: sum.count) }
      return sum / Scalar(lists.count)
    }
  }
}

extension TaskInputs {
  /// The task with its accuracies in another unit than fractions.
  fileprivate func withAccuracies(in unit: AccuracyUnit) -> TaskInputs {
    var task = self
    task.teacherAccuracy *= unit.scale
    task.accuracies = accuracies.map { $0 * unit.scale }
    return task
  }
}

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
      ? AccuracyPredictor(shape: PredictorShape(space: space), scalesMaps: scalesMaps)
      : method.function(for: space)
  }

  package var json: JSON {
    var members: [String: JSON] = [
      "method": .string(method.rawValue), "episodes": .integer(episodes),
      "tasksPerEpisode": .integer(tasksPerEpisode),
      "studentsPerTask": .integer(studentsPerTask), "learningRate": .number(learningRate),
      "innerRate": .number(innerRate), "innerSteps": .integer(innerSteps),
      "isFirstOrder": .bool(isFirstOrder), "unit": .string(unit.rawValue),
      "scalesMaps": .bool(scalesMaps),
      "validationInterval": .integer(validationInterval),
    ]
    if embedding != .standard { members["embedding"] = embedding.json }
    if target != .best { members["target"] = .string(target.rawValue) }
    return .object(members)
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

/// A predictor with everything that using it needs.
package struct MetaPredictor: Sendable {
  /// The space whose students and teachers it reads.
  package var space: ResNetSpace
  package var method: LearningMethod
  package var function: any PredictorFunction
  package var parameters: TensorDictionary<Float>
  /// Inner rates, one tensor a parameter; learned ones unless the method has them fixed.
  package var rates: TensorDictionary<Float>
  package var innerSteps: Int
  /// How it looks at teachers and students.
  package var embedding = EmbeddingSettings.standard
  /// The unit of what `function` gives.
  package var unit: AccuracyUnit
  package var history: [MetaRecord]
  /// How far its predictions were off for each student of the validation tasks, as fractions without sign.
  package var validationErrors: [Double] = []

  package init(
    space: ResNetSpace, method: LearningMethod = .dass, function: any PredictorFunction,
    parameters: TensorDictionary<Float>,
    rates: TensorDictionary<Float>, innerSteps: Int, unit: AccuracyUnit = .fraction,
    history: [MetaRecord] = []
  ) {
    self.space = space
    self.method = method
    self.function = function
    self.parameters = parameters
    self.rates = rates
    self.innerSteps = innerSteps
    self.unit = unit
    self.history = history
  }

  package var isGuided: Bool { innerSteps > 0 }

  /// The parameters after adaptation to a task.
  ///
  /// - Parameter teacherAccuracy: as a fraction.
  package func adapted(
    teacherMap: Tensor<Float>, teacherCode: Tensor<Float>, teacherAccuracy: Double
  ) -> TensorDictionary<Float> {
    GuidedAdaptation(predictor: function, steps: innerSteps).adapt(
      parameters, rates: rates, teacherMap: teacherMap, teacherCode: teacherCode,
      teacherAccuracy: teacherAccuracy * unit.scale)
  }

  /// Predicted accuracies of a task's students, after adaptation, as fractions.
  package func predictions(for task: TaskInputs<Float>) -> [Double] {
    let adapted = adapted(
      teacherMap: task.teacherMap, teacherCode: task.teacherCode, teacherAccuracy: task.teacherAccuracy)
    return function.predict(task.students, teacherMap: task.teacherMap, parameters: adapted).scalars.map {
      Double($0) / unit.scale
    }
  }
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
  /// - Throws: `Cancelled`; `TrainingError.diverged`, `.tooSmall`.
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
    let tasks = tasks.map { $0.withAccuracies(in: settings.unit) }
    var parameters: TensorDictionary<Float> = function.initialParameters(random: &weightRandom)
    centerOutput(function.outputBias, of: &parameters, on: tasks)
    var rates = parameters.mapped { Tensor<Float>(repeating: Float(settings.innerRate), shape: $0.shape) }
    var state = MetaStep(settings: settings, predictor: function)
    var best = MetaPredictor(
      space: space, method: settings.method, function: function, parameters: parameters, rates: rates,
      innerSteps: settings.innerSteps, unit: settings.unit)
    best.embedding = settings.embedding
    var bestCorrelation = -Double.infinity
    var history: [MetaRecord] = []
    var lossSum = 0.0
    var lossCount = 0
    var detail: String?

    for episode in 1...settings.episodes {
      try supervision.cancellation.check()
      let chosen = Array(tasks.shuffled(using: &random).prefix(settings.tasksPerEpisode))
      let batch = chosen.map { $0.sampling(settings.studentsPerTask, random: &random) }
      let loss = Workers.$cancellation.withValue(supervision.cancellation) {
        state.update(&parameters, &rates, on: batch)
      }
      try supervision.cancellation.check()
      guard loss.isFinite else { throw TrainingError.diverged(epoch: episode) }
      lossSum += loss
      lossCount += 1
      if episode % settings.validationInterval == 0 || episode == settings.episodes {
        var current = best
        current.parameters = parameters
        current.rates = rates
        let correlation = current.meanCorrelation(on: validation)
        history.append(
          MetaRecord(
            episode: episode, loss: lossSum / Double(lossCount), validationCorrelation: correlation))
        (lossSum, lossCount) = (0, 0)
        // An undefined correlation (constant predictions) never replaces a measured one.
        if correlation.map({ $0 > bestCorrelation }) ?? (bestCorrelation == -.infinity) {
          best = current
          bestCorrelation = correlation ?? bestCorrelation
        }
        detail = correlation.map { "validation SRC \(($0 * 1000).rounded() / 1000)" }
      }
      supervision.progress.report(
        ProgressEvent(stage: stage, completed: episode, total: settings.episodes, detail: detail))
    }
    best.history = history
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
    let mean = accuracies.reduce(0, +) / Double(max(accuracies.count, 1))
    parameters[bias] = Tensor(repeating: Float(mean), shape: [1])
  }
}

/// One outer step: Adam on the parameters, and on the inner rates where they are learned.
package struct MetaStep: Sendable {
  private let settings: MetaTrainingSettings
  private let adaptation: GuidedAdaptation
  private var optimizer: Adam<Float>

  package init(settings: MetaTrainingSettings, predictor: any PredictorFunction) {
    self.settings = settings
    adaptation = GuidedAdaptation(predictor: predictor, steps: settings.innerSteps)
    optimizer = Adam(rate: settings.learningRate)
  }

  /// Returns the mean of the tasks' losses before the step.
  ///
  /// Tasks are independent of each other until their gradients are added, in the tasks' order.
  package mutating func update(
    _ parameters: inout TensorDictionary<Float>, _ rates: inout TensorDictionary<Float>,
    on tasks: [TaskInputs<Float>]
  ) -> Double {
    let (adaptation, start, speeds, isFirstOrder) = (adaptation, parameters, rates, settings.isFirstOrder)
    let found = Workers.shareMap(tasks.count) { index in
      adaptation.outerGradients(
        of: tasks[index], parameters: start, rates: speeds, isFirstOrder: isFirstOrder)
    }
    // Fewer results than tasks are those of a computation that was stopped.
    guard found.count == tasks.count else { return .nan }
    var sums = Tensor.means(found.map(\.parameters))
    if settings.method.learnsRates { sums += Tensor.means(found.map(\.rates)) }
    let loss = found.reduce(0) { $0 + $1.loss } / Double(found.count)
    var joint = TensorDictionary(
      parameters.entries.map { ($0.name, $0.tensor) }
        + (settings.method.learnsRates ? rates.entries.map { ("rate of \($0.name)", $0.tensor) } : []))
    optimizer.step(&joint, gradients: sums)
    parameters = TensorDictionary(parameters.names.map { ($0, joint[$0]) })
    if settings.method.learnsRates {
      rates = TensorDictionary(rates.names.map { ($0, joint["rate of \($0)"]) })
    }
    return loss
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

  /// The task with at most `count` of its students, drawn at random.
  func sampling(_ count: Int, random: inout RandomSource) -> TaskInputs {
    guard count < accuracies.count else { return self }
    let chosen = Array((0..<accuracies.count).shuffled(using: &random).prefix(count))
    var task = self
    task.students = students.selecting(chosen)
    task.accuracies = chosen.map { accuracies[$0] }
    return task
  }
}

extension MetaPredictor {
  /// Mean Spearman correlation over tasks; nil without tasks, or where no task's correlation is defined.
  package func meanCorrelation(on tasks: [TaskInputs<Float>]) -> Double? {
    let correlations = tasks.compactMap { RankCorrelation.spearman(predictions(for: $0), $0.accuracies) }
    return correlations.isEmpty ? nil : correlations.reduce(0, +) / Double(correlations.count)
  }
}

/// The predictors that know a task by its images.
package enum DatasetMethod: String, Sendable, Hashable, CaseIterable {
  case metaD2A = "metad2a"
  case tans

  package var title: String {
    switch self {
    case .metaD2A: "MetaD2A"
    case .tans: "TANS"
    }
  }

  /// Adam's rate. TANS has the original's; MetaD2A's 0.0001 belongs to some hundred times as many steps.
  package var learningRate: Double {
    switch self {
    case .metaD2A: 0.001
    case .tans: 0.01
    }
  }

  package func function(for space: ResNetSpace, imageFeatures: Int) -> any DatasetFunction {
    switch self {
    case .metaD2A: MetaD2APredictor(imageFeatures: imageFeatures, codeLength: space.codeLength)
    case .tans:
      TANSPredictor(
        imageFeatures: imageFeatures, codeLength: space.codeLength, mapChannels: space.widths[3])
    }
  }
}

/// How such a predictor is learned.
package struct DatasetTrainingSettings: Sendable, Hashable {
  package let method: DatasetMethod
  package var features = FeatureSource.program
  package var episodes = 1000
  /// Tasks in an episode; all of them where there are fewer.
  package var tasksPerEpisode = 8
  /// Students of each task in an episode; fewer where a task has fewer.
  package var studentsPerTask = 50
  /// Images of each class that a predictor sees at a time, as in MetaD2A.
  package var imagesPerClass = 20
  package var learningRate: Double
  /// Episodes between measurements on the validation tasks; the best measured is record.
  package var validationInterval = 20
  /// How teachers and students are looked at; the predictor keeps it.
  package var embedding = EmbeddingSettings.standard
  /// Which accuracy is learned.
  package var target = AccuracyTarget.best

  package init(method: DatasetMethod) {
    self.method = method
    learningRate = method.learningRate
  }

  package var json: JSON {
    [
      "method": .string(method.rawValue), "features": .string(features.text), "episodes": .integer(episodes),
      "tasksPerEpisode": .integer(tasksPerEpisode), "studentsPerTask": .integer(studentsPerTask),
      "imagesPerClass": .integer(imagesPerClass), "learningRate": .number(learningRate),
      "validationInterval": .integer(validationInterval), "embedding": embedding.json,
      "target": .string(target.rawValue),
    ]
  }
}

/// A task to learn from: images, students, accuracies.
package struct DatasetTask: Sendable {
  package var name: String
  package var images: ImageFeatures
  package var students: StudentInputs<Float>
  /// Measured after distillation, in 0...1.
  package var accuracies: [Double]

  package init(name: String, images: ImageFeatures, students: StudentInputs<Float>, accuracies: [Double]) {
    self.name = name
    self.images = images
    self.students = students
    self.accuracies = accuracies
  }

  /// - Parameter readsMaps: whether maps are needed; otherwise codes are enough.
  /// - Throws: `NoiseError`, `Cancelled`.
  package init(
    _ task: MeasuredTask, images: ImageFeatures, readsMaps: Bool, settings: EmbeddingSettings = .standard,
    target: AccuracyTarget = .best, cancellation: CancellationToken
  ) throws {
    let embedding = try NoiseEmbedding(teacher: task.teacher, settings: settings)
    self.init(
      name: task.teacher.datasetName, images: images,
      students: readsMaps
        ? try embedding.inputs(for: task.students, cancellation: cancellation)
        : StudentInputs(codes: embedding.codes(of: task.students)),
      accuracies: task.accuracies(target))
  }
}

/// Learns a predictor that knows a task by its images: Adam on batches of tasks, images and students drawn at random.
package struct DatasetTraining: Sendable {
  package var space: ResNetSpace
  package var settings: DatasetTrainingSettings

  package init(space: ResNetSpace, settings: DatasetTrainingSettings) {
    self.space = space
    self.settings = settings
  }

  /// - Parameters:
  ///   - tasks: what is learned from; not empty.
  ///   - validation: what chooses the episode that is kept; without any, the last one is.
  /// - Throws: `Cancelled`; `TrainingError.diverged`, `.tooSmall`; `ImageFeatureError.otherLength`.
  package func run(
    tasks: [DatasetTask], validation: [DatasetTask], seed: UInt64, supervision: Supervision,
    stage: String = "meta-training"
  ) throws -> DatasetPredictor {
    for (name, value) in [
      ("tasks", tasks.count), ("episodes", settings.episodes),
      ("students of a task", tasks.map(\.accuracies.count).min() ?? 0),
    ] where value < 1 { throw TrainingError.tooSmall(setting: name, value: value) }
    let length = tasks[0].images.count
    for task in tasks + validation where task.images.count != length {
      throw ImageFeatureError.otherLength(dataset: task.name, found: task.images.count, wanted: length)
    }
    let function = settings.method.function(for: space, imageFeatures: length)
    var random = RandomSource(seed: seed, stream: "episodes")
    var weightRandom = RandomSource(seed: seed, stream: "predictor")
    var parameters: TensorDictionary<Float> = function.initialParameters(random: &weightRandom)
    let accuracies = tasks.flatMap(\.accuracies)
    let mean = accuracies.mean ?? 0
    parameters[function.outputBias] = Tensor(repeating: Float(function.startingBias(for: mean)), shape: [1])
    var optimizer = Adam(rate: settings.learningRate)
    var best = DatasetPredictor(
      space: space, method: settings.method, features: settings.features, function: function,
      imagesPerClass: settings.imagesPerClass, parameters: parameters)
    best.embedding = settings.embedding
    var record = MetaRecording()
    for episode in 1...settings.episodes {
      try supervision.cancellation.check()
      let batch = batch(of: tasks, random: &random)
      let variables = parameters.mapped { $0.asVariable() }
      let loss = function.loss(of: batch, parameters: variables)
      guard loss.scalar.isFinite else { throw TrainingError.diverged(epoch: episode) }
      optimizer.step(&parameters, gradients: gradients(of: loss, withRespectTo: variables.ordered))
      record.add(loss: Double(loss.scalar))
      if episode % settings.validationInterval == 0 || episode == settings.episodes {
        var current = best
        current.parameters = parameters
        if record.isBest(episode: episode, correlation: current.meanCorrelation(on: validation)) {
          best = current
        }
      }
      supervision.progress.report(
        ProgressEvent(stage: stage, completed: episode, total: settings.episodes, detail: record.detail))
    }
    best.history = record.history
    best.validationErrors = try validation.flatMap { task in
      zip(try best.prediction(for: task.images, named: task.name)(task.students), task.accuracies)
        .map { abs($0 - $1) }
    }
    return best
  }

  private func batch(of tasks: [DatasetTask], random: inout RandomSource) -> [DatasetBatch<Float>] {
    let chosen = tasks.shuffled(using: &random).prefix(settings.tasksPerEpisode)
    // As many of each, because networks are contrasted in tuples of one a task.
    let count = min(settings.studentsPerTask, chosen.map(\.accuracies.count).min() ?? 0)
    return chosen.map { task in
      let students = Array((0..<task.accuracies.count).shuffled(using: &random).prefix(count))
      return DatasetBatch(
        images: task.images.drawn(settings.imagesPerClass, random: &random),
        students: task.students.selecting(students), accuracies: students.map { task.accuracies[$0] })
    }
  }
}

import Engine

/// A learned predictor that knows a task by its images.
struct DatasetLearnedMethod: RankingMethod {
  let predictor: DatasetPredictor

  var summary: String {
    "\(predictor.method.title) for \(predictor.space.name), "
      + "\(NumberText.grouped(predictor.function.parameterCount)) parameters, \(predictor.features.text)"
      + (predictor.embedding == .standard ? "" : ", \(predictor.embedding.text)")
  }

  var predictsAccuracy: Bool { true }
  var file: SafeTensors? { predictor.safeTensors }
  var checkpoint: [UInt8]? { predictor.checkpoint }
  /// None where features come from files, which may change under their names.
  var identity: JSON? {
    guard predictor.features == .program else { return nil }
    return (try? predictor.safeTensors.encoded()).map {
      ["kind": "learned from images", "weights": .string(Digest.sha256($0))]
    }
  }
  var history: [MetaRecord]? { predictor.history }

  /// From the errors on the validation tasks.
  func predictionInterval(coverage: Double) -> ConformalInterval? {
    ConformalInterval.finite(errors: predictor.validationErrors, coverage: coverage)
  }

  func details() -> [(label: String, value: String)] {
    let best = predictor.history.compactMap(\.validationCorrelation).max()
    return [
      ("space", predictor.space.name),
      ("images", "\(predictor.imagesPerClass) of each class, \(predictor.features.text)"),
      ("looks at", predictor.embedding.text),
      ("episodes", "\(predictor.history.last?.episode ?? 0)"),
      ("best validation SRC", best.map { NumberText.fixed($0, digits: 3) } ?? "none"),
    ]
  }

  func scores(
    of students: [Architecture], for task: RankingTask, supervision: Supervision, stage: String
  ) throws -> [Double] {
    let (embedding, predict) = try prepared(for: task, cancellation: supervision.cancellation)
    if predictor.function.readsMaps,
      let inputs = try task.embedded?.inputs(
        of: students, by: embedding, cancellation: supervision.cancellation)
    {
      return predict(inputs)
    }
    return try embedding.scorer(
      depths: PoolEmbedding.depths(of: students, in: embedding.space),
      readsMaps: predictor.function.readsMaps, stage: stage, predict: predict
    )(students, supervision)
  }

  func scorer(
    for task: RankingTask, space: ResNetSpace, stage: String
  ) throws -> ([Architecture], Supervision) throws -> [Double] {
    let (embedding, predict) = try prepared(for: task, cancellation: CancellationToken())
    return try embedding.scorer(
      depths: space.widths.map { _ in space.studentDepths.upperBound },
      readsMaps: predictor.function.readsMaps, stage: stage, predict: predict)
  }

  private func prepared(
    for task: RankingTask, cancellation: CancellationToken
  ) throws -> (NoiseEmbedding, @Sendable (StudentInputs<Float>) -> [Double]) {
    let teacher = task.teacher
    guard predictor.function.fits(teacher.space), predictor.space.sharesCodes(with: teacher.space) else {
      throw Diagnostic.otherSpace(predictor: predictor.space, teacher: teacher.space)
    }
    guard let dataset = task.dataset else {
      throw Diagnostic.noImages(for: predictor.method, of: teacher.datasetName)
    }
    let images = try predictor.features.features(of: dataset, cancellation: cancellation)
    return (
      try NoiseEmbedding(teacher: teacher, settings: predictor.embedding),
      try predictor.prediction(for: images, named: dataset.name)
    )
  }
}

extension Diagnostic {
  static func otherSpace(predictor: ResNetSpace, teacher: ResNetSpace) -> Diagnostic {
    Diagnostic(
      .argument,
      "the predictor was made for the space \(predictor.name), and the teacher belongs to \(teacher.name)",
      notes: ["use a predictor that was meta-trained on tasks of the same space"])
  }

  static func noImages(for method: DatasetMethod, of dataset: String) -> Diagnostic {
    Diagnostic(
      .argument, "\(method.title) looks at training images, and the dataset \(dataset) is not at hand",
      notes: ["measure students with `distill`, which remembers the dataset"])
  }
}

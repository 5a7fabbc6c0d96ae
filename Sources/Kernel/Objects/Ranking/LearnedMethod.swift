import Engine

/// A meta-learned predictor.
struct LearnedMethod: RankingMethod {
  let predictor: MetaPredictor

  var summary: String {
    "\(predictor.isGuided ? "guided" : "unguided") \(predictor.method.title) for \(predictor.space.name), "
      + "\(NumberText.grouped(predictor.function.parameterCount)) parameters"
  }

  var predictsAccuracy: Bool { true }
  var file: SafeTensors? { predictor.safeTensors }
  var checkpoint: [UInt8]? { predictor.checkpoint }

  func details() -> [(label: String, value: String)] {
    let best = predictor.history.compactMap(\.validationCorrelation).max()
    return [
      ("space", predictor.space.name),
      ("inner steps", "\(predictor.innerSteps)"),
      ("episodes", "\(predictor.history.last?.episode ?? 0)"),
      ("best validation SRC", best.map { NumberText.fixed($0, digits: 3) } ?? "none"),
    ]
  }

  func scores(
    of students: [Architecture], for task: RankingTask, supervision: Supervision, stage: String
  ) throws -> [Double] {
    let teacher = task.teacher
    guard predictor.function.fits(teacher.space), predictor.space.sharesCodes(with: teacher.space) else {
      throw Diagnostic(
        .argument,
        "the predictor was made for the space \(predictor.space.name), and the teacher belongs to "
          + teacher.space.name,
        notes: ["use a predictor that was meta-trained on tasks of the same space"])
    }
    return try PoolScoring(
      predictor: predictor, embedding: NoiseEmbedding(teacher: teacher), teacherAccuracy: teacher.accuracy
    ).scores(of: students, supervision: supervision, stage: stage)
  }
}

import Engine
import Synchronization

/// A meta-learned predictor.
struct LearnedMethod: RankingMethod {
  let predictor: MetaPredictor

  var summary: String {
    let adaptation = predictor.adaptation
    let way =
      adaptation == Adaptation(steps: adaptation.steps) && predictor.support.isEmpty
      ? "" : ", \(self.adaptation)"
    return
      "\(predictor.isGuided ? "guided" : "unguided") \(predictor.method.title) for \(predictor.space.name), "
      + "\(NumberText.grouped(predictor.function.parameterCount)) parameters" + reading
      + (predictor.embedding == .standard ? "" : ", \(predictor.embedding.text)") + way
  }

  /// What it reads, where that is less than usual.
  private var reading: String {
    switch (predictor.function as? AccuracyPredictor)?.shape.maps {
    case .student: ", without the teacher's map"
    case .some(.none): ", without maps"
    case .both, nil: ""
    }
  }

  /// What it is adapted by, in words.
  private var adaptation: String {
    let adaptation = predictor.adaptation
    guard adaptation.steps > 0 else { return "not adapted" }
    let students =
      adaptation.students > 0
      ? "\(adaptation.students) measured student\(adaptation.students == 1 ? "" : "s")" : nil
    let support = [adaptation.usesTeacher ? "the teacher's accuracy" : nil, students].compactMap(\.self)
      .joined(separator: " and ")
    let rates =
      adaptation.rates == .reset
      ? ", all rates \(Quantity.shortest(predictor.method.innerRate))" : ""
    return
      (adaptation.movement == .offset ? "only the offset moved by " : "adapted by ") + support
      + ", \(adaptation.steps) step\(adaptation.steps == 1 ? "" : "s")" + rates
  }

  var predictsAccuracy: Bool { true }
  var file: SafeTensors? { predictor.safeTensors }

  var identity: JSON? {
    (try? predictor.safeTensors.encoded()).map {
      ["kind": "learned", "weights": .string(Digest.sha256($0))]
    }
  }
  var checkpoint: [UInt8]? { predictor.checkpoint }
  var history: [MetaRecord]? { predictor.history }
  var support: [String: SupportStudents] { predictor.support }

  /// The teacher's accuracy takes a pass over its test images, which is timed here; measured students take their
  /// distillations.
  func secondsToCollect(for task: MeasuredTask, cancellation: CancellationToken) throws -> Double? {
    let adaptation = predictor.adaptation
    guard adaptation.steps > 0 else { return nil }
    var seconds = 0.0
    if adaptation.usesTeacher {
      guard let dataset = task.dataset else { return nil }
      let start = ContinuousClock.now
      _ = try task.teacher.folded.accuracy(on: ImageBatches(dataset.test), cancellation: cancellation)
      seconds += (ContinuousClock.now - start) / .seconds(1)
    }
    let known = Dictionary(
      zip(task.students, task.results.map(\.seconds)), uniquingKeysWith: { first, _ in first })
    for student in predictor.support[task.teacher.digest]?.students ?? [] {
      guard let time = known[student] else { return nil }
      seconds += time
    }
    return seconds
  }

  /// From the errors on the validation tasks.
  func predictionInterval(coverage: Double) -> ConformalInterval? {
    ConformalInterval.finite(errors: predictor.validationErrors, coverage: coverage)
  }

  func details() -> [(label: String, value: String)] {
    let best = predictor.history.compactMap(\.validationCorrelation).max()
    return [
      ("space", predictor.space.name),
      ("adaptation", adaptation),
      ("looks at", predictor.embedding.text),
      ("episodes", "\(predictor.history.last?.episode ?? 0)"),
      ("best validation SRC", best.map { NumberText.fixed($0, digits: 3) } ?? "none"),
      (
        "90 % prediction interval",
        predictionInterval(coverage: 0.9).map {
          "\u{B1}\(NumberText.fixed(100 * $0.halfWidth, digits: 1)) points, as on the validation tasks"
        } ?? "none: no validation tasks"
      ),
    ]
  }

  func scores(
    of students: [Architecture], for task: RankingTask, supervision: Supervision, stage: String
  ) throws -> [Double] {
    let scoring = try scoring(for: task)
    if predictor.function.readsMaps,
      let inputs = try task.embedded?.inputs(
        of: students, by: scoring.embedding, cancellation: supervision.cancellation)
    {
      return try scoring.prediction(inputs)
    }
    return try scoring.scores(of: students, supervision: supervision, stage: stage)
  }

  func scorer(
    for task: RankingTask, space: ResNetSpace, stage: String
  ) throws -> ([Architecture], Supervision) throws -> [Double] {
    try scoring(for: task).scorer(
      depths: space.baseDepths.map { $0 + space.studentDepths.upperBound }, stage: stage)
  }

  var unadapted: (any RankingMethod)? {
    guard predictor.isGuided else { return nil }
    var plain = predictor
    plain.adaptation.steps = 0
    return LearnedMethod(predictor: plain)
  }

  private func scoring(for task: RankingTask) throws -> PoolScoring {
    let teacher = task.teacher
    guard predictor.function.fits(teacher.space), predictor.space.sharesCodes(with: teacher.space) else {
      throw Diagnostic.otherSpace(predictor: predictor.space, teacher: teacher.space)
    }
    let support = predictor.support[teacher.digest]
    let wanted = predictor.adaptation.steps > 0 ? predictor.adaptation.students : 0
    guard wanted == 0 || support != nil else {
      throw Diagnostic(
        .argument,
        "the predictor adapts to \(wanted) measured students of a task, and has none of \(teacher.datasetName)",
        notes: ["`adapt` gives it some: `adapt NAME support \(wanted) of METABASE`"])
    }
    return PoolScoring(
      predictor: predictor, embedding: try NoiseEmbedding(teacher: teacher, settings: predictor.embedding),
      teacherAccuracy: teacher.accuracy, support: wanted > 0 ? support : nil)
  }
}

/// The students of a task as predictors see them, kept while several predictors are compared on them.
final class EmbeddedStudents: Sendable {
  /// More than these are not kept, for their maps would fill the memory.
  private static let limit = 512

  private struct Known {
    var students: [Architecture]
    var settings: EmbeddingSettings
    var inputs: StudentInputs<Float>
  }

  private let known = Mutex<Known?>(nil)

  /// Nil for pools that are too large to keep.
  ///
  /// - Throws: `Cancelled`.
  func inputs(
    of students: [Architecture], by embedding: NoiseEmbedding, cancellation: CancellationToken
  ) throws -> StudentInputs<Float>? {
    guard (1...Self.limit).contains(students.count) else { return nil }
    if let known = known.withLock(\.self), known.students == students, known.settings == embedding.settings {
      return known.inputs
    }
    let inputs = try embedding.inputs(for: students, cancellation: cancellation)
    known.withLock { $0 = Known(students: students, settings: embedding.settings, inputs: inputs) }
    return inputs
  }
}

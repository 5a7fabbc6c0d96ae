import Engine

/// Something that ranks students: a meta-learned predictor, or a control that needs no learning.
struct PredictorObject: SessionObject {
  enum Method: Sendable {
    case learned(MetaPredictor)
    case control(Control)
  }

  /// What every comparison must beat.
  enum Control: String, Sendable, CaseIterable {
    case macs, params, depth, random

    var meaning: String {
      switch self {
      case .macs: "more multiply-adds are better"
      case .params: "more parameters are better"
      case .depth: "more blocks are better"
      case .random: "any order, with a fixed seed"
      }
    }
  }

  let method: Method
  let making: String

  var kind: ObjectKind { .predictor }

  var oneLineSummary: String {
    switch method {
    case .learned(let predictor):
      "\(predictor.isGuided ? "guided" : "unguided") predictor for \(predictor.space.name), "
        + "\(NumberText.grouped(predictor.shape.parameterCount)) parameters, \(making)"
    case .control(let control): "control: \(control.meaning)"
    }
  }

  func details() -> [(label: String, value: String)] {
    guard case .learned(let predictor) = method else { return [] }
    let best = predictor.history.compactMap(\.validationCorrelation).max()
    return [
      ("space", predictor.space.name),
      ("inner steps", "\(predictor.innerSteps)"),
      ("episodes", "\(predictor.history.last?.episode ?? 0)"),
      ("best validation SRC", best.map { NumberText.fixed($0, digits: 3) } ?? "none"),
      ("made", making),
    ]
  }

  var savedForms: [String] {
    if case .learned = method { ["safetensors"] } else { [] }
  }

  func save(to path: String) throws {
    guard case .learned(let predictor) = method else {
      throw Diagnostic(.kind, "a control has nothing to save")
    }
    try predictor.safeTensors.write(to: path)
  }

  /// A score for each student; larger is better. Learned ones give accuracies as fractions.
  func scores(
    of students: [Architecture], for teacher: Teacher, supervision: Supervision, stage: String
  ) throws -> [Double] {
    switch method {
    case .learned(let predictor):
      try predictor.checkSpace(of: teacher)
      return try PoolScoring(
        predictor: predictor, embedding: NoiseEmbedding(teacher: teacher), teacherAccuracy: teacher.accuracy
      ).scores(of: students, supervision: supervision, stage: stage)
    case .control(.macs): return students.map { Double(teacher.space.cost(of: $0).multiplyAdds) }
    case .control(.params): return students.map { Double(teacher.space.cost(of: $0).parameters) }
    case .control(.depth): return students.map { Double($0.depth) }
    case .control(.random):
      var random = RandomSource(seed: 0, stream: "control")
      return students.map { _ in random.uniform() }
    }
  }

  /// Whether the scores are accuracies.
  var predictsAccuracy: Bool {
    if case .learned = method { true } else { false }
  }
}

extension MetaPredictor {
  /// - Throws: a diagnostic if the teacher's feature maps or codes are not those that the predictor reads.
  fileprivate func checkSpace(of teacher: Teacher) throws {
    guard shape.mapChannels == teacher.space.widths[3], space.sharesCodes(with: teacher.space) else {
      throw Diagnostic(
        .argument,
        "the predictor was made for the space \(space.name), and the teacher belongs to \(teacher.space.name)",
        notes: ["use a predictor that was meta-trained on tasks of the same space"])
    }
  }
}

/// A figure of the session.
struct FigureObject: SessionObject {
  let figure: Figure

  var kind: ObjectKind { .figure }
  var oneLineSummary: String { figure.title }
  func display(_ context: DisplayContext) throws -> MIMEBundle { try MatplotlibRenderer().render(figure) }
  var savedForms: [String] { FigureFormat.allCases.map(\.rawValue) }

  func save(to path: String) throws {
    let form = path.split(separator: ".").last.map { String($0).lowercased() } ?? ""
    guard let format = FigureFormat(rawValue: form) else {
      throw Diagnostic(.argument, "a figure is saved as `.png` or `.svg`")
    }
    try AtomicFile.write(try MatplotlibRenderer().file(figure, format: format), to: path)
  }
}

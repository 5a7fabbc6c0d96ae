import Engine

/// A way to rank students: a learned predictor, a zero-cost proxy, a control.
///
/// A new one conforms to this protocol; `search`, `evaluate` and the figures then take it.
protocol RankingMethod: Sendable {
  /// What it is and what its scores depend on, in one line.
  var summary: String { get }
  /// Whether the scores are accuracies, as fractions; otherwise only their order means something.
  var predictsAccuracy: Bool { get }
  /// Everything worth knowing, as pairs in the order to show them.
  func details() -> [(label: String, value: String)]
  /// What `save` writes; nil where there is nothing to save.
  var file: SafeTensors? { get }
  /// The same as a checkpoint that PyTorch loads.
  var checkpoint: [UInt8]? { get }

  /// One score a student, larger for better ones; NaN where it is not defined.
  ///
  /// - Throws: a diagnostic where the method does not fit the task; `Cancelled`.
  func scores(
    of students: [Architecture], for task: RankingTask, supervision: Supervision, stage: String
  ) throws -> [Double]

  /// The same for pools of a space that come one after another; what can be prepared is prepared once.
  func scorer(
    for task: RankingTask, space: ResNetSpace, stage: String
  ) throws -> ([Architecture], Supervision) throws -> [Double]
}

extension RankingMethod {
  func scorer(
    for task: RankingTask, space: ResNetSpace, stage: String
  ) throws -> ([Architecture], Supervision) throws -> [Double] {
    { students, supervision in
      try scores(of: students, for: task, supervision: supervision, stage: stage)
    }
  }

  var predictsAccuracy: Bool { false }
  var file: SafeTensors? { nil }
  var checkpoint: [UInt8]? { nil }
  func details() -> [(label: String, value: String)] { [] }
}

/// What students are ranked for: learning from a teacher on its dataset.
struct RankingTask: Sendable {
  var teacher: Teacher
  /// Nil where only the teacher is at hand.
  var dataset: Dataset?
  /// Where several predictors are compared on the same students: what these embed once for all.
  var embedded: EmbeddedStudents?

  init(_ teacher: TeacherObject) {
    self.teacher = teacher.teacher
    dataset = teacher.dataset
  }

  init(_ task: MeasuredTask) {
    teacher = task.teacher
    dataset = task.dataset
  }
}

/// Something of the session that ranks students.
struct PredictorObject: SessionObject {
  let method: any RankingMethod
  /// How it was made.
  let making: String

  var kind: ObjectKind { .predictor }
  var oneLineSummary: String { "\(method.summary), \(making)" }
  var predictsAccuracy: Bool { method.predictsAccuracy }

  func details() -> [(label: String, value: String)] { method.details() + [("made", making)] }

  var savedForms: [String] { method.file == nil ? [] : ["safetensors", "pt", "pth", "tar"] }

  func save(to path: String) throws {
    guard let file = method.file, let checkpoint = method.checkpoint else {
      throw Diagnostic(.kind, "this predictor was not learned, so it has nothing to save")
    }
    switch NetworkFile.Form(path: path) {
    case .pt, .pth, .pthTar: try AtomicFile.write(checkpoint, to: path)
    case .safetensors: try file.write(to: path)
    case .onnx, nil:
      throw Diagnostic(.argument, "a PyTorch checkpoint is saved as `.pth.tar`, `.pth` or `.pt`")
    }
  }

  func scores(
    of students: [Architecture], for task: RankingTask, supervision: Supervision, stage: String
  ) throws -> [Double] {
    try method.scores(of: students, for: task, supervision: supervision, stage: stage)
  }
}

import Engine

/// A way to rank students: a learned predictor, a zero-cost proxy, a control.
///
/// A new one conforms to this protocol; `search`, `evaluate` and the figures then take it.
protocol RankingMethod: Sendable {
  /// What it is and what its scores depend on, in one line.
  var summary: String { get }
  /// Whether the scores are accuracies, as fractions; otherwise only their order means something.
  var predictsAccuracy: Bool { get }
  /// How far accuracies lie from its predictions; nil where it predicts none, or nothing is known of its errors.
  func predictionInterval(coverage: Double) -> ConformalInterval?
  /// Everything worth knowing, as pairs in the order to show them.
  func details() -> [(label: String, value: String)]
  /// The same without adaptation to the task; nil where there is none.
  var unadapted: (any RankingMethod)? { get }
  /// What `save` writes; nil where there is nothing to save.
  var file: SafeTensors? { get }
  /// The same as a checkpoint that PyTorch loads.
  var checkpoint: [UInt8]? { get }
  /// How it was learned; nil where it was not.
  var history: [MetaRecord]? { get }
  /// The measured students that it adapts to, by the digest of their teacher: it must not be judged by them.
  var support: [String: SupportStudents] { get }

  /// What the scores depend on beside task and students, for keys of the cache; nil for what is quicker computed.
  var identity: JSON? { get }
  /// The repetitions that it consists of, which a comparison tells apart: itself, or those with several seeds.
  var runs: [any RankingMethod] { get }
  /// The same `count` times, to stand beside a method of as many runs: with other seeds where chance is part of it.
  func repeated(_ count: Int) -> [any RankingMethod]

  /// How long it takes to collect what it adapts to, in seconds; nil where it adapts to nothing, or it is not known.
  func secondsToCollect(for task: MeasuredTask, cancellation: CancellationToken) throws -> Double?

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

  var identity: JSON? { nil }
  var runs: [any RankingMethod] { [self] }
  func repeated(_ count: Int) -> [any RankingMethod] { Array(repeating: self, count: count) }
  func secondsToCollect(for task: MeasuredTask, cancellation: CancellationToken) throws -> Double? { nil }
  var predictsAccuracy: Bool { false }
  var unadapted: (any RankingMethod)? { nil }
  func predictionInterval(coverage: Double) -> ConformalInterval? { nil }
  var file: SafeTensors? { nil }
  var checkpoint: [UInt8]? { nil }
  var history: [MetaRecord]? { nil }
  var support: [String: SupportStudents] { [:] }
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

  /// The run with this number, of a predictor that was made with several seeds.
  func element(at index: Int) throws -> Value {
    let runs = method.runs
    guard runs.indices.contains(index - 1) else {
      throw Diagnostic(
        .argument,
        runs.count == 1 ? "the predictor has only one run" : "the predictor has \(runs.count) runs",
        notes: ["they are counted from 1"])
    }
    return .object(
      PredictorObject(method: runs[index - 1], making: "run \(index) of \(runs.count), \(making)"))
  }

  func arrays() -> [NamedArray] { method.file.map { [NamedArray]($0) } ?? [] }

  var savedForms: [String] { method.file == nil ? [] : ["safetensors", "pt", "pth", "tar"] }

  func save(to path: String) throws {
    guard let file = method.file, let checkpoint = method.checkpoint else {
      throw Diagnostic(
        .kind,
        method.runs.count > 1
          ? "this predictor has \(method.runs.count) runs, each with weights of its own"
          : "this predictor was not learned, so it has nothing to save",
        notes: method.runs.count > 1 ? ["save one of them, for instance the first: `NAME[1]`"] : [])
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

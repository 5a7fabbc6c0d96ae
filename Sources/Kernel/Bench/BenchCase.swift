import Engine

/// One thing whose time is measured. A case is a file in this folder and a line in `all`; its counterpart in PyTorch is
/// a file in `Benchmarks/pytorch` and a line in `Benchmarks/cases.py`.
protocol BenchCase {
  static var name: String { get }
  /// What is timed, in a line.
  static var summary: String { get }

  /// Makes everything that the work needs, from seeds, so that two runs do the same. Not timed.
  init(_ options: BenchOptions) throws

  /// The same for PyTorch: tensors by name, everything else in the metadata. Not timed.
  var inputs: SafeTensors { get throws }

  /// Numbers that PyTorch's must agree with. Not timed.
  var results: SafeTensors { get throws }

  /// The work, timed.
  func run() throws

  /// What the work consists of, for comparing its time with the machine's peak.
  var work: BenchWork { get throws }
}

/// What all cases can be asked for.
struct BenchOptions {
  /// Scales the work down, for a quick look.
  var isQuick: Bool
}

/// How much work a case is.
struct BenchWork {
  /// What is counted in the figure a second: `students`, `steps`.
  var unit: String
  var units: Int
  /// Floating-point operations that must be done, a multiply-add counting as two.
  var operations: Double
  /// What a reader of the figures should know, a line each.
  var notes: [String] = []
}

enum BenchCases {
  static var all: [any BenchCase.Type] {
    [
      ScoringBench.self, ProxiesBench.self,
      StepBench<TeacherStep, NarrowScale>.self, StepBench<TeacherStep, WideScale>.self,
      StepBench<DistillationStep, NarrowScale>.self, StepBench<DistillationStep, WideScale>.self,
      DistillationBench.self, EpisodeBench.self,
    ]
  }

  static var names: [String] { all.map { type in type.name } }
  static var explained: [String] { all.map { type in "\(type.name) (\(type.summary))" } }
}

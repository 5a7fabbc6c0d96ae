import Engine
import Foundation

/// The commands that measure students and compare predictors.
enum MeasuringCommands {
  static let all: [CommandDeclaration] = [.distill, .evaluate, .compare, .verdicts, .compete]
}

extension CommandDeclaration {
  static let distill = CommandDeclaration(
    "distill", group: .measurement, summary: "really distills students and measures their accuracy",
    discussion:
      "Takes the first students of a pool. With several teachers each one gets the next students, so that as many "
      + "different ones as possible are measured. Each result is kept in the metabase on disk as "
      + "soon as it is there: after an interruption the work goes on where it stopped, and nothing is measured twice.",
    parameters: [.required("count", .integer(1...1_000_000), "how many students for each teacher")],
    clauses: [
      .required("of", .object([.pool, .student]), "the students"),
      .required("for", .objects(.teacher), "the teachers"),
    ] + Parameter.distillation + [
      .optional(
        "seed", .integers(0...(1 << 53)), default: "1",
        "starts the batches; with several, each student is measured once with each")
    ],
    result: .object(.metabase),
    examples: [CommandExample("metabase gt = distill 50 of p for t epochs 8")]
  ) { arguments, context in
    let count = try arguments.integer("count")
    let seeds = try arguments.integers("seed")
    let teachers = try arguments.objects("for").compactMap { $0.object as? TeacherObject }
    let metabase = try context.environment.openMetabase()
    var tasks: [MeasuredTask] = []
    var rows: [TaskResults] = []
    var known = 0
    var epochs = 0
    for (place, teacher) in teachers.enumerated() {
      let (students, space) = try students(arguments, count: count, forTeacher: place)
      guard space.sharesNetworks(with: teacher.teacher.space) else {
        throw arguments.error(for: "for", "the students and the teacher belong to different spaces")
      }
      let settings = try arguments.distillationSettings(imageSize: space.imageSize)
      epochs = settings.optimization.epochs
      let distillation = try Distillation(
        teacher: teacher.teacher, dataset: try arguments.dataset(of: teacher, "for"), settings: settings,
        cancellation: context.supervision.cancellation)
      for seed in seeds {
        let measurement = try StudentMeasurement(
          distillation: distillation, seed: UInt64(seed), metabase: metabase,
          cache: context.environment.cache)
        known += try measurement.known(students).count
        tasks.append(try run(measurement, students, context))
        rows.append(try measurement.rows(students))
      }
    }
    let making =
      "\(epochs) epochs, seed \(seeds.map(String.init).joined(separator: ", "))"
      + (known > 0 ? ", \(known) from the metabase on disk" : "")
    return .object(MetabaseObject(tasks: tasks, rows: rows, making: making))
  }

  private static func run(
    _ measurement: StudentMeasurement, _ students: [Architecture], _ context: CommandContext
  ) throws -> MeasuredTask {
    let name = measurement.distillation.teacher.datasetName
    do {
      return try measurement.run(
        students, supervision: context.supervision, stage: "distilling for \(name)")
    } catch is Cancelled {
      let kept = try measurement.known(students).count
      context.output.write(
        "stopped with \(kept) of \(students.count) students of \(name) measured; they are kept, and the same "
          + "statement goes on from there\n", to: .stderr)
      throw Cancelled()
    }
  }

  private static func students(
    _ arguments: Arguments, count: Int, forTeacher place: Int
  ) throws -> ([Architecture], ResNetSpace) {
    if case .object(let object) = try arguments.value("of"), let student = object as? StudentObject {
      return ([student.architecture], student.space)
    }
    let pool: PoolObject = try arguments.object("of")
    guard count <= pool.students.count else {
      throw arguments.error(for: "count", "the pool has only \(pool.students.count) students")
    }
    // A pool that is too small for all teachers is begun again.
    let first = place * count
    return ((first..<first + count).map { pool.students[$0 % pool.students.count] }, pool.space)
  }

  static let evaluate = CommandDeclaration(
    "evaluate", group: .measurement, summary: "compares predictors with what students really reached",
    discussion:
      "SRC is Spearman's rank correlation, with its 95 % interval over students (bootstrap). The precision is the part of "
      + "the students measured best that are among those predicted best. The regret is how far the student predicted "
      + "best, or the best of those, stays behind the best one, in points of accuracy. The error is the mean absolute "
      + "difference of predicted and measured accuracy; “inside 90 %” is how many of the students lie within the prediction's "
      + "interval, which should be 90 %. Below the table the first predictor is "
      + "compared with each other one on the same redrawn students; it is better or worse where the interval of the "
      + "difference leaves out zero, otherwise the two are not told apart. Students that one of the predictors adapts to "
      + "are left out for all.",
    parameters: [.required("predictors", .objects(.predictor), "what to compare")],
    clauses: [
      .required("on", .objects(.metabase), "measured students"),
      .optional("top", .integer(1...1000), default: "5", "how many count as best"),
      .target,
    ],
    result: .table,
    examples: [CommandExample("evaluate dass, synflow, macs, params, depth, random on gt")]
  ) { arguments, context in
    let top = try arguments.integer("top")
    let target = try arguments.target()
    let headings =
      ["method", "task", "SRC", "low", "high", "Kendall", "Pearson", "precision", "top-1 regret"]
      + (top > 1 ? ["top-\(top) regret"] : []) + ["error", "inside 90 %", "students"]
    var table = Table(
      title: "Predicted against measured", columns: headings.map { Table.Column($0) })
    let predictors = try arguments.objects("predictors").compactMap { name, object in
      (object as? PredictorObject).map { (name: name, predictor: $0) }
    }
    let judged = try measuredTasks(arguments, "on").map { try $0.withoutSupport(of: predictors) }
    let tasks = judged.map(\.task)
    let rankingTasks = tasks.map { task in
      var rankingTask = RankingTask(task)
      rankingTask.embedded = EmbeddedStudents()
      return rankingTask
    }
    var first: (name: String, scores: [[Double]])?
    for (name, predictor) in predictors {
      var scores: [[Double]] = []
      for (task, rankingTask) in zip(tasks, rankingTasks) {
        let measured = task.accuracies(target)
        let predicted = try predictor.scores(
          of: task.students, for: rankingTask, supervision: context.supervision,
          stage: "scoring with \(name)")
        scores.append(predicted)
        let estimate = Bootstrap.spearman(predicted, measured)
        let error =
          zip(predicted, measured).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(max(measured.count, 1))
        func number(_ value: Double?) -> Table.Cell { value.map { .number($0, digits: 3) } ?? .missing }
        let regrets = (top > 1 ? [1, top] : [1]).map {
          RankCorrelation.regret(predicted: predicted, measured: measured, top: $0)
        }
        table.rows.append(
          [
            .text(name), .text(task.teacher.datasetName), number(estimate?.value), number(estimate?.lower),
            number(estimate?.upper), number(RankCorrelation.kendall(predicted, measured)),
            number(RankCorrelation.pearson(predicted, measured)),
            number(RankCorrelation.precision(predicted: predicted, measured: measured, top: top)),
          ] + regrets.map { $0.map { .percent($0) } ?? .missing } + [
            predictor.predictsAccuracy ? .percent(error) : .missing,
            predictor.method.predictionInterval(coverage: 0.9).map {
              .percent($0.coverage(predicted: predicted, measured: measured), digits: 0)
            } ?? .missing, .integer(measured.count),
          ])
      }
      if let first {
        table.notes += zip(tasks, zip(first.scores, scores)).map { task, pair in
          verdict(first.name, pair.0, name, pair.1, on: task, measured: task.accuracies(target))
        }
      } else {
        first = (name, scores)
      }
    }
    table.notes += [
      "low and high: 95 % bootstrap interval over students, \(Bootstrap.repetitions) repetitions, seed 0",
      "measured: the \(target.rawValue) accuracy of each run",
      "inside 90 %: how many lie within the interval that held 90 % of the validation tasks' students",
      "precision: of the \(top) students measured best, the part among the \(top) predicted best",
    ]
    let leftOut = judged.compactMap(\.note)
    table.notes +=
      leftOut.isEmpty
      ? ["the teachers' students were measured by distilling them; predictions use no measured student"]
      : leftOut
    return .table(table)
  }
}

/// Whether one predictor ranks the students of a task better than another, in a sentence.
private func verdict(
  _ firstName: String, _ first: [Double], _ secondName: String, _ second: [Double], on task: MeasuredTask,
  measured: [Double]
) -> String {
  let pair = "\(firstName) against \(secondName) on \(task.teacher.datasetName)"
  guard let difference = Bootstrap.pairedSpearmanDifference(first, second, measured: measured) else {
    return "\(pair): not defined"
  }
  func number(_ value: Double) -> String { NumberText.fixed(value, digits: 2) }
  return
    "\(pair): \(Verdict(difference).rawValue), SRC differs by \(number(difference.value)) [\(number(difference.lower)), "
    + "\(number(difference.upper))]"
}

extension Parameter {
  static let target = Parameter.optional(
    "target", .choice(AccuracyTarget.allCases.map(\.rawValue)), default: "best",
    "which accuracy of a run counts: that of the best epoch, as in the authors' code, or the last one's")
}

extension Parameter {
  static let accuracyUnit = Parameter.optional(
    "unit", .choice(AccuracyUnit.allCases.map(\.rawValue)), default: "fraction",
    "in which accuracies are learned: `percent` as in the authors' code")
}

extension Arguments {
  func accuracyUnit() throws -> AccuracyUnit { AccuracyUnit(rawValue: try text("unit")) ?? .fraction }

  func target() throws -> AccuracyTarget { AccuracyTarget(rawValue: try text("target")) ?? .best }

  /// The predictors of `methods`, and the controls that are not among them.
  func methods(withControls controls: [ControlMethod]) throws -> [(name: String, method: any RankingMethod)] {
    var methods: [(name: String, method: any RankingMethod)] = []
    for (name, object) in try objects("methods") {
      if let predictor = object as? PredictorObject { methods.append((name, predictor.method)) }
    }
    for control in controls where !methods.contains(where: { $0.method as? ControlMethod == control }) {
      methods.append((control.name, control))
    }
    return methods
  }

  /// - Throws: a diagnostic if the teacher was loaded without its dataset.
  func dataset(of teacher: TeacherObject, _ clause: String) throws -> Dataset {
    guard let dataset = teacher.dataset else {
      throw error(
        for: clause, "the teacher of \(teacher.teacher.datasetName) was loaded without its images",
        advice: "load it with `on` and the dataset it was trained on")
    }
    return dataset
  }
}

extension Environment {
  /// Results of training, found again by their inputs.
  var cache: ContentCache { ContentCache(folder: cacheDirectory.path) }

  /// - Throws: `MetabaseError`, `FileError`.
  func openMetabase() throws -> Metabase {
    try AtomicFile.createFolder(cacheDirectory.path)
    return try Metabase(path: cacheDirectory.appendingPathComponent("metabase.sqlite").path)
  }
}

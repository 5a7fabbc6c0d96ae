import Engine

/// Methods end to end: what each one finds is really distilled (the paper's Tables 4 and 5).
extension CommandDeclaration {
  static let compete = CommandDeclaration(
    "compete", group: .measurement, summary: "distills the student that each method finds",
    discussion:
      "Each method ranks the students of the pool that meet the condition, and its best one is distilled with each seed. A "
      + "predictor of as many runs as there are seeds chooses with each run, for one seed each, and so does `random`. The "
      + "controls `macs`, `params` and `random` take part. The regret is how far a method's student stays behind the best one "
      + "measured: those found here, and those of `against` that meet the condition. As that one is the best of many noisy "
      + "measurements, regrets are rather too large than too small.",
    parameters: [.required("methods", .objects(.predictor), "what searches")],
    clauses: [
      .required("for", .objects(.teacher), "the teachers to distill from"),
      .required("of", .object(.pool), "the students"),
      .optional("where", .condition(ConditionField.student), "what a student must meet"),
      .optional("against", .objects(.metabase), "measured students of the same teachers"),
    ] + Parameter.distillation + [
      .optional("seed", .integers(0...(1 << 53)), default: "1..3", "of the distillations")
    ],
    result: .table,
    examples: [
      CommandExample(
        "compete dass, plain, synflow for t of p where macs < 400k against gt protocol demo",
        "under a budget that binds")
    ]
  ) { arguments, context in
    let pool: PoolObject = try arguments.object("of")
    let condition = try arguments.ifPresent("where") { try $0.condition($1) }
    let meeting = pool.students.filter { pool.space.satisfies($0, condition) }
    guard !meeting.isEmpty else {
      throw arguments.error(
        for: "where", "none of the \(pool.students.count) students meets the condition",
        advice: "loosen it, or draw the pool with it")
    }
    var methods: [(name: String, method: any RankingMethod)] = []
    for (name, object) in try arguments.objects("methods") {
      if let predictor = object as? PredictorObject { methods.append((name, predictor.method)) }
    }
    for control in [ControlMethod.macs, .params, .random(seed: 0)]
    where !methods.contains(where: { $0.method as? ControlMethod == control }) {
      methods.append((control.name, control))
    }
    let seeds = try arguments.integers("seed")
    let known = try arguments.has("against") ? measuredTasks(arguments, "against") : []
    var rows: [(method: String, entry: Entry, task: String)] = []
    var notes: [String] = []
    for case let object as TeacherObject in try arguments.objects("for").map(\.object) {
      try arguments.check(pool.space, fits: object)
      let name = object.teacher.datasetName
      var task = RankingTask(object)
      task.embedded = EmbeddedStudents()
      let found = try methods.map { method in
        try choosers(method.method, count: seeds.count).map { chooser in
          let scores = try chooser.scores(
            of: meeting, for: task, supervision: context.supervision,
            stage: "searching for \(name) with \(method.name)")
          // Of equal ones the first; what has no score is never chosen before what has one.
          let best = scores.indices.max { left, right in
            let (a, b) = (scores[left], scores[right])
            return a.isNaN || b.isNaN ? a.isNaN && !b.isNaN : a == b ? left > right : a < b
          }
          return meeting[best ?? 0]
        }
      }
      // Where a method chose once for all seeds, its student is distilled with each.
      let choices = found.map { own in own.count == seeds.count ? own : seeds.map { _ in own[0] } }
      let measured = try distilled(choices, for: object, seeds: seeds, arguments, context)
      let others = MeasuredTask.byTeacher(known.filter { $0.teacher.digest == object.teacher.digest })
        .map(MeasuredTask.init(averaging:))
        .flatMap { task in
          zip(task.students, task.results).filter { pool.space.satisfies($0.0, condition) }
            .map(\.1.bestAccuracy)
        }
      let here = Dictionary(grouping: zip(choices, measured).flatMap { zip($0, $1) }, by: \.0)
        .mapValues { RepeatedResult($0.map(\.1)).mean }
      let highest = (Array(here.values) + others).max() ?? 0
      notes.append(
        "\(name): teacher \(NumberText.percent(object.teacher.accuracy, digits: 1)), best of "
          + "\(here.count + others.count) measured \(NumberText.percent(highest, digits: 1))")
      for (method, (students, accuracies)) in zip(methods, zip(choices, measured)) {
        rows.append(
          (
            method.name,
            Entry(
              students: students, result: RepeatedResult(accuracies),
              regret: max(highest - RepeatedResult(accuracies).mean, 0),
              costs: students.map { pool.space.cost(of: $0, classes: object.teacher.classes) }), name
          ))
      }
    }
    var table = Table(
      title: "What each method finds, distilled",
      columns: ["method", "task", "student", "accuracy", "deviation", "macs", "params", "regret"].map {
        Table.Column($0)
      })
    table.rows = rows.map { row in
      let entry = row.entry
      return [
        .text(row.method), .text(row.task), .text(entry.text), .percent(entry.result.mean),
        entry.result.deviation.map { .percent($0) } ?? .missing, .count(entry.multiplyAdds),
        .count(entry.parameters), .percent(entry.regret),
      ]
    }
    if try arguments.objects("for").count > 1 {
      for method in methods {
        let own = rows.filter { $0.method == method.name }.map(\.entry)
        func mean(_ value: (Entry) -> Double) -> Double {
          own.reduce(0) { $0 + value($1) } / Double(max(own.count, 1))
        }
        table.rows.append([
          .text(method.name), .text("mean"), .missing, .percent(mean(\.result.mean)), .missing,
          .count(mean(\.multiplyAdds)), .count(mean(\.parameters)),
          .percent(mean(\.regret)),
        ])
      }
    }
    table.notes =
      notes + [
        "pool: \(pool.oneLineSummary)"
          + (condition == nil ? "" : ", \(NumberText.grouped(meeting.count)) meet the condition"),
        "accuracy: mean over seeds \(seeds.map(String.init).joined(separator: ", ")); "
          + "deviation: standard deviation between them",
      ]
    return .table(table)
  }

  private struct Entry {
    /// One a seed.
    var students: [Architecture]
    var result: RepeatedResult
    var regret: Double
    var costs: [ArchitectureCost]

    var text: String {
      let different = Set(students).count
      return different == 1 ? students[0].text : "\(different) different ones"
    }
    var multiplyAdds: Double {
      costs.reduce(0) { $0 + Double($1.multiplyAdds) } / Double(max(costs.count, 1))
    }
    var parameters: Double { costs.reduce(0) { $0 + Double($1.parameters) } / Double(max(costs.count, 1)) }
  }

  /// The runs of a method that choose, one for each seed, or one for all of them.
  private static func choosers(_ method: any RankingMethod, count: Int) -> [any RankingMethod] {
    if method is ControlMethod { return method.repeated(count) }
    return method.runs.count == count ? method.runs : [method]
  }

  /// What each method's students reach, the first with the first seed and so on; what was measured before is taken from
  /// the metabase on disk.
  private static func distilled(
    _ choices: [[Architecture]], for teacher: TeacherObject, seeds: [Int], _ arguments: Arguments,
    _ context: CommandContext
  ) throws -> [[Double]] {
    let distillation = try Distillation(
      teacher: teacher.teacher, dataset: try arguments.dataset(of: teacher, "for"),
      settings: try arguments.distillationSettings(imageSize: teacher.teacher.space.imageSize),
      cancellation: context.supervision.cancellation)
    let metabase = try context.environment.openMetabase()
    var accuracies = choices.map { _ in [Double]() }
    for (place, seed) in seeds.enumerated() {
      let measurement = try StudentMeasurement(
        distillation: distillation, seed: UInt64(seed), metabase: metabase, cache: context.environment.cache)
      let task = try measurement.run(
        choices.map { $0[place] }, supervision: context.supervision,
        stage: "distilling for \(teacher.teacher.datasetName) with seed \(seed)")
      for index in choices.indices { accuracies[index].append(task.results[index].bestAccuracy) }
    }
    return accuracies
  }
}

/// Measurements with several seeds.
private struct RepeatedResult {
  var mean: Double
  /// The standard deviation of the sample; nil for one measurement.
  var deviation: Double?

  init(_ values: [Double]) {
    let mean = values.reduce(0, +) / Double(max(values.count, 1))
    self.mean = mean
    guard values.count > 1 else { return }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviation = (squares / Double(values.count - 1)).squareRoot()
  }
}

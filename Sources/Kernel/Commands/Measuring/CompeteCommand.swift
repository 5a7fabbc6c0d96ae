import Engine

/// Methods end to end: what each one finds is really distilled (the paper's Tables 4 and 5).
extension CommandDeclaration {
  static let compete = CommandDeclaration(
    "compete", group: .measurement, summary: "distills the student that each method finds",
    discussion:
      "Each method ranks the students of the pool that meet the condition, and its best one is distilled with each seed. A "
      + "predictor of as many runs as there are seeds chooses with each run, for one seed each, and so does `random`. The "
      + "controls `macs`, `params` and `random` take part; students that one of the methods adapts to are left out for all. "
      + "The regret is how far a method's student stays behind the best one measured: those found here, and those of "
      + "`against` that meet the condition and were distilled alike. As that one is the best of many noisy measurements, "
      + "regrets are rather too large than too small. Where nothing is said about the distillation, it is as for "
      + "`against`.",
    parameters: [.required("methods", .objects(.predictor), "what searches")],
    clauses: [
      .optional("for", .objects(.teacher), "the teachers to distill from; those of `against` when left out"),
      .required("of", .object(.pool), "the students"),
      .optional("where", .condition(ConditionField.student), "what a student must meet"),
      .optional("against", .objects(.metabase), "measured students of the same teachers"),
    ] + Parameter.distillation + [
      .optional("seed", .integers(0...(1 << 53)), default: "1..3", "of the distillations"), .target,
    ],
    result: .table,
    examples: [
      CommandExample(
        "compete dass, plain, synflow for t of p where macs < 400k against gt protocol demo",
        "under a budget that binds"),
      CommandExample("compete dass, plain of p where macs < 400k against gt, more"),
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
    let known = try arguments.has("against") ? measuredTasks(arguments, "against") : []
    let competition = Competition(
      methods: try arguments.methods(withControls: [.macs, .params, .random(seed: 0)]), space: pool.space,
      students: meeting, seeds: try arguments.integers("seed"), target: try arguments.target(),
      metabase: try context.environment.openMetabase(), cache: context.environment.cache)
    var entries: [Competition.Entry] = []
    var notes: [String] = []
    let teachers = try arguments.teachers(known: known)
    for teacher in teachers {
      try arguments.check(pool.space, fits: teacher)
      let measured = known.filter { $0.teacher.digest == teacher.teacher.digest }
      let own = try competition.entries(
        for: teacher, on: arguments.dataset(of: teacher, arguments.has("for") ? "for" : "against"),
        settings: arguments.distillationSettings(for: teacher, like: measured),
        known: measured.map { $0.meeting(condition, in: pool.space) }, supervision: context.supervision)
      entries += own.entries
      notes += own.notes
    }
    notes += [
      "pool: \(pool.oneLineSummary)"
        + (condition == nil ? "" : ", \(NumberText.grouped(meeting.count)) meet the condition"),
      "accuracy: mean over seeds \(competition.seeds.map(String.init).joined(separator: ", ")); "
        + "deviation: standard deviation between them",
    ]
    return .table(table(of: entries, methods: competition.methods.map(\.name), notes: notes))
  }

  /// A row a method and task, and the means over the tasks where there are several.
  private static func table(of entries: [Competition.Entry], methods: [String], notes: [String]) -> Table {
    var table = Table(
      title: "What each method finds, distilled",
      columns: ["method", "task", "student", "accuracy", "deviation", "macs", "params", "regret"].map {
        Table.Column($0)
      })
    table.rows = entries.map { entry in
      [
        .text(entry.method), .text(entry.task), .text(entry.studentText), .percent(entry.accuracy.mean),
        entry.accuracy.deviation.map { .percent($0) } ?? .missing, .count(entry.multiplyAdds),
        .count(entry.parameters), .percent(entry.regret),
      ]
    }
    table.notes = notes
    guard entries.count > methods.count else { return table }
    for method in methods {
      let own = entries.filter { $0.method == method }
      func mean(_ value: (Competition.Entry) -> Double) -> Double {
        own.reduce(0) { $0 + value($1) } / Double(max(own.count, 1))
      }
      table.rows.append([
        .text(method), .text("mean"), .missing, .percent(mean(\.accuracy.mean)), .missing,
        .count(mean(\.multiplyAdds)), .count(mean(\.parameters)), .percent(mean(\.regret)),
      ])
    }
    return table
  }
}

extension Arguments {
  /// Those of `for`, or of the measured students when it was left out, each once.
  ///
  /// - Throws: a diagnostic if there are none.
  fileprivate func teachers(known: [MeasuredTask]) throws -> [TeacherObject] {
    if has("for") { return try objects("for").compactMap { $0.object as? TeacherObject } }
    var seen: Set<String> = []
    let teachers = known.filter { seen.insert($0.teacher.digest).inserted }.map { task in
      TeacherObject(teacher: task.teacher, dataset: task.dataset, making: "of the measured students")
    }
    guard !teachers.isEmpty else {
      throw error(
        for: "methods", "it is not said for which teachers to search",
        advice: "name them after `for`, or measured students after `against`")
    }
    return teachers
  }

  /// What the clauses say, or where none was written, how `measured` was distilled.
  fileprivate func distillationSettings(
    for teacher: TeacherObject, like measured: [MeasuredTask]
  ) throws -> DistillationSettings {
    if let first = measured.first, !Parameter.distillation.contains(where: { isWritten($0.name) }) {
      return first.settings
    }
    return try distillationSettings(imageSize: teacher.teacher.space.imageSize)
  }
}

extension MeasuredTask {
  /// Only the students that meet `condition`.
  fileprivate func meeting(_ condition: Condition?, in space: ResNetSpace) -> MeasuredTask {
    var task = self
    let kept = students.indices.filter { space.satisfies(students[$0], condition) }
    task.students = kept.map { students[$0] }
    task.results = kept.map { results[$0] }
    return task
  }
}

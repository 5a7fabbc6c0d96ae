import Engine

/// The commands that look into metabases, join them, and read them from files.
enum MetabaseCommands {
  static let all: [CommandDeclaration] = [.query, .summarize, .merge, .loadMetabase, .loadFeatures]
}

extension CommandDeclaration {
  private static let fields: [ConditionField] = [
    ConditionField("accuracy", .fraction, "best test accuracy of the run"),
    ConditionField("final", .fraction, "test accuracy after the last epoch"),
    ConditionField("macs", .count, "multiply-adds for one image"),
    ConditionField("params", .count, "parameters"),
    ConditionField("depth", nil, "blocks in all stages"),
    ConditionField("seed", nil, "the seed of the run"),
    ConditionField("time", .duration, "how long the run took"),
  ]

  static let query = CommandDeclaration(
    "query", group: .measurement, summary: "shows some of the measured students",
    parameters: [.required("metabase", .objects(.metabase), "measured students")],
    clauses: [
      .optional("where", .condition(fields), "what a run must meet"),
      .optional("by", .choice(fields.map(\.name)), default: "accuracy", "what to sort by"),
      .flag("ascending", "the smallest first"),
      .optional("top", .integer(1...1_000_000), "how many to show; all when left out"),
    ],
    result: .table,
    examples: [CommandExample("query gt where macs < 400k by accuracy top 5", "the best small students")]
  ) { arguments, _ in
    let condition = try arguments.ifPresent("where") { try $0.condition($1) }
    let field = try arguments.text("by")
    let entries = try arguments.objects("metabase").compactMap { $0.object as? MetabaseObject }.flatMap(
      \.entries)
    let meeting = entries.filter { entry in condition?.holds(entry.value(of:)) ?? true }
    let isAscending = arguments.flag("ascending")
    // Equal ones keep their order.
    let sorted = meeting.enumerated().sorted { left, right in
      let (one, other) = (left.element.value(of: field) ?? 0, right.element.value(of: field) ?? 0)
      return one == other ? left.offset < right.offset : isAscending ? one < other : one > other
    }.map(\.element)
    let shown = sorted.prefix(try arguments.ifPresent("top") { try $0.integer($1) } ?? sorted.count)
    return .table(
      MetabaseObject.table(
        of: Array(shown), title: "\(shown.count) of \(entries.count) measured students, by \(field)"))
  }

  static let merge = CommandDeclaration(
    "merge", group: .measurement, summary: "joins metabases into one",
    parameters: [.required("metabases", .objects(.metabase), "what to join")],
    result: .object(.metabase),
    examples: [CommandExample("metabase both = merge gt, more")]
  ) { arguments, _ in
    let parts = try arguments.objects("metabases").compactMap { $0.object as? MetabaseObject }
    return .object(
      MetabaseObject(
        tasks: parts.flatMap(\.tasks), rows: parts.flatMap(\.rows), features: parts.flatMap(\.features),
        making: "merged of \(parts.count)"))
  }

  static let loadMetabase = CommandDeclaration(
    "load", group: .measurement, summary: "reads measured students from a file",
    discussion:
      "Metabases (`.sqlite`) and lines of results (`.jsonl`), of which only what was measured with the given teachers is "
      + "taken; and what other programs measured (`.csv`, columns `student` and `best_accuracy`, perhaps `final_accuracy` and "
      + "`seed`), for one teacher and a protocol. It is also kept in the metabase on disk, so that `distill` does not "
      + "measure it again.",
    parameters: [
      .required(
        "file", .path(extensions: ["sqlite", "jsonl", "csv"]), "written by `save`, or by `dass metabase`")
    ],
    clauses: [
      .required("for", .objects(.teacher), "the teachers"),
      .optional("seed", .integers(0...(1 << 53)), "only runs with these seeds"),
      .optional(
        "protocol", .choice(ExperimentProtocol.allCases.map(\.rawValue)), default: "paper",
        "of a `.csv`: the settings with which the students were distilled"),
    ],
    result: .object(.metabase),
    examples: [CommandExample("metabase gt = load \"measured.sqlite\" for t")]
  ) { arguments, context in
    let path = try arguments.text("file")
    let wanted = try arguments.ifPresent("seed") { try $0.integers($1) }
    do {
      let found = try results(path, arguments)
      var (tasks, rows): ([MeasuredTask], [TaskResults]) = ([], [])
      for case let object as TeacherObject in try arguments.objects("for").map(\.object) {
        for results in found where results.teacher.digest == object.teacher.digest {
          rows.append(results)
          let seeds = Set(results.students.map(\.job.seed)).sorted()
          for seed in seeds where wanted.map({ $0.contains(Int(clamping: seed)) }) ?? true {
            tasks.append(
              try MeasuredTask(
                results, teacher: object.teacher, dataset: object.dataset, seed: seed))
          }
        }
      }
      guard !tasks.isEmpty else {
        throw arguments.error(
          for: "for", "the file holds nothing that was measured with these teachers",
          advice: "teachers are told apart by their weights; give the one that was distilled from")
      }
      try context.environment.openMetabase().insert(rows)
      return .object(MetabaseObject(tasks: tasks, rows: rows, making: "from \(path)"))
    } catch let error as any ExplainedError {
      throw arguments.error(for: "file", error)
    }
  }

  /// - Throws: a diagnostic where a `.csv` is read for several teachers.
  private static func results(_ path: String, _ arguments: Arguments) throws -> [TaskResults] {
    guard path.lowercased().hasSuffix(".csv") else { return try ResultFile.read(path) }
    let teachers = try arguments.objects("for").compactMap { $0.object as? TeacherObject }
    guard teachers.count == 1, let teacher = teachers.first else {
      throw arguments.error(for: "for", "a `.csv` holds students of one teacher")
    }
    let named = ExperimentProtocol(rawValue: try arguments.text("protocol")) ?? .paper
    return [
      try ForeignResults.parse(
        FileBytes.read(path), teacher: teacher.teacher, dataset: arguments.dataset(of: teacher, "for"),
        settings: named.distillationSettings(imageSize: teacher.teacher.space.imageSize))
    ]
  }

  static let loadFeatures = CommandDeclaration(
    "load", group: .measurement, summary: "reads the authors' preprocessed features of measured students",
    discussion:
      "`metatrain` learns from them. Their students cannot be ranked by other predictors, because the teacher's weights are "
      + "not in these files.",
    parameters: [
      .required("file", .path(extensions: ["pt"]), "of the students, such as cub-logs_noise_actmap.pt")
    ],
    clauses: [
      .required("teacher-file", .path(extensions: ["pt"]), "of the same name in the folder teacher"),
      .optional("space", .object(.space), default: "resnet-code", "the space they belong to"),
    ],
    result: .object(.metabase),
    examples: [
      CommandExample(
        "metabase cub = load \"cub-logs_noise_actmap.pt\" teacher-file \"teacher/cub-logs_noise_actmap.pt\"")
    ]
  ) { arguments, _ in
    let path = try arguments.text("file")
    do {
      let task = try FeatureTask(
        students: path, teacher: try arguments.text("teacher-file"),
        space: try arguments.object("space", as: SpaceObject.self).space)
      return .object(MetabaseObject(tasks: [], rows: [], features: [task], making: "from \(path)"))
    } catch let error as any ExplainedError {
      throw arguments.error(for: "file", error)
    }
  }
}

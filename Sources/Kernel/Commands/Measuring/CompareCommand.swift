import Engine

/// Methods beside each other: the table, its pairs, and its picture.
extension CommandDeclaration {
  static let compare = CommandDeclaration(
    "compare", group: .measurement, summary: "compares methods over tasks and seeds",
    discussion:
      "A row for each method, with Spearman's correlation on each task and how long ranking took, and for each pair whether one is "
      + "better, worse, or the two are not told apart. The controls `macs`, `params`, `depth` and `random` stand in every "
      + "comparison. A predictor made with several seeds is run with each; what has one run stands beside it unchanged, but "
      + "`random` and the proxies draw anew. Students that one of the methods adapts to are left out for all. Of students measured with several seeds the mean counts. Rankings are kept in the "
      + "cache, with the time that they took.",
    parameters: [.required("methods", .objects(.predictor), "what to compare")],
    clauses: [.required("on", .objects(.metabase), "measured students"), .target],
    result: .object(.comparison),
    examples: [
      CommandExample(
        """
        predictor dass = metatrain on source validate held seed 1..3
        predictor plain = metatrain on source validate held seed 1..3 unguided
        comparison c = compare dass, plain, synflow, naswot on gt, more
        """, "the paper's Tables 2 and 3")
    ]
  ) { arguments, context in
    let methods = try arguments.methods(withControls: ControlMethod.all)
    let target = try arguments.target()
    let runs = methods.map(\.method.runs.count).max() ?? 1
    let repeated = try methods.map { name, method in
      let repeated = method.repeated(runs)
      guard repeated.count == runs else {
        throw arguments.error(
          for: "methods", "`\(name)` has \(method.runs.count) runs, and another method has \(runs)",
          advice: "make all of them with as many seeds")
      }
      return repeated
    }
    let predictors = methods.map { name, method in
      (name: name, predictor: PredictorObject(method: method, making: ""))
    }
    let whole = MeasuredTask.byTeacher(try measuredTasks(arguments, "on")).map(MeasuredTask.init(averaging:))
    let judged = try whole.map { try $0.withoutSupport(of: predictors) }
    let tasks = judged.map(\.task)
    guard !tasks.isEmpty else { throw arguments.error(for: "on", "there are no measured students") }
    var compared: [ComparisonObject.Method] = []
    var kept = 0
    for (method, repeated) in zip(methods, repeated) {
      var (rows, seconds): ([[RankedRun]], [Double]) = ([], [])
      for task in tasks {
        let rankings = try repeated.map { run in
          try TimedRanking(
            run, of: task, context, stage: "ranking \(task.teacher.datasetName) with \(method.name)")
        }
        let measured = task.accuracies(target)
        rows.append(rankings.map { RankedRun(predicted: $0.scores, measured: measured) })
        seconds.append(rankings.reduce(0) { $0 + $1.seconds } / Double(rankings.count))
        kept += rankings.count { $0.isFromCache }
      }
      let collecting = try whole.compactMap {
        try method.method.secondsToCollect(for: $0, cancellation: context.supervision.cancellation)
      }
      compared.append(
        ComparisonObject.Method(
          name: method.name, tasks: rows, seconds: seconds,
          collecting: collecting.count == whole.count
            ? collecting.mean : nil))
    }
    return .object(
      try ComparisonObject(
        methods: compared,
        tasks: tasks.map { .init(name: $0.teacher.datasetName, students: $0.students) }, runs: runs,
        making: ([
          kept == 0
            ? "ranked here" : "\(kept) of \(methods.count * runs * tasks.count) rankings from the cache"
        ] + judged.compactMap(\.note)).joined(separator: "; ")))
  }

  static let verdicts = CommandDeclaration(
    "verdicts", group: .measurement, summary: "shows the differences between the methods of a comparison",
    parameters: [.required("comparison", .object(.comparison), "made by `compare`")],
    clauses: [
      .optional("of", .name, "only the pairs of this method"),
      .optional("on", .text, "the name of one task; the mean over all when left out"),
    ],
    result: .table,
    examples: [CommandExample("verdicts c of dass on \"georgian-letters\"")]
  ) { arguments, _ in
    let comparison: ComparisonObject = try arguments.object("comparison")
    let method = try arguments.ifPresent("of") { arguments, clause in
      let name = try arguments.text(clause)
      guard let found = comparison.methods.firstIndex(where: { $0.name == name }) else {
        throw arguments.error(
          for: clause, "`\(name)` is not in the comparison",
          advice: "it has " + comparison.methods.map { "`\($0.name)`" }.joined(separator: ", "))
      }
      return found
    }
    let task = try arguments.ifPresent("on") { arguments, clause in
      let name = try arguments.text(clause)
      guard let found = comparison.taskIndex(named: name) else {
        throw arguments.error(
          for: clause, "there is no task \"\(name)\" in the comparison",
          advice: "it has " + comparison.tasks.map { "\"\($0.name)\"" }.joined(separator: ", "))
      }
      return found
    }
    return .table(comparison.verdicts(of: method, task: task))
  }

  static let plotComparison = CommandDeclaration(
    "plot comparison", group: .figures, summary: "draws the methods of a comparison with their intervals",
    clauses: [.required("of", .object(.comparison), "made by `compare`")],
    result: .figure, examples: [CommandExample("plot comparison of c")]
  ) { arguments, _ in
    let comparison: ComparisonObject = try arguments.object("of")
    let places = comparison.tasks.indices.map { Optional($0) } + (comparison.tasks.count > 1 ? [nil] : [])
    let panels = places.map { place in
      let correlations = comparison.correlations(of: place)
      let bars = comparison.methods.indices.compactMap { index in
        correlations.estimate(of: index).map { estimate in
          Bars.Bar(
            name: comparison.methods[index].name, value: estimate.value,
            interval: Interval(estimate.lower, estimate.upper), isEmphasized: index == 0)
        }
      }
      return Panel(
        title: place.map { comparison.tasks[$0].name } ?? "mean over all tasks",
        x: Axis("SRC", limits: Interval(-1, 1)),
        content: .bars(Bars(bars: bars)))
    }
    let leader = comparison.methods[0].name
    let means = comparison.methods.indices.compactMap { index in
      comparison.correlations(of: nil).estimate(of: index).map {
        "\(comparison.methods[index].name) \(NumberText.fixed($0.value, digits: 2))"
      }
    }
    return .object(
      FigureObject(
        figure: Figure(
          title: "Spearman's rank correlation of \(leader) and others with measured accuracy",
          subtitle: "with 95 % intervals over \(comparison.runs > 1 ? "runs and " : "")students",
          alternativeText:
            "Bars for each method and task; mean over the tasks: \(means.joined(separator: ", ")).",
          panels: panels, columns: min(4, panels.count))))
  }
}

/// The scores that a method gives the students of a task, with the time that it took; from the cache where it is known.
private struct TimedRanking {
  var scores: [Double]
  var seconds: Double
  var isFromCache = false

  init(
    _ method: any RankingMethod, of task: MeasuredTask, _ context: CommandContext, stage: String
  ) throws {
    let cache = context.environment.cache
    let key = method.identity.map { identity in
      ContentCache.key(
        [
          "kind": "ranking", "method": identity, "teacher": .string(task.teacher.digest),
          "dataset": task.dataset.map { .string($0.digest) } ?? .null,
          "students": .array(task.students.map { .string($0.text) }),
        ], engineVersion: EngineVersion.predictors)
    }
    if let key, let json = cache.get(key, decode: { try JSON(parsing: $0) }),
      let scores = json["scores"]?.arrayValue, scores.count == task.students.count,
      let seconds = json["seconds"]?.doubleValue
    {
      // What is not defined is written as null.
      self.init(scores: scores.map { $0.doubleValue ?? .nan }, seconds: seconds, isFromCache: true)
      return
    }
    let start = ContinuousClock.now
    let scores = try method.scores(
      of: task.students, for: RankingTask(task), supervision: context.supervision, stage: stage)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    if let key {
      let entry: JSON = [
        "scores": .array(scores.map { $0.isNaN ? .null : .number($0) }), "seconds": .number(seconds),
      ]
      try cache.put(entry.encoded(), for: key)
    }
    self.init(scores: scores, seconds: seconds)
  }

  private init(scores: [Double], seconds: Double, isFromCache: Bool = false) {
    self.scores = scores
    self.seconds = seconds
    self.isFromCache = isFromCache
  }
}

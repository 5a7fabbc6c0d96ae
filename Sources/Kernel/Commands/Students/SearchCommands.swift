import Engine

extension CommandDeclaration {
  private static let clauses: [Parameter] = [
    .required("for", .object(.teacher), "the teacher to distill from"),
    .required("with", .object(.predictor), "what ranks the students"),
    .optional("where", .condition(ConditionField.student), "what a student must meet"),
  ]

  static let search = CommandDeclaration(
    "search", group: .students, summary: "ranks the students of a pool for a teacher",
    discussion:
      "A guided predictor first adapts itself by the teacher's own accuracy. Then every student takes its weights "
      + "from the teacher, sees the noise image, and gets a predicted accuracy. With `pareto`, only students are shown "
      + "that no cheaper one beats. The latency is the time for one image on one thread of this machine. Students that "
      + "a pool holds more than once are ranked once.",
    parameters: [.required("pool", .object(.pool), "the students")],
    clauses: clauses + [
      .optional("top", .integer(1...100_000), default: "10", "how many to show"),
      .optional("pareto", .choice(StudentCost.allCases.map(\.rawValue)), "only the best for each cost"),
    ],
    result: .table,
    examples: [
      CommandExample("search p for t with dass top 5", "the five students predicted best"),
      CommandExample("search p for t with dass pareto latency", "the best for each time that an image takes"),
    ]
  ) { arguments, context in
    let start = ContinuousClock.now
    let ranking = try Ranking(arguments, pool: "pool", context)
    let cost = try arguments.ifPresent("pareto") { StudentCost(rawValue: try $0.text($1)) } ?? nil
    let meter = cost == .latency ? try LatencyMeter(NoiseEmbedding(teacher: ranking.teacher)) : nil
    var order = ranking.order
    if let cost {
      let costs = try ranking.costs(by: cost, meter, context.supervision)
      let front = Set(
        ParetoFront.positions(costs: costs, scores: order.map { ranking.scores[$0] }).map { order[$0] })
      order = order.filter(front.contains)
    }
    let shown = order.prefix(try arguments.integer("top"))
    let poolName = arguments.text(asWritten: "pool") ?? "pool"
    var table = ranking.table(title: "Students of \(poolName) for \(ranking.teacher.datasetName)", meter)
    let cancellation = context.supervision.cancellation
    for (rank, index) in shown.enumerated() {
      let latency = try meter?.measure(ranking.pool.students[index], cancellation: cancellation)
      table.rows.append(ranking.row(rank: rank + 1, of: index, name: "\(poolName)[\(index + 1)]", latency))
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    table.notes = [
      "teacher: \(ranking.teacher.datasetName), accuracy \(NumberText.percent(ranking.teacher.accuracy, digits: 1))",
      "predictor: \(arguments.text(asWritten: "with") ?? ""), \(ranking.predictor.oneLineSummary)",
      "pool: \(ranking.pool.oneLineSummary)\(ranking.counted)",
    ]
    if let interval = ranking.interval {
      table.notes.append(
        "low, high: 90 % of the validation tasks' students lay within "
          + "\(NumberText.fixed(100 * interval.halfWidth, digits: 1)) points of their prediction; another task may err more"
      )
    }
    if let cost {
      let best = order.count == 1 ? "1 student is best for its" : "\(order.count) students are best for their"
      table.notes.append("\(best) \(cost.meaning)")
    }
    if meter != nil {
      table.notes.append(
        "latency: one image on one thread of this machine, median of \(LatencyMeter.repetitions) times after "
          + "\(LatencyMeter.warmUp) to warm up; students are chosen by the sum of their blocks' times")
    }
    table.notes.append("time: \(NumberText.duration(seconds)) in all")
    return .table(table)
  }

  static let best = CommandDeclaration(
    "best", group: .students, summary: "chooses the student that is predicted best",
    clauses: [.required("of", .object(.pool), "the students")] + clauses + [
      .optional("rank", .integer(1...100_000), default: "1", "1 for the best, 2 for the second")
    ],
    result: .object(.student),
    examples: [CommandExample("student b = best of p for t with dass where macs < 1M")]
  ) { arguments, context in
    let ranking = try Ranking(arguments, pool: "of", context)
    let rank = try arguments.integer("rank")
    guard ranking.order.indices.contains(rank - 1) else {
      throw arguments.error(for: "rank", "only \(ranking.order.count) students are ranked")
    }
    return .object(
      StudentObject(architecture: ranking.pool.students[ranking.order[rank - 1]], space: ranking.pool.space))
  }
}

import Engine

/// The commands that draw and choose students.
enum StudentCommands {
  static let all: [CommandDeclaration] = [.sample, .network, .search, .best]
}

extension ConditionField {
  /// What can be asked of a student.
  static let student = [
    ConditionField("macs", .count, "multiply-adds for one image"),
    ConditionField("params", .count, "parameters"),
    ConditionField("depth", nil, "blocks in all stages"),
  ]
}

extension ResNetSpace {
  /// Whether a student meets a condition; without one, it does.
  func satisfies(_ student: Architecture, _ condition: Condition?) -> Bool {
    guard let condition else { return true }
    let cost = cost(of: student)
    return condition.holds { field in
      switch field {
      case "macs": Double(cost.multiplyAdds)
      case "params": Double(cost.parameters)
      case "depth": Double(student.depth)
      default: nil
      }
    }
  }
}

extension CommandDeclaration {
  /// Draws for each student wanted, before a condition counts as too hard to meet.
  private static let drawsPerStudent = 1000

  static let sample = CommandDeclaration(
    "sample", group: .students, summary: "draws students at random",
    discussion: "Depths and widths are drawn uniformly; students that miss the condition are drawn again.",
    parameters: [.required("count", .integer(1...1_000_000), "how many")],
    clauses: [
      .required("from", .object(.space), "the space to draw from"),
      .optional("where", .condition(ConditionField.student), "what every student must meet"),
      .optional("seed", .seed, default: "1", "starts the drawing"),
    ],
    result: .object(.pool),
    examples: [
      CommandExample(
        "pool p = sample 3000 from resnet where macs < 400M seed 7", "3,000 students under a budget")
    ]
  ) { arguments, context in
    let space = try arguments.object("from", as: SpaceObject.self).space
    let count = try arguments.integer("count")
    let condition = try arguments.ifPresent("where") { try $0.condition($1) }
    let seed = try arguments.integer("seed")
    var random = RandomSource(seed: UInt64(seed), stream: "pool")
    var students: [Architecture] = []
    var draws = 0
    let limit = max(count, 100) * drawsPerStudent
    while students.count < count {
      draws += 1
      if draws % 1024 == 0 {
        try context.supervision.cancellation.check()
        context.supervision.progress.report(
          ProgressEvent(stage: "drawing students", completed: students.count, total: count))
      }
      // A budget that nothing meets is told early, one that few meet is searched longer.
      if draws > limit || (students.isEmpty && draws > 100_000) {
        throw arguments.error(
          for: "where", SpaceError.noMatch(drawn: draws - 1, wanted: count, found: students.count))
      }
      let student = space.sample(random: &random)
      if space.satisfies(student, condition) { students.append(student) }
    }
    let making = (condition.map { "where \($0.description), " } ?? "") + "seed \(seed)"
    return .object(PoolObject(students: students, space: space, making: making))
  }

  static let network = CommandDeclaration(
    "network", group: .students, summary: "makes a student of its widths",
    parameters: [.required("widths", .text, "`-` between blocks, `/` between stages")],
    clauses: [.required("from", .object(.space), "the space it belongs to")],
    result: .object(.student),
    examples: [CommandExample("student s = network \"32/64-64/128/256\" from resnet")]
  ) { arguments, _ in
    let space = try arguments.object("from", as: SpaceObject.self).space
    guard let architecture = Architecture(text: try arguments.text("widths")) else {
      throw arguments.error(
        for: "widths", "this is not the text of a network", advice: "for instance \"\(space.teacher.text)\"")
    }
    do throws(SpaceError) {
      try space.validate(architecture)
    } catch {
      throw arguments.error(for: "widths", error)
    }
    return .object(StudentObject(architecture: architecture, space: space))
  }

  private static let searchClauses: [Parameter] = [
    .required("for", .object(.teacher), "the teacher to distill from"),
    .required("with", .object(.predictor), "what ranks the students"),
    .optional("where", .condition(ConditionField.student), "what a student must meet"),
  ]

  static let search = CommandDeclaration(
    "search", group: .students, summary: "ranks the students of a pool for a teacher",
    discussion:
      "A guided predictor first adapts itself by the teacher's own accuracy. Then every student takes its weights "
      + "from the teacher, sees the noise image, and gets a predicted accuracy.",
    parameters: [.required("pool", .object(.pool), "the students")],
    clauses: searchClauses + [
      .optional("top", .integer(1...100_000), default: "10", "how many to show")
    ],
    result: .table,
    examples: [CommandExample("search p for t with dass top 5", "the five students predicted best")]
  ) { arguments, context in
    let start = ContinuousClock.now
    let ranking = try Ranking(arguments, pool: "pool", context)
    let top = ranking.order.prefix(try arguments.integer("top"))
    var table = Table(
      title:
        "Students of \(arguments.text(asWritten: "pool") ?? "the pool") for \(ranking.teacher.datasetName)",
      columns: [
        Table.Column("rank"), Table.Column("student"), Table.Column("widths"),
        Table.Column(ranking.predictor.predictsAccuracy ? "predicted accuracy" : "score"),
        Table.Column("macs"),
        Table.Column("params"),
      ])
    let poolName = arguments.text(asWritten: "pool") ?? "pool"
    for (rank, index) in top.enumerated() {
      let student = ranking.pool.students[index]
      let cost = ranking.pool.space.cost(of: student)
      table.rows.append([
        .integer(rank + 1), .text("\(poolName)[\(index + 1)]"), .text(student.text),
        ranking.predictor.predictsAccuracy
          ? .percent(ranking.scores[index]) : .number(ranking.scores[index], digits: 3),
        .count(Double(cost.multiplyAdds)), .count(Double(cost.parameters)),
      ])
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let meeting =
      ranking.order.count == ranking.pool.students.count ? "" : ", \(ranking.order.count) meet the condition"
    table.notes = [
      "teacher: \(ranking.teacher.datasetName), accuracy \(NumberText.percent(ranking.teacher.accuracy, digits: 1))",
      "predictor: \(arguments.text(asWritten: "with") ?? ""), \(ranking.predictor.oneLineSummary)",
      "pool: \(ranking.pool.oneLineSummary)\(meeting)",
      "time: \(NumberText.duration(seconds)) in all",
    ]
    return .table(table)
  }

  static let best = CommandDeclaration(
    "best", group: .students, summary: "chooses the student that is predicted best",
    clauses: [.required("of", .object(.pool), "the students")] + searchClauses + [
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

/// The students of a pool in the order that a predictor gives them.
private struct Ranking {
  let pool: PoolObject
  let teacher: Teacher
  let predictor: PredictorObject
  let scores: [Double]
  /// Positions in the pool, best first; only students that meet the condition.
  let order: [Int]

  init(_ arguments: Arguments, pool poolName: String, _ context: CommandContext) throws {
    let pool: PoolObject = try arguments.object(poolName)
    let teacherObject: TeacherObject = try arguments.object("for")
    teacher = teacherObject.teacher
    predictor = try arguments.object("with")
    guard pool.space.sharesNetworks(with: teacher.space) else {
      throw arguments.error(
        for: "for",
        "the pool was drawn from \(pool.space.name), and the teacher belongs to \(teacher.space.name)",
        advice: "draw the pool from the teacher's space")
    }
    let condition = try arguments.ifPresent("where") { try $0.condition($1) }
    let meeting = pool.students.indices.filter { pool.space.satisfies(pool.students[$0], condition) }
    guard !meeting.isEmpty else {
      throw arguments.error(
        for: "where", "none of the \(pool.students.count) students meets the condition",
        advice: "loosen it, or draw the pool with it")
    }
    let values = try predictor.scores(
      of: meeting.map { pool.students[$0] }, for: RankingTask(teacherObject),
      supervision: context.supervision, stage: "scoring")
    var scores = [Double](repeating: -.infinity, count: pool.students.count)
    // Students without a score come last.
    for (index, value) in zip(meeting, values) where !value.isNaN { scores[index] = value }
    self.pool = pool
    self.scores = scores
    // Equal scores keep the order of the pool.
    order = meeting.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
  }
}

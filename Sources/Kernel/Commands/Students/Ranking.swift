import Engine

/// The students of a pool in the order that a predictor gives them.
struct Ranking {
  let pool: PoolObject
  let teacher: Teacher
  let predictor: PredictorObject
  let scores: [Double]
  /// Positions in the pool, best first: only students that meet the condition, and equal ones once.
  let order: [Int]
  /// How many of the pool meet the condition, and how many of these are equal to an earlier one.
  let (meeting, repeated): (Int, Int)

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
    var seen: Set<Architecture> = []
    let distinct = meeting.filter { seen.insert(pool.students[$0]).inserted }
    let values = try predictor.scores(
      of: distinct.map { pool.students[$0] }, for: RankingTask(teacherObject),
      supervision: context.supervision, stage: "scoring")
    var scores = [Double](repeating: -.infinity, count: pool.students.count)
    // Students without a score come last.
    for (index, value) in zip(distinct, values) where !value.isNaN { scores[index] = value }
    self.pool = pool
    self.scores = scores
    self.meeting = meeting.count
    repeated = meeting.count - distinct.count
    order = values.bestFirst.map { distinct[$0] }
  }

  /// How many of the pool are ranked, in words behind its description; empty for all of them.
  var counted: String {
    (meeting == pool.students.count ? "" : ", \(meeting) meet the condition")
      + (repeated == 0 ? "" : ", \(repeated) occur again and are ranked once")
  }

  /// Of the students that are ranked, in their order.
  func costs(by cost: StudentCost, _ meter: LatencyMeter?, _ supervision: Supervision) throws -> [Double] {
    try order.map { index in
      let student = pool.students[index]
      return switch cost {
      case .macs: Double(pool.space.cost(of: student).multiplyAdds)
      case .params: Double(pool.space.cost(of: student).parameters)
      case .latency: try meter?.estimate(student, cancellation: supervision.cancellation) ?? .infinity
      }
    }
  }

  /// Where 90 of 100 accuracies lie, if students of the task err like those of the validation tasks.
  var interval: ConformalInterval? { predictor.method.predictionInterval(coverage: 0.9) }

  func table(title: String, _ meter: LatencyMeter?) -> Table {
    let columns =
      [
        "rank", "student", "widths", predictor.predictsAccuracy ? "predicted accuracy" : "score",
      ]
      + (interval == nil ? [] : ["low", "high"]) + ["macs", "params"]
      + (meter == nil ? [] : ["latency", "least", "most"])
    return Table(title: title, columns: columns.map { Table.Column($0) })
  }

  func row(rank: Int, of index: Int, name: String, _ latency: LatencyMeter.Latency?) -> [Table.Cell] {
    let student = pool.students[index]
    let cost = pool.space.cost(of: student)
    let score: Table.Cell =
      predictor.predictsAccuracy ? .percent(scores[index]) : .number(scores[index], digits: 3)
    let times = latency.map { [$0.median, $0.least, $0.most].map { Table.Cell.duration($0) } } ?? []
    let bounds = interval.map { $0.range(around: scores[index]) }.map { range in
      [range.lowerBound, range.upperBound].map { Table.Cell.percent($0) }
    }
    return [.integer(rank), .text(name), .text(student.text), score] + (bounds ?? [])
      + [.count(Double(cost.multiplyAdds)), .count(Double(cost.parameters))] + times
  }
}

extension [Double] {
  /// Positions of scores, the highest first: equal ones keep their order, and what has none comes last.
  var bestFirst: [Int] {
    indices.sorted { left, right in
      let (a, b) = (self[left], self[right])
      if a.isNaN || b.isNaN { return a.isNaN == b.isNaN ? left < right : b.isNaN }
      return a != b ? a > b : left < right
    }
  }
}

/// What a student costs, for sets of the best at each cost.
enum StudentCost: String, CaseIterable {
  case macs, params, latency

  var meaning: String {
    switch self {
    case .macs: "multiply-adds"
    case .params: "parameters"
    case .latency: "latency"
    }
  }
}

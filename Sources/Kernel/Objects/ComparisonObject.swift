import Engine

/// Ranking methods beside each other on the same measured students.
struct ComparisonObject: SessionObject {
  /// A method with what it did on each task.
  struct Method: Sendable {
    var name: String
    /// For each task, the runs' predictions beside what was measured.
    var tasks: [[RankedRun]]
    /// For each task, how long ranking its students took: the mean of the runs.
    var seconds: [Double]
    /// How long it takes to collect what it adapts to, the mean of the tasks; nil where it adapts to nothing.
    var collecting: Double?
  }

  /// A measured task.
  struct Task: Sendable {
    var name: String
    var students: [Architecture]
  }

  let methods: [Method]
  let tasks: [Task]
  /// How often each method was run.
  let runs: Int
  let making: String
  /// On each task, and the mean over all of them.
  private let byTask: [RedrawnCorrelations]
  private let overall: RedrawnCorrelations

  /// - Throws: a diagnostic where methods and tasks do not fit together.
  init(methods: [Method], tasks: [Task], runs: Int, making: String) throws {
    let populations = tasks.map { task in
      tasks.firstIndex { $0.students == task.students } ?? 0
    }
    let byTask = tasks.indices.compactMap { place in RedrawnCorrelations(methods.map { $0.tasks[place] }) }
    guard byTask.count == tasks.count,
      let overall = RedrawnCorrelations(
        tasks: tasks.indices.map { place in methods.map { $0.tasks[place] } }, populations: populations)
    else { throw Diagnostic(.argument, "there are no students to compare methods on") }
    self.methods = methods
    self.tasks = tasks
    self.runs = runs
    self.making = making
    self.byTask = byTask
    self.overall = overall
  }

  var kind: ObjectKind { .comparison }

  var oneLineSummary: String {
    "\(methods.count) methods on \(tasks.map(\.name).joined(separator: ", ")), "
      + (runs == 1 ? "one run each" : "\(runs) runs each") + ", \(making)"
  }

  /// The correlations of a task, or of all together.
  func correlations(of task: Int?) -> RedrawnCorrelations { task.map { byTask[$0] } ?? overall }

  func taskIndex(named name: String) -> Int? { tasks.firstIndex { $0.name == name } }

  func display(_ context: DisplayContext) throws -> MIMEBundle {
    let tables = [table, verdictTable]
    return MIMEBundle(data: [
      "text/plain": .string(tables.map { TextTable.render($0) }.joined(separator: "\n\n")),
      "text/html": .string(tables.map { HTMLTable.render($0) }.joined(separator: "\n")),
    ])
  }

  /// A row a method, a column a task: the shape of the paper's Tables 2 and 3.
  var table: Table {
    var table = Table(
      title: "Spearman's rank correlation with measured accuracy",
      columns: [Table.Column("method")] + tasks.map { Table.Column($0.name, alignment: .right) }
        + (tasks.count > 1 ? [Table.Column("mean", alignment: .right)] : [])
        + ["top-1 regret", "per student", "per task"].map { Table.Column($0) }
        + (showsCollecting ? [Table.Column("to collect")] : []))
    for (index, method) in methods.enumerated() {
      let correlations =
        byTask.map { Self.cell($0.estimate(of: index)) }
        + (tasks.count > 1 ? [Self.cell(overall.estimate(of: index))] : [])
      table.rows.append(
        [.text(method.name)] + correlations + [
          regret(of: method).map { .percent($0) } ?? .missing, .duration(secondsPerStudent(of: method)),
          .duration(method.seconds.reduce(0, +) / Double(max(tasks.count, 1))),
        ] + (showsCollecting ? [method.collecting.map { .duration($0) } ?? .missing] : []))
    }
    table.notes =
      [
        "in brackets: 95 % bootstrap interval over \(runs > 1 ? "runs and " : "")students, "
          + "\(Bootstrap.repetitions) repetitions, seed 0",
        "top-1 regret: how far the student ranked first stays behind the best one, in points of accuracy, on average",
        "per student, per task: the mean time to rank one student, and all of a task's",
      ]
      + (showsCollecting
        ? [
          "to collect: how long it takes to get what the method adapts to: a pass of the teacher over the test images, "
            + "timed here, or the distillations of the students, as they were measured"
        ] : []) + [making]
    return table
  }

  private var showsCollecting: Bool { methods.contains { $0.collecting != nil } }

  private static func cell(_ estimate: IntervalEstimate?) -> Table.Cell {
    estimate.map { .estimate($0, digits: 2) } ?? .missing
  }

  private func regret(of method: Method) -> Double? {
    let regrets = method.tasks.joined().compactMap {
      RankCorrelation.regret(predicted: $0.predicted, measured: $0.measured)
    }
    return regrets.mean
  }

  private func secondsPerStudent(of method: Method) -> Double {
    let students = tasks.reduce(0) { $0 + $1.students.count }
    return method.seconds.reduce(0, +) / Double(max(students, 1))
  }

  /// For each method, which ones it beats, loses to, or cannot be told apart from.
  private var verdictTable: Table {
    var table = Table(
      title: tasks.count > 1 ? "Verdicts on the mean over all tasks" : "Verdicts",
      columns: ["method", "better than", "worse than", "not told apart from"].map { Table.Column($0) })
    for first in methods.indices {
      var groups: [Verdict: [String]] = [:]
      for second in methods.indices where second != first {
        guard let difference = overall.difference(first, second) else { continue }
        groups[Verdict(difference), default: []].append(methods[second].name)
      }
      table.rows.append(
        [.text(methods[first].name)]
          + [.better, .worse, .notToldApart].map { verdict in
            groups[verdict].map { .text($0.joined(separator: ", ")) } ?? .missing
          })
    }
    table.notes = [
      "better or worse where the 95 % interval of the difference, on the same redrawn "
        + "\(runs > 1 ? "runs and " : "")students, leaves out zero; of many pairs, one in twenty does so by chance"
    ]
    return table
  }

  /// Every pair with its difference, on one task or on the mean over all.
  func verdicts(of chosen: Int?, task: Int?) -> Table {
    let correlations = correlations(of: task)
    var table = Table(
      title: "Differences in Spearman's correlation, \(task.map { tasks[$0].name } ?? "mean over all tasks")",
      columns: ["first", "second", "difference", "low", "high", "verdict"].map { Table.Column($0) })
    for first in methods.indices where chosen.map({ $0 == first }) ?? true {
      for second in methods.indices where chosen == nil ? second > first : second != first {
        let difference = correlations.difference(first, second)
        func number(_ value: Double?) -> Table.Cell { value.map { .number($0, digits: 3) } ?? .missing }
        table.rows.append([
          .text(methods[first].name), .text(methods[second].name), number(difference?.value),
          number(difference?.lower), number(difference?.upper),
          .text(difference.map { Verdict($0).rawValue } ?? "not defined"),
        ])
      }
    }
    table.notes = ["better, worse: the first than the second"]
    return table
  }

  /// A row for each method and task, for programs.
  var dataTable: Table? {
    var table = Table(
      columns: ["method", "task", "src", "low", "high", "runs", "students", "seconds"].map {
        Table.Column($0)
      })
    for (index, method) in methods.enumerated() {
      for (place, task) in tasks.enumerated() {
        let estimate = byTask[place].estimate(of: index)
        func number(_ value: Double?) -> Table.Cell { value.map { .number($0, digits: 3) } ?? .missing }
        table.rows.append([
          .text(method.name), .text(task.name), number(estimate?.value), number(estimate?.lower),
          number(estimate?.upper), .integer(runs), .integer(task.students.count),
          .number(method.seconds[place], digits: 4),
        ])
      }
    }
    return table
  }

  func details() -> [(label: String, value: String)] {
    [
      ("methods", methods.map(\.name).joined(separator: ", ")),
      ("runs", "\(runs)"),
    ]
      + tasks.map { ($0.name, "\($0.students.count) students") } + [("made", making)]
  }

  var savedForms: [String] { ["csv", "json"] }

  func save(to path: String) throws {
    guard let table = dataTable else { return }
    let form: TableForm = path.lowercased().hasSuffix(".json") ? .json : .csv
    try AtomicFile.write(Array(form.render(table).utf8), to: path)
  }
}

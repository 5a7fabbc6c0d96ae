import Engine

/// What measured students say without a predictor, as a table and as a figure.
extension CommandDeclaration {
  static let summarize = CommandDeclaration(
    "summarize", group: .measurement, summary: "tells how measured accuracies are spread",
    discussion:
      "A row for each teacher. Where students were measured with several seeds, “noise” is the standard deviation of one "
      + "student's accuracy from seed to seed, and “SRC of seeds” how far the orders of two seeds agree: a predictor can "
      + "hardly do better. SRC of macs and depth is what the cost alone tells, with its 95 % interval over students. Where tasks "
      + "have the same students, “SRC of other tasks” is how far their mean order on the others tells the one here: a "
      + "predictor that knows nothing of the task can hardly do better.",
    parameters: [.required("metabase", .objects(.metabase), "measured students")],
    result: .table,
    examples: [CommandExample("summarize gt")]
  ) { arguments, _ in
    func number(_ value: Double?) -> Table.Cell { value.map { .number($0, digits: 2) } ?? .missing }
    func interval(_ estimate: IntervalEstimate?) -> Table.Cell {
      estimate.map { .estimate($0, digits: 2) } ?? .missing
    }
    var table = Table(
      title: "Measured accuracies",
      columns: [
        "task", "teacher", "students", "lowest", "quarter", "median", "three quarters", "highest", "noise",
        "SRC of seeds", "repeated", "SRC of macs", "SRC of depth",
        "SRC of other tasks",
      ].map { Table.Column($0) })
    let groups = MeasuredTask.byTeacher(try measuredTasks(arguments, "metabase"))
    let first = groups.map { $0[0] }
    for (place, runs) in groups.enumerated() {
      guard let summary = TaskSummary(runs) else { continue }
      table.rows.append(
        [.text(summary.name), .percent(summary.teacherAccuracy), .integer(summary.students)]
          + summary.quantiles.map { .percent($0) }
          + [
            summary.seedDeviation.map { .percent($0) } ?? .missing, number(summary.seedCorrelation),
            .integer(summary.repeatedStudents), interval(summary.multiplyAdds), interval(summary.depth),
            interval(TaskSummary.sharedOrder(of: place, in: first)),
          ])
    }
    table.notes = ["best accuracy of each run; of the first seed but for the noise"]
    return .table(table)
  }

  static let plotAccuracy = CommandDeclaration(
    "plot accuracy", group: .figures, summary: "draws measured accuracy against cost",
    clauses: [
      .required("of", .objects(.metabase), "measured students"),
      .optional("by", .choice(["macs", "params", "depth"]), default: "macs", "which cost"),
    ],
    result: .figure, examples: [CommandExample("plot accuracy of gt by depth")]
  ) { arguments, _ in
    let field = try arguments.text("by")
    let runs = MeasuredTask.byTeacher(try measuredTasks(arguments, "of")).compactMap(\.first)
    guard !runs.isEmpty else { throw arguments.error(for: "of", "there are no measured students") }
    let panels = runs.map { task in
      let metabase = MetabaseObject(tasks: [task], rows: [], making: "")
      return Panel(
        title: task.teacher.datasetName, x: Axis(field, format: .magnitude),
        y: Axis("best accuracy", format: .percent),
        content: .scatter(
          Scatter(
            points: metabase.entries.map {
              Scatter.Point(x: $0.value(of: field) ?? 0, y: $0.result.bestAccuracy)
            }, showsIdentity: false)))
    }
    let ranges = runs.map { task in
      let accuracies = task.results.map(\.bestAccuracy)
      return "\(task.teacher.datasetName) \(NumberText.percent(accuracies.min() ?? 0, digits: 0)) to "
        + NumberText.percent(accuracies.max() ?? 0, digits: 0)
    }
    return .object(
      FigureObject(
        figure: Figure(
          title: "Measured accuracy against \(field)",
          alternativeText: "Scatter plots of students. \(ranges.joined(separator: "; ")).", panels: panels,
          columns: min(4, panels.count))))
  }
}

import Engine

/// Measured students: the ground truth of one or several tasks.
struct MetabaseObject: SessionObject {
  let tasks: [MeasuredTask]
  /// The rows as the metabase keeps them.
  let rows: [TaskResults]
  /// Tasks of the authors' preprocessed files, to learn from only.
  var features: [FeatureTask] = []
  let making: String

  var kind: ObjectKind { .metabase }

  private var studentCount: Int {
    tasks.reduce(0) { $0 + $1.students.count } + features.reduce(0) { $0 + $1.inputs.accuracies.count }
  }

  var oneLineSummary: String {
    var names: [String] = []
    for name in tasks.map(\.teacher.datasetName) + features.map(\.inputs.name) where !names.contains(name) {
      names.append(name)
    }
    return "\(studentCount) distilled students of \(names.joined(separator: ", ")), \(making)"
  }

  func display(_ context: DisplayContext) throws -> MIMEBundle { table.bundle() }

  /// All students with what they reached.
  var table: Table { Self.table(of: entries, title: oneLineSummary) }

  var dataTable: Table? { table }

  /// One measured student.
  struct Entry {
    var task: MeasuredTask
    var student: Architecture
    var result: StudentResult
    var cost: ArchitectureCost

    /// The fields that `query` tests and sorts by.
    func value(of field: String) -> Double? {
      switch field {
      case "accuracy": result.bestAccuracy
      case "final": result.finalAccuracy
      case "macs": Double(cost.multiplyAdds)
      case "params": Double(cost.parameters)
      case "depth": Double(student.depth)
      case "seed": Double(task.seed)
      case "time": result.seconds
      default: nil
      }
    }
  }

  var entries: [Entry] {
    tasks.flatMap { task in
      zip(task.students, task.results).map { student, result in
        Entry(
          task: task, student: student, result: result,
          cost: task.teacher.space.cost(of: student, classes: task.teacher.classes))
      }
    }
  }

  static func table(of entries: [Entry], title: String) -> Table {
    var table = Table(
      title: title,
      columns: [
        Table.Column("task"), Table.Column("student"), Table.Column("seed"), Table.Column("best accuracy"),
        Table.Column("final accuracy"), Table.Column("macs"), Table.Column("params"), Table.Column("time"),
      ])
    table.rows = entries.map { entry in
      [
        .text(entry.task.teacher.datasetName), .text(entry.student.text),
        .integer(Int(clamping: entry.task.seed)),
        .percent(entry.result.bestAccuracy), .percent(entry.result.finalAccuracy),
        .count(Double(entry.cost.multiplyAdds)), .count(Double(entry.cost.parameters)),
        .duration(entry.result.seconds),
      ]
    }
    return table
  }

  func details() -> [(label: String, value: String)] {
    tasks.map { task in
      let accuracies = task.results.map(\.bestAccuracy)
      let range =
        "\(NumberText.percent(accuracies.min() ?? 0, digits: 1)) to "
        + NumberText.percent(accuracies.max() ?? 0, digits: 1)
      return (task.teacher.datasetName, "\(task.students.count) students with seed \(task.seed), \(range)")
    }
  }

  var savedForms: [String] { ResultFile.forms + ["json"] }

  func save(to path: String) throws {
    if path.lowercased().hasSuffix(".json") {
      try AtomicFile.write(Array(TableForm.json.render(table).utf8), to: path)
    } else {
      try ResultFile.write(rows, to: path)
    }
  }
}

import Engine

/// One student of the session.
struct StudentObject: SessionObject {
  let architecture: Architecture
  let space: ResNetSpace

  var kind: ObjectKind { .student }

  var oneLineSummary: String {
    let cost = space.cost(of: architecture)
    return
      "\(architecture.text), \(NumberText.count(Double(cost.multiplyAdds))) multiply-adds, "
      + "\(NumberText.count(Double(cost.parameters))) parameters"
  }

  func details() -> [(label: String, value: String)] {
    [
      ("widths", architecture.text),
      ("depths", architecture.depths.map(String.init).joined(separator: ", ")),
      ("space", space.name),
    ]
  }
}

/// Many students of one space.
struct PoolObject: SessionObject {
  let students: [Architecture]
  let space: ResNetSpace
  /// How it was drawn: seed and conditions.
  let making: String

  var kind: ObjectKind { .pool }

  var oneLineSummary: String { "\(NumberText.grouped(students.count)) students of \(space.name), \(making)" }

  func details() -> [(label: String, value: String)] {
    let macs = students.map { Double(space.cost(of: $0).multiplyAdds) }
    return [
      ("students", NumberText.grouped(students.count)),
      ("different ones", NumberText.grouped(Set(students).count)),
      ("multiply-adds", "\(NumberText.count(macs.min() ?? 0)) to \(NumberText.count(macs.max() ?? 0))"),
      ("drawn", making),
    ]
  }

  func element(at index: Int) throws -> Value {
    guard students.indices.contains(index - 1) else {
      throw Diagnostic(.argument, "the pool has the students 1 to \(students.count)")
    }
    return .object(StudentObject(architecture: students[index - 1], space: space))
  }
}

/// Measured students: the ground truth of one or several tasks.
struct MetabaseObject: SessionObject {
  let tasks: [MeasuredTask]
  let making: String

  var kind: ObjectKind { .metabase }

  private var studentCount: Int { tasks.reduce(0) { $0 + $1.students.count } }

  var oneLineSummary: String {
    "\(studentCount) distilled students of "
      + tasks.map(\.teacher.datasetName).joined(separator: ", ") + ", \(making)"
  }

  func display(_ context: DisplayContext) throws -> MIMEBundle { table.bundle() }

  /// All students with what they reached.
  var table: Table {
    var table = Table(
      title: oneLineSummary,
      columns: [
        Table.Column("task"), Table.Column("student"), Table.Column("best accuracy"),
        Table.Column("final accuracy"), Table.Column("macs"), Table.Column("params"), Table.Column("time"),
      ])
    for task in tasks {
      for (student, result) in zip(task.students, task.results) {
        let cost = task.teacher.space.cost(of: student, classes: task.teacher.classes)
        table.rows.append([
          .text(task.teacher.datasetName), .text(student.text), .percent(result.bestAccuracy),
          .percent(result.finalAccuracy), .count(Double(cost.multiplyAdds)), .count(Double(cost.parameters)),
          .duration(result.seconds),
        ])
      }
    }
    return table
  }

  func details() -> [(label: String, value: String)] {
    tasks.map { task in
      let accuracies = task.results.map(\.bestAccuracy)
      let range =
        "\(NumberText.percent(accuracies.min() ?? 0, digits: 1)) to "
        + NumberText.percent(accuracies.max() ?? 0, digits: 1)
      return (task.teacher.datasetName, "\(task.students.count) students, \(range)")
    }
  }

  var savedForms: [String] { ["csv", "json"] }

  func save(to path: String) throws {
    let form: TableForm = path.lowercased().hasSuffix(".json") ? .json : .csv
    try AtomicFile.write(Array(form.render(table).utf8), to: path)
  }
}

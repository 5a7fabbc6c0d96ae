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

  func arrays() -> [NamedArray] {
    [NamedArray("code", floats: space.code(of: architecture), shape: [space.codeLength])]
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

  var dataTable: Table? {
    var table = Table(
      title: oneLineSummary,
      columns: [
        Table.Column("student"), Table.Column("macs"), Table.Column("params"), Table.Column("depth"),
      ])
    table.rows = students.map { student in
      let cost = space.cost(of: student)
      return [
        .text(student.text), .count(Double(cost.multiplyAdds)), .count(Double(cost.parameters)),
        .integer(student.depth),
      ]
    }
    return table
  }

  var savedForms: [String] { ["json", "csv"] }

  /// As JSON what `load` reads, as CSV the table.
  func save(to path: String) throws {
    let isTable = path.lowercased().hasSuffix(".csv")
    let text =
      isTable
      ? dataTable.map(TableForm.csv.render) ?? "" : PoolFile.json(of: students, space: space).text + "\n"
    try AtomicFile.write(Array(text.utf8), to: path)
  }

  /// The architecture codes that predictors read, a row for each student.
  func arrays() -> [NamedArray] {
    [NamedArray("codes", floats: students.flatMap(space.code), shape: [students.count, space.codeLength])]
  }

  func element(at index: Int) throws -> Value {
    guard students.indices.contains(index - 1) else {
      throw Diagnostic(.argument, "the pool has the students 1 to \(students.count)")
    }
    return .object(StudentObject(architecture: students[index - 1], space: space))
  }
}

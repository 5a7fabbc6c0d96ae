import Engine

/// The plain forms that the clause `as` asks for.
enum TableForm: String, Sendable, CaseIterable {
  case json, csv, text, dataresource

  /// The clause that every command with a table takes.
  static let clause = Parameter.optional(
    "as", .choice(allCases.map(\.rawValue)), "how the table is printed: for programs, or as plain text")

  func render(_ table: Table) -> String {
    switch self {
    case .json: String(decoding: table.json.encoded(pretty: true), as: UTF8.self)
    case .csv: CSVTable.render(table)
    case .text: TextTable.render(table)
    case .dataresource: String(decoding: table.dataResource.encoded(), as: UTF8.self)
    }
  }

  func bundle(_ table: Table) -> MIMEBundle {
    guard self == .dataresource else { return MIMEBundle(plainText: render(table)) }
    return MIMEBundle(data: [
      "text/plain": .string(TextTable.render(table)),
      "application/vnd.dataresource+json": table.dataResource,
    ])
  }
}

extension Table {
  /// The same table with numbers only: a column `x` of estimates becomes `x`, `x low` and `x high`.
  var forPrograms: Table {
    var table = self
    // From the right, so that the places to the left stay what they are.
    for column in columns.indices.reversed() {
      let cells = rows.indices.map { cell(row: $0, column: column) }
      guard cells.contains(where: { if case .estimate = $0 { true } else { false } }) else { continue }
      let name = columns[column].name
      table.columns.insert(contentsOf: [Column("\(name) low"), Column("\(name) high")], at: column + 1)
      for row in rows.indices where rows[row].indices.contains(column) {
        table.rows[row].replaceSubrange(column...column, with: cells[row].bounds)
      }
    }
    return table
  }

  /// One object a row, by column name, with numbers in full. A column without a name is called by its place.
  var json: JSON { forPrograms.jsonAsItStands }

  private var jsonAsItStands: JSON {
    let keys = uniqueKeys
    return .array(
      rows.indices.map { row in
        var members: [String: JSON] = [:]
        for (column, key) in keys.enumerated() { members[key] = cell(row: row, column: column).json }
        return .object(members)
      })
  }

  /// A data resource of Frictionless Data, for front ends that have an explorer for them. Where one has not, it shows
  /// nothing, so it is sent only when asked for.
  var dataResource: JSON {
    let table = forPrograms
    let fields = zip(table.columns.indices, table.uniqueKeys).map { column, key -> JSON in
      ["name": .string(key), "type": .string(table.schemaType(ofColumn: column))]
    }
    return ["schema": ["fields": .array(fields)], "data": table.jsonAsItStands]
  }

  private func schemaType(ofColumn column: Int) -> String {
    for row in rows.indices {
      switch cell(row: row, column: column) {
      case .missing: continue
      case .text, .estimate: return "string"
      case .boolean: return "boolean"
      case .integer: return "integer"
      case .number, .percent, .count, .duration: return "number"
      }
    }
    return "any"
  }

  /// The names of the columns, made different from each other.
  var uniqueKeys: [String] {
    var seen: Set<String> = []
    return columns.enumerated().map { index, column in
      let name = column.name.isEmpty ? "column \(index + 1)" : column.name
      var key = name
      var count = 1
      while !seen.insert(key).inserted {
        count += 1
        key = "\(name) \(count)"
      }
      return key
    }
  }
}

extension Table.Cell {
  /// The cell as three: an estimate's value and the ends of its interval.
  fileprivate var bounds: [Self] {
    guard case .estimate(let estimate, let digits) = self else { return [self, .missing, .missing] }
    return [estimate.value, estimate.lower, estimate.upper].map { .number($0, digits: digits) }
  }

  /// What programs read: numbers in full precision and base units.
  var json: JSON {
    switch self {
    case .text(let text): .string(text)
    case .estimate: .string(text)
    case .integer(let value): .integer(value)
    case .number(let value, _), .percent(let value, _), .count(let value), .duration(let value):
      // Whole counts are written without a fraction, as people and spreadsheets expect.
      Int(exactly: value).map { .integer($0) } ?? .number(value)
    case .boolean(let value): .bool(value)
    case .missing: .null
    }
  }
}

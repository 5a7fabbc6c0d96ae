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
  /// One object a row, by column name, with numbers in full. A column without a name is called by its place.
  var json: JSON {
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
    let fields = zip(columns.indices, uniqueKeys).map { column, key -> JSON in
      ["name": .string(key), "type": .string(schemaType(ofColumn: column))]
    }
    return ["schema": ["fields": .array(fields)], "data": json]
  }

  private func schemaType(ofColumn column: Int) -> String {
    for row in rows.indices {
      switch cell(row: row, column: column) {
      case .missing: continue
      case .text: return "string"
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
  /// What programs read: numbers in full precision and base units.
  var json: JSON {
    switch self {
    case .text(let text): .string(text)
    case .integer(let value): .integer(value)
    case .number(let value, _), .percent(let value, _), .count(let value), .duration(let value):
      // Whole counts are written without a fraction, as people and spreadsheets expect.
      Int(exactly: value).map { .integer($0) } ?? .number(value)
    case .boolean(let value): .bool(value)
    case .missing: .null
    }
  }
}

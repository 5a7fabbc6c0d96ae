import Engine

/// The plain forms that the clause `as` asks for.
enum TableForm: String, Sendable, CaseIterable {
  case json, csv, text

  /// The clause that every command with a table takes.
  static let clause = Parameter.optional(
    "as", .choice(allCases.map(\.rawValue)), "how the table is printed: for programs, or as plain text")

  func render(_ table: Table) -> String {
    switch self {
    case .json: String(decoding: table.json.encoded(pretty: true), as: UTF8.self)
    case .csv: CSVTable.render(table)
    case .text: TextTable.render(table)
    }
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

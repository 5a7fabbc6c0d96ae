import Engine

/// Values of the session as Python gets them, and as it gives them back.
///
/// Plain values are themselves. Everything else is an object with a `type`: `range`, `table` (a list of values for
/// each column, null where one is missing) or `thing`, whose `rows` are a table or null.
enum PythonValue {
  static func json(of value: Value, name: String) -> JSON {
    switch value {
    case .none: .null
    case .number(let quantity): json(of: quantity)
    case .text(let text): .string(text)
    case .boolean(let isOn): .bool(isOn)
    case .list(let elements): .array(elements.map { json(of: $0, name: name) })
    case .range(let low, let high): ["type": "range", "low": .integer(low), "high": .integer(high)]
    case .condition(let condition): .string(condition.description)
    case .table(let table): json(of: table)
    case .object(let object):
      [
        "type": "thing", "kind": .string(object.kind.rawValue), "name": .string(name),
        "summary": .string(object.oneLineSummary),
        "details": .array(object.details().map { [.string($0.label), .string($0.value)] }),
        "rows": object.dataTable.map(json) ?? .null,
      ]
    }
  }

  /// Counts are whole numbers where they can be; fractions and seconds never are.
  private static func json(of quantity: Quantity) -> JSON {
    switch quantity.unit?.family {
    case .count, nil: Int(exactly: quantity.value).map { .integer($0) } ?? .number(quantity.value)
    case .fraction, .duration: .number(quantity.value)
    }
  }

  private static func json(of shown: Table) -> JSON {
    let table = shown.forPrograms
    let columns = table.uniqueKeys.enumerated().map { column, name -> JSON in
      let values = table.rows.indices.map { json(of: table.cell(row: $0, column: column)) }
      return ["name": .string(name), "values": .array(values)]
    }
    return [
      "type": "table", "title": table.title.map { .string($0) } ?? .null,
      "notes": .array(table.notes.map { .string($0) }), "columns": .array(columns),
    ]
  }

  private static func json(of cell: Table.Cell) -> JSON {
    switch cell {
    // A column of fractions keeps its type where all of them happen to be whole.
    case .number(let value, _), .percent(let value, _), .duration(let value): .number(value)
    default: cell.json
    }
  }

  /// - Throws: a diagnostic without a place for what the language has no value for.
  static func value(from json: JSON) throws(Diagnostic) -> Value {
    switch json {
    case .null: return .none
    case .bool(let isOn): return .boolean(isOn)
    case .string(let text): return .text(text)
    case .integer(let number):
      guard number.magnitude <= 1 << 53 else { throw Diagnostic(.argument, "the number is too large") }
      return .number(Quantity(Double(number)))
    case .number(let number):
      guard number.magnitude <= Double.greatestFiniteMagnitude else {
        throw Diagnostic(.argument, "a number of the session is finite")
      }
      return .number(Quantity(number))
    case .array(let elements):
      var values: [Value] = []
      for element in elements { values.append(try value(from: element)) }
      return .list(values)
    case .object:
      if let low = json["low"]?.intValue, let high = json["high"]?.intValue, low <= high {
        return .range(low, high)
      }
      return .table(table(from: json))
    }
  }

  private static func table(from json: JSON) -> Table {
    let columns = json["columns"]?.arrayValue ?? []
    var table = Table(
      title: json["title"]?.stringValue,
      columns: columns.map { Table.Column($0["name"]?.stringValue ?? "") },
      notes: json["notes"]?.arrayValue?.compactMap(\.stringValue) ?? [])
    let values = columns.map { $0["values"]?.arrayValue ?? [] }
    table.rows = (0..<(values.first?.count ?? 0)).map { row in
      values.map { $0.indices.contains(row) ? cell(from: $0[row]) : .missing }
    }
    return table
  }

  private static func cell(from json: JSON) -> Table.Cell {
    switch json {
    case .bool(let value): .boolean(value)
    case .integer(let value): .integer(value)
    case .number(let value): .number(value, digits: 4)
    case .string(let text): .text(text)
    case .null, .array, .object: .missing
    }
  }
}

/// A table as comma-separated values (RFC 4180 with plain line feeds), numbers in full precision.
enum CSVTable {
  static func render(_ shown: Table) -> String {
    let table = shown.forPrograms
    var lines = [table.uniqueKeys.map(quoted).joined(separator: ",")]
    for row in table.rows.indices {
      lines.append(
        table.columns.indices.map { quoted(field(table.cell(row: row, column: $0))) }.joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func field(_ cell: Table.Cell) -> String {
    switch cell {
    case .text(let text): text
    case .integer(let value): String(value)
    case .number(let value, _), .percent(let value, _), .count(let value), .duration(let value):
      value.isFinite ? Quantity.shortest(value) : ""
    case .boolean(let value): value ? "true" : "false"
    case .missing: ""
    case .estimate: cell.text
    }
  }

  private static func quoted(_ field: String) -> String {
    // Line ends are looked for byte by byte, because "\r\n" is one character.
    let isPlain = field.utf8.allSatisfy { ![UInt8(ascii: "\""), UInt8(ascii: ","), 0x0A, 0x0D].contains($0) }
    if isPlain { return field }
    return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }
}

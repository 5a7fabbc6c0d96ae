/// A table as aligned plain text.
enum TextTable {
  /// Rows beyond this are counted, not shown.
  static let maximumRows = 200

  static func render(_ table: Table, maximumRows: Int = maximumRows) -> String {
    var lines: [String] = []
    if let title = table.title { lines.append(oneLine(title)) }
    lines += body(table, rowCount: min(table.rows.count, maximumRows))
    if table.rows.count > maximumRows {
      lines.append("... \(NumberText.grouped(table.rows.count - maximumRows)) more rows")
    }
    if table.rows.isEmpty, table.hasHeader { lines.append("(no rows)") }
    lines += table.notes.map(oneLine)
    return lines.joined(separator: "\n")
  }

  private static func body(_ table: Table, rowCount: Int) -> [String] {
    let headings = table.columns.map { oneLine($0.heading) }
    let cells = (0..<rowCount).map { row in
      table.columns.indices.map { oneLine(table.cell(row: row, column: $0).text) }
    }
    let alignments = table.columns.indices.map(table.alignment(ofColumn:))
    let grid = (table.hasHeader && !headings.isEmpty ? [headings] : []) + cells
    var widths = [Int](repeating: 0, count: headings.count)
    for row in grid {
      for (column, text) in row.enumerated() { widths[column] = max(widths[column], DisplayWidth.of(text)) }
    }
    var lines = grid.map { row in
      var line = ""
      for (column, text) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - DisplayWidth.of(text))
        if column > 0 { line += "  " }
        line += alignments[column] == .right ? padding + text : text + padding
      }
      return trimmed(line)
    }
    if table.hasHeader, !headings.isEmpty {
      lines.insert(widths.map { String(repeating: "\u{2500}", count: $0) }.joined(separator: "  "), at: 1)
    }
    return lines
  }

  private static func trimmed(_ line: String) -> String {
    var line = line
    while line.hasSuffix(" ") { line.removeLast() }
    return line
  }

  /// Line ends, tabs and control characters would break the columns.
  static func oneLine(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }
}

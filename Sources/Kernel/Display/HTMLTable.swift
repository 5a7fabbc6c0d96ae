import Engine

/// A table as HTML: no script, colors of the page it stands in, and readable where styles are removed.
enum HTMLTable {
  /// Rows beyond this are counted, not shown; larger tables make browsers slow.
  static let maximumRows = 200
  /// A table with more rows is scrolled by itself, below its header.
  static let rowsInFull = 30

  static func render(_ table: Table, maximumRows: Int = maximumRows) -> String {
    let alignments = table.columns.indices.map(table.alignment(ofColumn:))
    let isScrolled = table.rows.count > rowsInFull
    var html = isScrolled ? "<div style=\"max-height:40em;overflow:auto\">\n" : ""
    html += "<table style=\"border-collapse:collapse;font-variant-numeric:tabular-nums\">\n"
    if let title = table.title {
      html +=
        "<caption style=\"text-align:left;font-weight:bold;white-space:nowrap\">\(escaped(title))</caption>\n"
    }
    if table.hasHeader { html += header(table, alignments, stays: isScrolled) }
    html += "<tbody>\n"
    for row in 0..<min(table.rows.count, maximumRows) { html += self.row(table, row, alignments) }
    let span = max(table.columns.count, 1)
    if table.rows.count > maximumRows {
      let more = NumberText.grouped(table.rows.count - maximumRows)
      html += "<tr><td colspan=\"\(span)\" style=\"text-align:left\">\(more) more rows</td></tr>\n"
    } else if table.rows.isEmpty, table.hasHeader {
      html += "<tr><td colspan=\"\(span)\" style=\"text-align:left\">no rows</td></tr>\n"
    }
    html += "</tbody>\n"
    if !table.notes.isEmpty {
      let notes = table.notes.map(escaped).joined(separator: "<br>\n")
      html +=
        "<tfoot><tr><td colspan=\"\(span)\" style=\"text-align:left;font-size:smaller;opacity:0.75\">\(notes)</td></tr></tfoot>\n"
    }
    return html + "</table>" + (isScrolled ? "\n</div>" : "")
  }

  private static func header(_ table: Table, _ alignments: [Table.Alignment], stays: Bool) -> String {
    // The ground of the page under it: JupyterLab's, VS Code's, or the browser's.
    let place =
      stays
      ? ";position:sticky;top:0;background:var(--jp-layout-color0,var(--vscode-editor-background,Canvas))"
      : ""
    let cells = table.columns.enumerated().map { index, column in
      "<th scope=\"col\" style=\"text-align:\(alignments[index].rawValue)\(place)\">\(escaped(column.heading))</th>"
    }
    return "<thead><tr>" + cells.joined() + "</tr></thead>\n"
  }

  private static func row(_ table: Table, _ row: Int, _ alignments: [Table.Alignment]) -> String {
    let cells = table.columns.indices.map { column in
      let text = content(of: table.cell(row: row, column: column))
      let style = "style=\"text-align:\(alignments[column].rawValue)\""
      // In a table of labels and values the label names its row.
      return !table.hasHeader && column == 0
        ? "<th scope=\"row\" \(style)>\(text)</th>" : "<td \(style)>\(text)</td>"
    }
    return "<tr>" + cells.joined() + "</tr>\n"
  }

  /// A number stays together with its unit; an interval may go below its estimate.
  private static func content(of cell: Table.Cell) -> String {
    switch cell {
    case .text(let text): escaped(text)
    case .estimate(let estimate, let digits):
      NumberText.fixed(estimate.value, digits: digits)
        + " <small style=\"opacity:0.75\">\(together(Table.Cell.bracket(estimate, digits)))</small>"
    default: together(escaped(cell.text))
    }
  }

  private static func together(_ text: String) -> String { text.replacing(" ", with: "&nbsp;") }

  /// `text` with the characters that mean something in HTML replaced, for content and for attributes.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

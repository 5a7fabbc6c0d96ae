/// Draws a diagnostic: the message, the line it is about with a caret below, and what to do.
struct DiagnosticRenderer {
  let source: SourceText
  /// Colors for a terminal or Jupyter's traceback.
  var usesColor = false

  /// Longer lines are shown in part, so that a cell made by a program does not fill the screen.
  private static let maximumWidth = 100

  private enum Style: String {
    // Without a colour: JupyterLab's bold red is hardly seen on the red ground that its dark theme gives errors.
    case title = "1"
    case frame = "34"
    case caret = "31"
    case advice = "32"
  }

  /// The lines of `diagnostic`, without line ends.
  func lines(_ diagnostic: Diagnostic) -> [String] {
    let message = TextTable.oneLine(diagnostic.message)
    var lines = [styled("\(diagnostic.category.rawValue):", .title) + " " + message]
    lines += frame(diagnostic)
    lines += diagnostic.notes.map { styled("  = ", .frame) + TextTable.oneLine($0) }
    if let line = correctedLine(diagnostic) { lines.append(styled("  try: ", .advice) + line) }
    if let next = diagnostic.next { lines.append(styled("  try: ", .advice) + TextTable.oneLine(next)) }
    return lines
  }

  func text(_ diagnostic: Diagnostic) -> String { lines(diagnostic).joined(separator: "\n") }

  private func styled(_ text: String, _ style: Style) -> String {
    usesColor ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  private func frame(_ diagnostic: Diagnostic) -> [String] {
    guard let span = diagnostic.span else { return [] }
    let index = source.lineIndex(at: min(span.start, max(source.bytes.count - 1, 0)))
    let line = source.lineSpan(index)
    let start = min(max(span.start, line.start), line.end)
    let end = min(max(span.end, start), line.end)
    var before = TextTable.oneLine(source.text(in: SourceSpan(line.start, start)))
    var marked = TextTable.oneLine(source.text(in: SourceSpan(start, end)))
    var after = TextTable.oneLine(source.text(in: SourceSpan(end, line.end)))
    if DisplayWidth.of(before + marked + after) > Self.maximumWidth {
      if before.count > 40 { before = "..." + before.suffix(37) }
      if marked.count > 40 { marked = marked.prefix(37) + "..." }
      if after.count > 20 { after = after.prefix(17) + "..." }
    }
    let number = String(index + 1)
    let margin = String(repeating: " ", count: number.utf8.count + 2)
    let indent = String(repeating: " ", count: DisplayWidth.of(before))
    let carets = String(repeating: "^", count: max(DisplayWidth.of(marked), 1))
    let label = diagnostic.label.map { " " + TextTable.oneLine($0) } ?? ""
    return [
      styled(" \(number) |", .frame) + " " + before + marked + after,
      styled("\(margin)|", .frame) + " " + indent + styled(carets + label, .caret),
    ]
  }

  /// The line with the replacement in it, when both stand on one line.
  private func correctedLine(_ diagnostic: Diagnostic) -> String? {
    guard let replacement = diagnostic.replacement, let span = diagnostic.span else { return nil }
    let line = source.lineSpan(source.lineIndex(at: span.start))
    guard span.start >= line.start, span.end <= line.end, line.end - line.start <= 400 else { return nil }
    let text =
      source.text(in: SourceSpan(line.start, span.start)) + replacement
      + source.text(in: SourceSpan(span.end, line.end))
    return TextTable.oneLine(String(text.drop { $0 == " " || $0 == "\t" }))
  }
}

import CLineEditor
import Foundation
import Synchronization

/// Proposes how the line that is edited goes on.
protocol LineCompleter: AnyObject, Sendable {
  /// Places in the answer count from the start of everything that belongs to the statement.
  func completion(before cursor: String) -> Completion
}

/// Lines from a terminal, with editing, history and completion: libedit.
struct LineEditor {
  enum Line {
    case line(String)
    case cancelled
    case end
  }

  // libedit calls back through C, which carries no context.
  private static let completer = Mutex<(any LineCompleter)?>(nil)

  /// Nil where the terminal cannot be used.
  init?(completer: any LineCompleter) {
    Self.completer.withLock { $0 = completer }
    guard dass_line_open("dass", { Self.complete($0.map { String(cString: $0) } ?? "") }) else { return nil }
  }

  static var columns: Int { Int(dass_line_columns()) }

  /// `start` is as if it had been typed already.
  func read(prompt: String, isBold: Bool, start: String) -> Line {
    // libedit does not count what stands between two bytes 1.
    let shown =
      isBold
      ? "\u{1}\u{1B}[1;32m\u{1}\(prompt)\u{1}\u{1B}[0m\u{1}"
      : "\u{1}\u{1B}[2m\u{1}\(prompt)\u{1}\u{1B}[0m\u{1}"
    var line: UnsafeMutablePointer<CChar>?
    let result = dass_line_read(shown, start, &line)
    defer { free(line) }
    switch result {
    case DASS_LINE_CANCELLED: return .cancelled
    case DASS_LINE_READ: return .line(line.map { String(cString: $0) } ?? "")
    default: return .end
    }
  }

  /// Adds a line to those that the arrow keys bring back.
  func remember(_ line: String) { dass_line_remember(line) }

  /// Reads a line that is not shown; nil at the end of the input.
  static func readHidden(prompt: String) -> String? {
    guard let line = dass_line_read_hidden(prompt) else { return nil }
    defer { free(line) }
    return String(cString: line)
  }

  // MARK: Completion

  private static func complete(_ before: String) {
    guard let completion = completer.withLock({ $0 })?.completion(before: before) else { return }
    let typedCount = min(max(completion.end - completion.start, 0), before.unicodeScalars.count)
    let typed = String(String.UnicodeScalarView(before.unicodeScalars.suffix(typedCount)))
    let texts = completion.candidates.map(\.text)
    guard let first = texts.first else { return }
    if texts.count == 1 {
      // A folder goes on, and so does an attribute.
      let space = first.hasSuffix("/") || before.hasPrefix("%%") ? "" : " "
      dass_line_replace(Int32(clamping: typedCount), first + space)
      return
    }
    let common = texts.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
    if common.unicodeScalars.count > typedCount {
      dass_line_replace(Int32(clamping: typedCount), common)
    } else if typed.isEmpty || !common.isEmpty || texts.count > 1 {
      dass_line_show(inColumns(texts, width: columns))
    }
  }

  /// As `ls` lists: down the columns, as many as fit.
  static func inColumns(_ texts: [String], width: Int, limit: Int = 200) -> String {
    let shown = texts.prefix(limit)
    let cell = (shown.map { DisplayWidth.of($0) }.max() ?? 0) + 2
    let rowCount = max((shown.count * cell + width - 1) / max(width, 1), 1)
    var rows = [String](repeating: "", count: min(rowCount, shown.count))
    for (index, text) in shown.enumerated() {
      rows[index % rows.count] += text + String(repeating: " ", count: cell - DisplayWidth.of(text))
    }
    if texts.count > shown.count { rows.append("... \(texts.count - shown.count) more") }
    return rows.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
  }
}

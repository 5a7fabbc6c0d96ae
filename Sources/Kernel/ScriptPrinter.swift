import Engine
import Foundation
import Synchronization

/// Prints what a script shows: as text, or one JSON object a line.
///
/// Every line of JSON has a `kind`: `text`, `value`, `table`, `object`, `display` or `error`. Numbers of tables
/// are written in full. Progress goes to standard error, and only where a person may watch it.
final class ScriptPrinter: OutputSink {
  private let usesJSON: Bool
  private let writesProgress: Bool
  private let out: @Sendable (String, StreamName) -> Void
  /// Whether the last thing on standard error is a line of progress that the next one replaces.
  private let hasProgressLine = Mutex(false)

  init(
    usesJSON: Bool, writesProgress: Bool,
    out: @escaping @Sendable (String, StreamName) -> Void = ScriptPrinter.writeToFile
  ) {
    self.usesJSON = usesJSON
    self.writesProgress = writesProgress
    self.out = out
  }

  /// Writing to a pipe that nobody reads any more must not end in a trap.
  static let writeToFile: @Sendable (String, StreamName) -> Void = { text, stream in
    let handle = stream == .stdout ? FileHandle.standardOutput : FileHandle.standardError
    try? handle.write(contentsOf: Data(text.utf8))
  }

  func write(_ text: String, to stream: StreamName) {
    endProgress()
    if usesJSON {
      line(["kind": "text", "stream": .string(stream.rawValue), "text": .string(text)])
    } else {
      out(text, stream)
    }
  }

  func display(_ bundle: MIMEBundle, displayID: String?) {
    if displayID != nil { return progress(bundle) }
    endProgress()
    if usesJSON {
      line(["kind": "display", "text": .string(bundle.plainText)])
    } else {
      out(bundle.plainText + "\n", .stdout)
    }
  }

  func updateDisplay(_ bundle: MIMEBundle, displayID: String) { progress(bundle) }

  func clearOutput(wait: Bool) {}

  func requestInput(prompt: String, isPassword: Bool, cancellation: CancellationToken) throws -> String {
    endProgress()
    out(prompt, .stderr)
    try cancellation.check()
    guard let answer = readLine() else {
      throw Diagnostic(.command, "there is no more input to read an answer from")
    }
    return answer
  }

  /// What a statement came to.
  func show(_ result: StatementResult, environment: Environment) throws {
    let renderer = ValueRenderer(environment: environment)
    endProgress()
    if let bundle = result.bundle { return display(bundle, displayID: nil) }
    if usesJSON { return showJSON(result) }
    if let confirmation = renderer.confirmation(result) {
      out(confirmation + "\n", .stdout)
    } else if let bundle = try renderer.bundle(result) {
      let text = bundle.plainText
      out(text.hasSuffix("\n") ? text : text + "\n", .stdout)
    }
  }

  func show(_ diagnostic: Diagnostic, in source: SourceText) {
    endProgress()
    out(DiagnosticRenderer(source: source).text(diagnostic) + "\n", .stderr)
    guard usesJSON else { return }
    var members: [String: JSON] = [
      "kind": "error", "name": .string(diagnostic.category.rawValue), "message": .string(diagnostic.message),
      "notes": .array(diagnostic.notes.map { .string($0) }),
    ]
    if let span = diagnostic.span {
      let index = source.lineIndex(at: span.start)
      let lineStart = source.scalarOffset(ofByte: source.lineSpan(index).start)
      members["line"] = .integer(index + 1)
      members["column"] = .integer(source.scalarOffset(ofByte: span.start) - lineStart + 1)
    }
    line(members)
  }

  /// An error in the words of another language.
  func show(_ failure: ExecutionFailure) {
    endProgress()
    out(TerminalText.withoutColors(failure.traceback.joined(separator: "\n")) + "\n", .stderr)
    guard usesJSON else { return }
    line(["kind": "error", "name": .string(failure.name), "message": .string(failure.message), "notes": []])
  }

  private func showJSON(_ result: StatementResult) {
    var members: [String: JSON] = [:]
    if let name = result.name { members["name"] = .string(name) }
    switch result.value {
    case .none: return
    case .table(let table):
      members["kind"] = "table"
      members["title"] = table.title.map { .string($0) } ?? .null
      members["rows"] = table.json
      members["notes"] = .array(table.notes.map { .string($0) })
    case .object(let object):
      members["kind"] = "object"
      members["noun"] = .string(object.kind.rawValue)
      members["summary"] = .string(object.oneLineSummary)
      members["details"] = .object(
        Dictionary(
          object.details().map { ($0.label, .string($0.value)) }, uniquingKeysWith: { first, _ in first }))
    default:
      members["kind"] = "value"
      members["value"] = result.value.json
    }
    line(members)
  }

  private func line(_ members: [String: JSON]) { out(JSON.object(members).text + "\n", .stdout) }

  private func progress(_ bundle: MIMEBundle) {
    guard writesProgress else { return }
    hasProgressLine.withLock { $0 = true }
    // Back to the start of the line, and clear it.
    out("\r\u{1B}[K" + bundle.plainText, .stderr)
  }

  private func endProgress() {
    let hadLine = hasProgressLine.withLock { had in
      defer { had = false }
      return had
    }
    if hadLine { out("\n", .stderr) }
  }
}

extension Value {
  /// A plain value as JSON, numbers in base units; tables and objects as one line about them.
  var json: JSON {
    switch self {
    case .none: .null
    case .number(let quantity): Int(exactly: quantity.value).map { .integer($0) } ?? .number(quantity.value)
    case .text(let text): .string(text)
    case .boolean(let isOn): .bool(isOn)
    case .list(let elements): .array(elements.map(\.json))
    case .range(let low, let high): [.integer(low), .integer(high)]
    case .condition, .table, .object: .string(description)
    }
  }
}

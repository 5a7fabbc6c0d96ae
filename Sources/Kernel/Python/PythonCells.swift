import Engine
import Foundation

/// `%%python` cells, in the embedded interpreter. What they define stays for later cells.
struct PythonCells: ForeignCellHandler {
  /// What is written down before a cell runs, because Python can end the whole process.
  var journal: SessionJournal?

  let languages = ["python"]

  /// How long Python may take to stop before the cell is given up.
  private static let patience = Duration.seconds(2)
  /// Front ends give up waiting for an editor's question after one to three seconds.
  private static let editorLimit = DispatchTimeInterval.milliseconds(800)
  /// What stands for the cell where a widget called something.
  static let callback = "%%python\n# a callback of a widget"

  func run(_ cell: ForeignCell, context: CommandContext) throws -> MIMEBundle? {
    guard cell.options.isEmpty else {
      throw Diagnostic(
        .argument, "nothing can follow `%%python` on its line", at: cell.headSpan, replacement: "%%python")
    }
    let source = "%%python\n" + cell.body.trimmingSuffix { $0 == "\n" }
    let host = PythonCellHost(context: context, source: source)
    let request: JSON = [
      "source": .string(cell.body), "count": .integer(context.executionCount), "faults": faults,
      "header": context.output.comms?.requestHeader ?? .null, "call": .integer(host.number),
    ]
    let reply = try call("run", request.encoded(), host, context)
    guard let bundle = reply["bundle"], bundle.objectValue != nil else { return nil }
    return MIMEBundle(python: bundle)
  }

  func receive(_ message: CommMessage, context: CommandContext) throws -> Bool {
    let host = PythonCellHost(context: context, source: Self.callback)
    let parcel = PythonParcel(
      content: [
        "type": .string(message.kind.rawValue), "content": message.content, "metadata": message.metadata,
        "header": context.output.comms?.requestHeader ?? .null, "call": .integer(host.number),
        "faults": faults,
      ], parts: message.buffers)
    _ = try call("receive", parcel.encoded(), host, context)
    return !host.hasShownError
  }

  private var faults: JSON { journal.map { .string($0.faultPath) } ?? .null }

  /// - Throws: `ExecutionFailure` for an error of Python's; `Diagnostic` when it does not stop.
  private func call(
    _ function: String, _ request: [UInt8], _ host: PythonCellHost, _ context: CommandContext
  ) throws -> JSON {
    context.journalEntry.map { journal?.writeDown($0) }
    let reply: JSON
    do {
      let bytes = try PythonRuntime.shared.call(
        function, of: PythonCellProgram.program, with: request,
        cancellation: context.supervision.cancellation, patience: Self.patience, host: host)
      reply = try JSON(parsing: bytes)
    } catch is Cancelled {
      throw Diagnostic(
        .interrupted, "Python has not stopped yet",
        notes: [
          "it is in code that cannot be interrupted, or that goes on in spite of it",
          "other cells run; the next `%%python` cell waits for it",
        ])
    }
    if let error = reply["error"] { throw ExecutionFailure(python: error) }
    return reply
  }

  func complete(_ cell: ForeignCell, cursor: Int, session: Session) -> Completion {
    let names = PythonCellHost.names(in: session).compactMap { $0["name"]?.stringValue }
    let reply = ask(
      "complete",
      [
        "source": .string(cell.body), "cursor": .integer(cursor),
        "names": .array(names.map { .string($0.replacing("-", with: "_")) }),
      ])
    let candidates = reply?["matches"]?.arrayValue?.compactMap { match -> CompletionCandidate? in
      guard let text = match["text"]?.stringValue else { return nil }
      return CompletionCandidate(text: text, kind: match["kind"]?.stringValue ?? "", signature: "")
    }
    return Completion(candidates: candidates ?? [], start: reply?["cursor"]?.intValue ?? cursor, end: cursor)
  }

  func inspect(_ cell: ForeignCell, cursor: Int) -> MIMEBundle? {
    ask("explain", ["source": .string(cell.body), "cursor": .integer(cursor)])?["text"]?.stringValue
      .map { MIMEBundle(plainText: $0) }
  }

  func completeness(of cell: ForeignCell) -> Completeness {
    guard !cell.body.isEmpty else { return .incomplete(indent: "") }
    guard let reply = ask("completeness", ["source": .string(cell.body)]) else { return .complete }
    switch reply["status"]?.stringValue {
    case "incomplete": return .incomplete(indent: reply["indent"]?.stringValue ?? "")
    case "invalid": return .invalid
    default: return .complete
    }
  }

  private func ask(_ function: String, _ request: JSON) -> JSON? {
    PythonRuntime.shared.ask(
      function, of: PythonCellProgram.program, with: request.encoded(), limit: Self.editorLimit
    ).flatMap { try? JSON(parsing: $0) }
  }
}

extension ExecutionFailure {
  /// The error that the Python program writes.
  init(python json: JSON) {
    self.init(
      name: json["name"]?.stringValue ?? "", message: json["message"]?.stringValue ?? "",
      traceback: json["traceback"]?.arrayValue?.compactMap(\.stringValue) ?? [])
  }
}

extension String {
  fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> String {
    var text = self[...]
    while let last = text.last, isTrimmed(last) { text.removeLast() }
    return String(text)
  }
}

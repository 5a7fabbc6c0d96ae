import Engine
import Foundation
import Synchronization

/// The conversation in a terminal: reads a statement or a whole `%%python` cell, runs it, shows what it came to.
final class Repl: LineCompleter {
  private let interpreter: any Interpreter
  private let output: TerminalOutput
  private let history: HistoryStore
  /// The lines before the one that is edited.
  private let pending = Mutex<[String]>([])
  /// What the next lines begin as, to be changed or taken as they are.
  private let proposed = Mutex<[String]>([])
  /// The token of the statement that runs.
  private let running = Mutex<CancellationToken?>(nil)

  init(interpreter: any Interpreter, output: TerminalOutput, history: HistoryStore) {
    self.interpreter = interpreter
    self.output = output
    self.history = history
  }

  private enum Input {
    case code(String)
    case nothing
    case end
  }

  /// Returns when the person leaves.
  /// - Throws: `ReplError`.
  func run() throws(ReplError) {
    guard let editor = LineEditor(completer: self) else { throw .noEditor }
    for entry in history.entries(.tail(count: 1000)) {
      for line in entry.source.split(separator: "\n") { editor.remember(String(line)) }
    }
    let interrupt = cancelOnInterrupt()
    defer { interrupt.cancel() }
    output.write(interpreter.banner + "\nCtrl-D leaves.\n", to: .stdout)
    var count = 0
    while true {
      switch read(editor) {
      case .end: return
      case .nothing: continue
      case .code(let code):
        if ["exit", "quit"].contains(code.trimmingCharacters(in: .whitespaces)) { return }
        count += 1
        history.append(source: code, line: count)
        if interpreter.mayEndProcess(code) { history.write() }
        execute(code, count: count)
      }
    }
  }

  private func read(_ editor: LineEditor) -> Input {
    pending.withLock { $0 = [] }
    var lines: [String] = []
    var indent = ""
    while true {
      let start = proposed.withLock { $0.isEmpty ? indent : $0.removeFirst() }
      switch editor.read(prompt: lines.isEmpty ? "dass> " : "  ... ", isBold: lines.isEmpty, start: start) {
      case .cancelled:
        proposed.withLock { $0 = [] }
        return .nothing
      case .end: return lines.isEmpty ? .end : .code(lines.joined(separator: "\n"))
      case .line(let line):
        editor.remember(line)
        lines.append(line)
        pending.withLock { $0 = lines }
        let code = lines.joined(separator: "\n")
        let isBlank = line.allSatisfy(\.isWhitespace)
        if isBlank, lines.count == 1 { return .nothing }
        let isForeign = code.hasPrefix("%%")
        switch interpreter.completeness(of: code) {
        case .incomplete(let next) where !isBlank || isForeign && lines.count == 1: indent = next
        // A cell in another language has many lines; an empty one ends it.
        case .complete where isForeign && !isBlank: indent = ""
        default: return .code(code)
        }
      }
    }
  }

  private func execute(_ code: String, count: Int) {
    let token = CancellationToken()
    running.withLock { $0 = token }
    defer { running.withLock { $0 = nil } }
    switch interpreter.execute(code, executionCount: count, output: output, cancellation: token) {
    case .success(let result, let payloads):
      if let result {
        output.display(result, displayID: nil)
        history.append(output: result.plainText, line: count)
      }
      for payload in payloads {
        switch payload {
        case .page(let page): output.display(page, displayID: nil)
        case .nextInput(let text):
          proposed.withLock {
            $0 = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
          }
        }
      }
    case .failure(let failure): output.show(failure)
    }
  }

  /// While a line is edited Ctrl-C is a key; while a statement runs it is a signal.
  private func cancelOnInterrupt() -> any DispatchSourceSignal {
    signal(SIGINT, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler { [self] in running.withLock { $0 }?.cancel() }
    source.activate()
    return source
  }

  func completion(before cursor: String) -> Completion {
    let code = (pending.withLock { $0 } + [cursor]).joined(separator: "\n")
    return interpreter.complete(code, cursor: code.unicodeScalars.count)
  }
}

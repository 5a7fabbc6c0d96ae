import ArgumentParser
import Engine
import Foundation

/// `dass repl`: the language in a terminal.
struct ReplCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repl", abstract: "Takes statements in a terminal, one after the other.",
    discussion: """
      Tab completes, the arrow keys bring earlier lines back, Ctrl-R searches them, Ctrl-C forgets a line or stops a \
      statement, Ctrl-D leaves. Key bindings are libedit's; ~/.editrc changes them.
      """)

  func run() throws {
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { throw ReplError.noTerminal }
    let environment = ProcessInfo.processInfo.environment
    let history = HistoryStore(
      path: HistoryStore.defaultPath(environment: environment), log: KernelLog(descriptor: STDERR_FILENO))
    let output = TerminalOutput(
      pictures: TerminalPictures(environment: environment), columns: LineEditor.columns,
      usesColor: environment["NO_COLOR"] == nil && environment["TERM"] != "dumb")
    try Repl(interpreter: DassInterpreter(), output: output, history: history).run()
    history.close()
  }
}

/// Why there can be no conversation.
enum ReplError: Error, Sendable, Equatable {
  case noTerminal
  case noEditor
}

extension ReplError: ExplainedError {
  var problem: String {
    switch self {
    case .noTerminal: "dass repl needs a terminal"
    case .noEditor: "the terminal cannot be set up for editing"
    }
  }

  var advice: String? {
    switch self {
    case .noTerminal: "dass run - reads a script from standard input"
    case .noEditor: "Set TERM to the kind of terminal that this is"
    }
  }
}

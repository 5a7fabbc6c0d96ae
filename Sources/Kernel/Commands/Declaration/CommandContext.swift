import Engine
import Synchronization

/// What a running command may use beside its arguments.
struct CommandContext: Sendable {
  /// The session as this statement sees it; changes become visible to others when the statement succeeds.
  let transaction: SessionTransaction
  let output: any OutputSink
  /// Progress is shown as a bar; the cancellation token follows the interrupt button.
  let supervision: Supervision
  let environment: Environment
  let commands: CommandTable
  let executionCount: Int
  /// Runs one more statement as a part of this one.
  let perform: @Sendable (_ statement: String) throws(Diagnostic) -> StatementResult

  /// The session as this statement sees it.
  var session: Session { transaction.session }

  func displayContext(name: String? = nil) -> DisplayContext {
    DisplayContext(name: name, environment: environment, cancellation: supervision.cancellation)
  }

  /// Shows a page in the front end's pager when the cell ends.
  func page(_ bundle: MIMEBundle) { transaction.addPage(bundle) }
}

/// A session that one statement reads and changes; kept or thrown away as a whole.
final class SessionTransaction: Sendable {
  private struct State {
    var session: Session
    var pages: [MIMEBundle] = []
  }
  private let state: Mutex<State>

  init(_ session: Session) { state = Mutex(State(session: session)) }

  var session: Session { state.withLock { $0.session } }

  var pages: [MIMEBundle] { state.withLock { $0.pages } }

  func addPage(_ bundle: MIMEBundle) { state.withLock { $0.pages.append(bundle) } }

  func change<Result: Sendable>(_ change: (inout Session) -> Result) -> Result {
    state.withLock { change(&$0.session) }
  }
}

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
  /// The number of the cell in the journal, for code that may end the process.
  let journalEntry: Int?
  /// Runs more statements as parts of this one; the result is the last one's. The place of an error is one in the
  /// text given; an interruption has none.
  let perform: @Sendable (_ statements: String) throws(Diagnostic) -> StatementResult

  /// The session as this statement sees it.
  var session: Session { transaction.session }

  func displayContext(name: String? = nil) -> DisplayContext {
    DisplayContext(name: name, environment: environment, cancellation: supervision.cancellation)
  }

  /// Shows a page in the front end's pager when the cell ends.
  func page(_ bundle: MIMEBundle) { transaction.add(.page(bundle)) }
}

/// A session that one statement reads and changes; kept or thrown away as a whole.
final class SessionTransaction: Sendable {
  private struct State {
    var session: Session
    var changes: [@Sendable (inout Session) -> Void] = []
    var payloads: [Payload] = []
  }
  private let state: Mutex<State>

  init(_ session: Session) { state = Mutex(State(session: session)) }

  var session: Session { state.withLock { $0.session } }

  /// What the front end gets with the reply.
  var payloads: [Payload] { state.withLock { $0.payloads } }

  func add(_ payload: Payload) { state.withLock { $0.payloads.append(payload) } }

  func change(_ change: @escaping @Sendable (inout Session) -> Void) {
    state.withLock { state in
      change(&state.session)
      state.changes.append(change)
    }
  }

  /// Whether there is anything to commit.
  var isChanged: Bool { state.withLock { !$0.changes.isEmpty } }

  /// Makes the changes in `session`, which other statements may have changed since this one began.
  func commit(to session: inout Session) {
    for change in state.withLock({ $0.changes }) { change(&session) }
  }
}

import Engine

/// The two text streams of a cell.
enum StreamName: String, Sendable { case stdout, stderr }

/// Where a running cell sends what it has to show. Callable from any thread; order per thread is kept.
protocol OutputSink: Sendable {
  func write(_ text: String, to stream: StreamName)
  /// Shows `bundle`; with a `displayID` it can be updated later.
  func display(_ bundle: MIMEBundle, displayID: String?)
  func updateDisplay(_ bundle: MIMEBundle, displayID: String)
  func clearOutput(wait: Bool)
  /// Shows an error that does not end the cell.
  func show(_ failure: ExecutionFailure)
  /// Asks the person for a line of text; waits for the answer, and gives up when `cancellation` is cancelled.
  /// - Throws: `InputError` if the front end takes no input; `Cancelled`.
  func requestInput(prompt: String, isPassword: Bool, cancellation: CancellationToken) throws -> String
  /// Nil where widgets cannot be.
  var comms: (any CommChannel)? { get }
}

extension OutputSink {
  func show(_ failure: ExecutionFailure) {
    write(failure.traceback.joined(separator: "\n") + "\n", to: .stderr)
  }

  var comms: (any CommChannel)? { nil }
}

/// What a reply asks of the front end (Jupyter messaging, "Payloads").
enum Payload: Sendable {
  /// To be shown in the pager.
  case page(MIMEBundle)
  /// The text of the next cell.
  case nextInput(String)

  /// What is shown where there is no pager and no next cell.
  var bundle: MIMEBundle {
    switch self {
    case .page(let page): page
    case .nextInput(let text): MIMEBundle(plainText: text)
    }
  }

  /// As the protocol writes it.
  var json: JSON {
    switch self {
    case .page(let page): ["source": "page", "start": 0, "data": .object(page.data)]
    case .nextInput(let text): ["source": "set_next_input", "text": .string(text), "replace": false]
    }
  }
}

/// What one execution came to.
enum ExecutionOutcome: Sendable {
  /// `result` is published as `execute_result`; `payloads` go with the reply.
  case success(result: MIMEBundle?, payloads: [Payload] = [])
  case failure(ExecutionFailure)
}

/// The three fields of Jupyter's `error` message.
struct ExecutionFailure: Error, Sendable, Equatable {
  var name: String
  var message: String
  /// Lines, with ANSI colours.
  var traceback: [String]
}

/// How far a cell's text is from being executable (Jupyter messaging, "is_complete").
enum Completeness: Sendable, Equatable {
  case complete
  case incomplete(indent: String)
  case invalid
}

/// One proposal for the text around the cursor.
struct CompletionCandidate: Sendable, Equatable {
  var text: String
  /// A word for the kind, shown as an icon: `keyword`, `function`, `instance`, `path`, `unit`.
  var kind: String
  var signature: String
}

/// Proposals and the part of the text they replace, in Unicode scalars from the start of the cell.
struct Completion: Sendable, Equatable {
  var candidates: [CompletionCandidate]
  var start: Int
  var end: Int
}

/// What a language must offer to be served by the kernel. Knows nothing of sockets or messages.
///
/// `execute` is called by one thread of each shell. The others may be called from other threads while `execute`
/// runs, must not wait for it, and see the session as it was when the last statement ended.
protocol Interpreter: Sendable {
  var banner: String { get }

  func execute(
    _ code: String, executionCount: Int, output: any OutputSink, cancellation: CancellationToken
  ) -> ExecutionOutcome

  /// Whether running `code` may end the whole process at once, so that what must outlast it is kept before.
  func mayEndProcess(_ code: String) -> Bool

  /// Takes a client's message of a comm; called like `execute`. Returns what went wrong, if it was not shown.
  func receive(
    _ message: CommMessage, output: any OutputSink, cancellation: CancellationToken
  ) -> ExecutionFailure?

  /// Evaluates one of `user_expressions`; it must not change the session.
  func evaluate(expression: String) -> Result<MIMEBundle, ExecutionFailure>

  /// `cursor` counts Unicode scalars and is already within `0...code.unicodeScalars.count`.
  func complete(_ code: String, cursor: Int) -> Completion

  /// The meaning of the word at `cursor`, or nil; `detail` 1 asks for the long form.
  func inspect(_ code: String, cursor: Int, detail: Int) -> MIMEBundle?

  func completeness(of code: String) -> Completeness
}

extension Interpreter {
  func mayEndProcess(_ code: String) -> Bool { false }
}

import Engine
import Synchronization

/// The DaSS language as the kernel serves it.
///
/// The session is a value in a lock: a running cell works on its own copy and hands its changes in after every
/// statement, so completion and inspection on other threads never wait for it, a failed statement leaves no trace, and
/// cells of several shells may run at once.
final class DassInterpreter: Interpreter {
  let evaluator: Evaluator
  private let current: Mutex<Session>
  private let journal: SessionJournal?
  /// What the first cell shows before anything else.
  private let notice: Mutex<String?>

  init(
    commands: CommandTable, environment: Environment, session: Session = Session(),
    foreignCells: (any ForeignCellHandler)? = nil, journal: SessionJournal? = nil
  ) {
    self.journal = journal
    evaluator = Evaluator(commands: commands, environment: environment, foreignCells: foreignCells)
    current = Mutex(session)
    notice = Mutex(environment.leftover?.notice)
  }

  /// The session as the last successful statement left it.
  var session: Session { current.withLock { $0 } }

  var banner: String {
    "DaSS \(evaluator.environment.version): distillation-aware search for small networks\n"
      + "Type help for the commands, or press Tab."
  }

  func execute(
    _ code: String, executionCount: Int, output: any OutputSink, cancellation: CancellationToken
  ) -> ExecutionOutcome {
    let renderer = ValueRenderer(environment: evaluator.environment, cancellation: cancellation)
    var final: MIMEBundle?
    let source = SourceText(code)
    do {
      let payloads = try run(
        source, executionCount: executionCount, output: output, cancellation: cancellation
      ) {
        result, isLast throws in
        if let confirmation = renderer.confirmation(result) {
          output.write(confirmation + "\n", to: .stdout)
        } else if let bundle = try renderer.bundle(result) {
          if isLast { final = bundle } else { output.display(bundle, displayID: nil) }
        }
      }
      return .success(result: final, payloads: payloads)
    } catch {
      return .failure(error.foreign ?? Self.failure(error.diagnostics, in: source))
    }
  }

  /// Everything wrong with a cell, in the order of the places.
  struct CellFailure: Error {
    var diagnostics: [Diagnostic] = []
    /// The error of a cell in another language, in that language's words.
    var foreign: ExecutionFailure?
  }

  /// Runs the statements of a cell and hands each result to `present`; returns what goes with the reply.
  ///
  /// Nothing runs when the cell has a syntax error. A statement whose result cannot be presented has failed.
  func run(
    _ source: SourceText, executionCount: Int, output: any OutputSink, cancellation: CancellationToken,
    present: (StatementResult, _ isLast: Bool) throws -> Void
  ) throws(CellFailure) -> [Payload] {
    if let notice = notice.withLock({ $0.take() }) { output.write(notice, to: .stderr) }
    let cell = Parser.parse(source)
    if !cell.diagnostics.isEmpty { throw CellFailure(diagnostics: cell.diagnostics) }
    let entry = journal?.begin(source.text, executionCount: executionCount, session: session)
    defer { entry.map { journal?.end($0) } }
    var payloads: [Payload] = []
    func step(
      at span: SourceSpan, isLast: Bool, _ body: (Evaluator.Frame) throws -> StatementResult
    ) throws(CellFailure) {
      let transaction = SessionTransaction(session)
      let frame = Evaluator.Frame(
        source: source, transaction: transaction, output: output, cancellation: cancellation,
        executionCount: executionCount, journalEntry: entry)
      do {
        try cancellation.check()
        try present(try body(frame), isLast)
      } catch let failure as ExecutionFailure {
        throw CellFailure(foreign: failure)
      } catch {
        throw CellFailure(diagnostics: [Diagnostic(error, at: span)])
      }
      let session = current.withLock { session in
        transaction.commit(to: &session)
        return session
      }
      if transaction.isChanged { entry.map { journal?.change($0, session: session) } }
      payloads += transaction.payloads
    }
    if let foreign = cell.foreign {
      try step(at: foreign.headSpan, isLast: true) { try self.run(foreign, in: $0) }
    }
    for (index, statement) in cell.statements.enumerated() {
      try step(at: statement.span, isLast: index == cell.statements.count - 1) {
        try self.evaluator.run(statement, in: $0)
      }
    }
    return payloads
  }

  private func run(_ cell: ForeignCell, in frame: Evaluator.Frame) throws -> StatementResult {
    guard let handler = evaluator.foreignCells else {
      throw Diagnostic(
        .command, "cells in `\(cell.language)` are not available here", at: cell.headSpan,
        notes: ["this program was started without another language"])
    }
    guard handler.languages.contains(cell.language) else {
      let close = Suggestion.closest(to: cell.language, among: handler.languages)
      throw Diagnostic(
        .name, "there is no language `\(cell.language)`", at: cell.headSpan,
        label: close.map { "did you mean `%%\($0)`?" },
        notes: ["languages are " + handler.languages.map { "`%%\($0)`" }.joined(separator: ", ")])
    }
    let progress = ProgressDisplay(output: frame.output)
    defer { progress.finish(succeeded: true) }
    let bundle = try handler.run(cell, context: evaluator.context(frame, progress))
    return StatementResult(value: .none, bundle: bundle)
  }

  /// What a callback of a widget binds becomes part of the session when it has ended without an error.
  func receive(
    _ message: CommMessage, output: any OutputSink, cancellation: CancellationToken
  ) -> ExecutionFailure? {
    guard let handler = evaluator.foreignCells else { return nil }
    let source = SourceText(PythonCells.callback)
    let entry = journal?.begin(source.text, executionCount: 0, session: session)
    defer { entry.map { journal?.end($0) } }
    let transaction = SessionTransaction(session)
    let frame = Evaluator.Frame(
      source: source, transaction: transaction, output: output, cancellation: cancellation,
      executionCount: 0, journalEntry: entry)
    let progress = ProgressDisplay(output: output)
    defer { progress.finish(succeeded: true) }
    do {
      if try handler.receive(message, context: evaluator.context(frame, progress)) {
        current.withLock { transaction.commit(to: &$0) }
      }
      return nil
    } catch let failure as ExecutionFailure {
      return failure
    } catch {
      return Self.failure([Diagnostic(error, at: nil)], in: source)
    }
  }

  func evaluate(expression: String) -> Result<MIMEBundle, ExecutionFailure> {
    let source = SourceText(expression)
    let cell = Parser.parse(source)
    do {
      if let first = cell.diagnostics.first { throw first }
      guard cell.foreign == nil, cell.statements.count == 1, let statement = cell.statements.first,
        statement.target == nil, statement.items.count == 1, let item = statement.items.first
      else {
        throw Diagnostic(.syntax, "this is not an expression", at: SourceSpan(0, source.bytes.count))
      }
      var expressions = ExpressionEvaluator(resolver: session, commands: evaluator.commands)
      let value = try expressions.value(item)
      let bundle = try ValueRenderer(environment: evaluator.environment).bundle(value)
      return .success(bundle ?? MIMEBundle(plainText: value.description))
    } catch {
      return .failure(Self.failure([Diagnostic(error, at: nil)], in: source))
    }
  }

  func complete(_ code: String, cursor: Int) -> Completion {
    if let (handler, cell, start) = foreignCell(code), cursor >= start {
      var completion = handler.complete(cell, cursor: cursor - start, session: session)
      completion.start += start
      completion.end += start
      return completion
    }
    return Completer(commands: evaluator.commands, session: session).complete(code, cursor: cursor)
  }

  func inspect(_ code: String, cursor: Int, detail: Int) -> MIMEBundle? {
    if let (handler, cell, start) = foreignCell(code) {
      return cursor >= start ? handler.inspect(cell, cursor: cursor - start) : nil
    }
    return Inspector(commands: evaluator.commands, session: session)
      .inspect(code, cursor: cursor, detail: detail)?.bundle()
  }

  /// Other languages have modules in C.
  func mayEndProcess(_ code: String) -> Bool { code.drop(while: \.isWhitespace).hasPrefix("%%") }

  /// A cell in a language that is known here, with where its body starts, in Unicode scalars.
  private func foreignCell(_ code: String) -> (any ForeignCellHandler, ForeignCell, start: Int)? {
    guard mayEndProcess(code), let handler = evaluator.foreignCells,
      let cell = Parser.parse(code).foreign, handler.languages.contains(cell.language)
    else { return nil }
    return (handler, cell, code.unicodeScalars.count - cell.body.unicodeScalars.count)
  }

  func completeness(of code: String) -> Completeness {
    let source = SourceText(code)
    let cell = Parser.parse(source)
    if let (handler, cell, _) = foreignCell(code) { return handler.completeness(of: cell) }
    if cell.foreign != nil { return .complete }
    if cell.isUnfinished {
      return Lexer.run(source).diagnostics.isEmpty ? .incomplete(indent: "  ") : .invalid
    }
    return cell.diagnostics.isEmpty ? .complete : .invalid
  }

  private static func failure(_ diagnostics: [Diagnostic], in source: SourceText) -> ExecutionFailure {
    let renderer = DiagnosticRenderer(source: source, usesColor: true)
    // A cell full of errors is told about in part.
    let shown = diagnostics.prefix(10)
    var lines = shown.flatMap(renderer.lines)
    if diagnostics.count > shown.count {
      lines.append("... and \(diagnostics.count - shown.count) more errors")
    }
    return ExecutionFailure(
      name: diagnostics.first?.category.rawValue ?? DiagnosticCategory.command.rawValue,
      message: diagnostics.first?.message ?? "", traceback: lines)
  }
}

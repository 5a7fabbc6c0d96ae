import Engine
import Synchronization

/// The DaSS language as the kernel serves it.
///
/// The session is a value in a lock: a running cell works on its own copy and puts it back after every statement,
/// so completion and inspection on other threads never wait for it, and a failed statement leaves no trace.
final class DassInterpreter: Interpreter {
  let evaluator: Evaluator
  private let current: Mutex<Session>

  init(
    commands: CommandTable, environment: Environment, session: Session = Session(),
    foreignCells: (any ForeignCellHandler)? = nil
  ) {
    evaluator = Evaluator(commands: commands, environment: environment, foreignCells: foreignCells)
    current = Mutex(session)
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
    let renderer = ValueRenderer(environment: evaluator.environment)
    var final: MIMEBundle?
    let source = SourceText(code)
    do {
      let pages = try run(source, executionCount: executionCount, output: output, cancellation: cancellation)
      {
        result, isLast throws in
        if let confirmation = renderer.confirmation(result) {
          output.write(confirmation + "\n", to: .stdout)
        } else if result.name == nil,
          let bundle = try renderer.bundle(result.value, name: nil, form: result.form)
        {
          if isLast { final = bundle } else { output.display(bundle, displayID: nil) }
        }
      }
      return .success(result: final, pages: pages)
    } catch {
      return .failure(Self.failure(error.diagnostics, in: source))
    }
  }

  /// Everything wrong with a cell, in the order of the places.
  struct CellFailure: Error {
    var diagnostics: [Diagnostic]
  }

  /// Runs the statements of a cell and hands each result to `present`; returns the pages for the pager.
  ///
  /// Nothing runs when the cell has a syntax error. A statement whose result cannot be presented has failed.
  func run(
    _ source: SourceText, executionCount: Int, output: any OutputSink, cancellation: CancellationToken,
    present: (StatementResult, _ isLast: Bool) throws -> Void
  ) throws(CellFailure) -> [MIMEBundle] {
    let cell = Parser.parse(source)
    if !cell.diagnostics.isEmpty { throw CellFailure(diagnostics: cell.diagnostics) }
    var pages: [MIMEBundle] = []
    func step(
      at span: SourceSpan, isLast: Bool, _ body: (Evaluator.Frame) throws -> StatementResult
    ) throws(CellFailure) {
      let transaction = SessionTransaction(session)
      let frame = Evaluator.Frame(
        source: source, transaction: transaction, output: output, cancellation: cancellation,
        executionCount: executionCount)
      do {
        try cancellation.check()
        try present(try body(frame), isLast)
      } catch {
        throw CellFailure(diagnostics: [Diagnostic(error, at: span)])
      }
      current.withLock { $0 = transaction.session }
      pages += transaction.pages
    }
    if let foreign = cell.foreign {
      try step(at: foreign.headSpan, isLast: true) { try self.run(foreign, in: $0) }
    }
    for (index, statement) in cell.statements.enumerated() {
      try step(at: statement.span, isLast: index == cell.statements.count - 1) {
        try self.evaluator.run(statement, in: $0)
      }
    }
    return pages
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
    return StatementResult(value: try handler.run(cell, context: evaluator.context(frame, progress)))
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
    Completer(commands: evaluator.commands, session: session).complete(code, cursor: cursor)
  }

  func inspect(_ code: String, cursor: Int, detail: Int) -> MIMEBundle? {
    Inspector(commands: evaluator.commands, session: session).inspect(code, cursor: cursor, detail: detail)?
      .bundle()
  }

  func completeness(of code: String) -> Completeness {
    let source = SourceText(code)
    let cell = Parser.parse(source)
    if cell.foreign != nil { return cell.isUnfinished ? .incomplete(indent: "") : .complete }
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

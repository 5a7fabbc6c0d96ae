import Engine

/// What one statement came to.
struct StatementResult: Sendable {
  var value: Value
  /// The name that was bound.
  var name: String?
  /// The plain form asked for with `as`.
  var form: TableForm?
  /// What is shown in place of the value; cells in other languages bring their own.
  var bundle: MIMEBundle?
}

/// Runs statements against a session.
struct Evaluator: Sendable {
  let commands: CommandTable
  let environment: Environment
  var foreignCells: (any ForeignCellHandler)?

  /// What a statement is run with.
  struct Frame: Sendable {
    var source: SourceText
    var transaction: SessionTransaction
    var output: any OutputSink
    var cancellation: CancellationToken
    var executionCount: Int
    /// The number of the cell in the journal.
    var journalEntry: Int?
  }

  /// Runs one statement; the transaction holds what it changed, to be kept only when nothing is thrown.
  func run(_ statement: Statement, in frame: Frame) throws(Diagnostic) -> StatementResult {
    if let target = statement.target { try commands.checkCanBind(target.name) }
    guard let match = commands.match(statement.items), !isName(statement, match.commands, frame) else {
      return try expression(statement, frame)
    }
    let (declaration, arguments, used) = try choose(match, statement, frame)
    let value = try run(declaration, arguments, frame, at: statement.span)
    var result = StatementResult(value: value, name: statement.target?.name.text)
    if arguments.has(TableForm.clause.name), case .table = value {
      result.form = (try? arguments.text(TableForm.clause.name)).flatMap(TableForm.init(rawValue:))
      if let name = statement.target?.name, result.form != nil {
        throw Diagnostic(
          .argument, "`as` chooses how a table is printed, so it cannot be kept as `\(name.text)`",
          at: statement.span, next: "leave out `as`, and write `\(name.text) as csv` on the next line")
      }
    }
    try bind(statement, value, used, frame)
    return result
  }

  /// Whether a statement that is one word names a thing rather than a command; only things that the program
  /// brings along can have the name of a command.
  private func isName(_ statement: Statement, _ candidates: [CommandDeclaration], _ frame: Frame) -> Bool {
    guard statement.items.count == 1, let word = statement.items.first?.word else { return false }
    return frame.transaction.session.value(word) != nil
      && candidates.allSatisfy { $0.parameters.contains(where: \.isRequired) }
  }

  // MARK: Commands

  /// Of several commands with one name, the one whose result the noun asks for, or whose clauses fit.
  private func choose(
    _ match: (commands: [CommandDeclaration], length: Int), _ statement: Statement, _ frame: Frame
  ) throws(Diagnostic) -> (CommandDeclaration, Arguments, Set<String>) {
    let items = Array(statement.items.dropFirst(match.length))
    let nameSpan = statement.items[0].span.joined(with: statement.items[match.length - 1].span)
    let span = SourceSpan(nameSpan.start, statement.span.end)
    let candidates = try candidates(match.commands, statement, nameSpan)
    var failure: Diagnostic?
    for declaration in candidates {
      var binder = ArgumentBinder(
        declaration: declaration, source: frame.source,
        evaluator: ExpressionEvaluator(resolver: frame.transaction.session, commands: commands))
      do {
        let arguments = try binder.bind(
          items, nameSpan: nameSpan, statementSpan: span, targetName: statement.target?.name.text)
        return (declaration, arguments, binder.evaluator.usedNames)
      } catch {
        // The reading that got furthest is the one that was probably meant.
        if (error.span?.start ?? 0) > (failure?.span?.start ?? -1) { failure = error }
      }
    }
    throw failure ?? Diagnostic(.command, "this command cannot be run", at: nameSpan)
  }

  private func candidates(
    _ declarations: [CommandDeclaration], _ statement: Statement, _ nameSpan: SourceSpan
  ) throws(Diagnostic) -> [CommandDeclaration] {
    guard let target = statement.target else { return declarations }
    let command = declarations.first?.name ?? ""
    let named = declarations.filter { $0.result != .nothing }
    if named.isEmpty {
      throw Diagnostic(
        .kind, "`\(command)` gives nothing that could be called `\(target.name.text)`", at: nameSpan)
    }
    guard let noun = target.noun, let kind = ObjectKind(rawValue: noun.text) else { return named }
    let fitting = named.filter { $0.result == .object(kind) || $0.result == .value }
    if fitting.isEmpty {
      let kinds = named.compactMap(\.result.objectKind)
      throw Diagnostic(
        .kind,
        "`\(command)` makes a \(ParameterType.alternatives(kinds.map(\.rawValue))), not \(kind.withArticle)",
        at: noun.span, replacement: kinds.first?.rawValue)
    }
    return fitting
  }

  private func run(
    _ declaration: CommandDeclaration, _ arguments: Arguments, _ frame: Frame, at span: SourceSpan
  ) throws(Diagnostic) -> Value {
    let progress = ProgressDisplay(output: frame.output)
    do {
      let value = try declaration.run(arguments, context(frame, progress))
      progress.finish(succeeded: true)
      return value
    } catch {
      progress.finish(succeeded: false)
      throw Diagnostic(error, at: span)
    }
  }

  func context(_ frame: Frame, _ progress: any ProgressSink) -> CommandContext {
    CommandContext(
      transaction: frame.transaction, output: frame.output,
      supervision: Supervision(progress: progress, cancellation: frame.cancellation),
      environment: environment,
      commands: commands, executionCount: frame.executionCount, journalEntry: frame.journalEntry,
      perform: { text throws(Diagnostic) in try self.perform(text, in: frame) })
  }

  private func perform(_ text: String, in frame: Frame) throws(Diagnostic) -> StatementResult {
    var frame = frame
    frame.source = SourceText(text)
    let cell = Parser.parse(frame.source)
    if let diagnostic = cell.diagnostics.first { throw diagnostic }
    if let foreign = cell.foreign {
      throw Diagnostic(.syntax, "a cell in another language is no statement", at: foreign.headSpan)
    }
    var result = StatementResult(value: .none)
    do throws(Diagnostic) {
      for statement in cell.statements {
        if frame.cancellation.isCancelled { throw Diagnostic(Cancelled(), at: nil) }
        result = try run(statement, in: frame)
      }
    } catch {
      var diagnostic = error
      if diagnostic.category == .interrupted { diagnostic.span = nil }
      throw diagnostic
    }
    return result
  }

  // MARK: Expressions

  private func expression(_ statement: Statement, _ frame: Frame) throws(Diagnostic) -> StatementResult {
    var items = statement.items
    var form: TableForm?
    if items.count == 3, items[1].word == TableForm.clause.name, statement.target == nil {
      form = try tableForm(items[2], frame)
      items.removeLast(2)
    }
    guard items.count == 1, let item = items.first else { throw notACommand(items, frame) }
    if let word = item.word, let hint = partOfCommand(word) { throw hint(item.span) }
    var evaluator = ExpressionEvaluator(resolver: frame.transaction.session, commands: commands)
    if let word = item.word, !ExpressionEvaluator.reservedWords.contains(word),
      frame.transaction.session.value(word) == nil, statement.target == nil
    {
      throw notACommand(items, frame)
    }
    let value = try evaluator.value(item)
    if form != nil {
      guard case .table = value else {
        throw Diagnostic(
          .kind, "only tables can be printed with `as`, and this is \(value.kindWithArticle)", at: item.span)
      }
    }
    try bind(statement, value, evaluator.usedNames, frame)
    return StatementResult(value: value, name: statement.target?.name.text, form: form)
  }

  private func tableForm(_ node: ExpressionNode, _ frame: Frame) throws(Diagnostic) -> TableForm {
    let word = node.word ?? frame.source.text(in: node.span)
    if let form = TableForm(rawValue: word) { return form }
    let names = TableForm.allCases.map(\.rawValue)
    let close = Suggestion.closest(to: word, among: names)
    throw Diagnostic(
      .argument, "`as` cannot be `\(word)`", at: node.span, label: close.map { "did you mean `\($0)`?" },
      notes: ["it is one of " + names.map { "`\($0)`" }.joined(separator: ", ")], replacement: close)
  }

  /// A word that begins commands but is none alone, such as `plot`.
  private func partOfCommand(_ word: String) -> ((SourceSpan) -> Diagnostic)? {
    let continuations = commands.secondWords(after: word).map(\.name)
    guard commands.named(word).isEmpty, !continuations.isEmpty else { return nil }
    return { span in
      Diagnostic(
        .syntax, "`\(word)` needs another word", at: span,
        notes: ["commands are " + continuations.map { "`\($0)`" }.joined(separator: ", ")])
    }
  }

  private func notACommand(_ items: [ExpressionNode], _ frame: Frame) -> Diagnostic {
    guard let first = items.first else { return Diagnostic(.syntax, "there is nothing to do") }
    guard let word = first.word else {
      return Diagnostic(
        .syntax, "a statement starts with a command or a name", at: first.span, next: "help")
    }
    if items.count > 1, let second = items[1].word, commands.firstWords.contains(word) {
      let continuations = commands.secondWords(after: word).compactMap { $0.name.split(separator: " ").last }
      let close = Suggestion.closest(to: second, among: continuations.map(String.init))
      return Diagnostic(
        .name, "there is no command `\(word) \(second)`", at: items[1].span,
        label: close.map { "did you mean `\($0)`?" },
        notes: ["commands are " + continuations.map { "`\(word) \($0)`" }.joined(separator: ", ")],
        replacement: close)
    }
    if items.count > 1, let value = frame.transaction.session.value(word) {
      return Diagnostic(
        .syntax, "`\(word)` is \(value.kindWithArticle), and nothing can follow its name", at: items[1].span,
        notes: ["a statement starts with a command, or is a name alone"], next: "help")
    }
    if let kind = ObjectKind(rawValue: word) {
      return Diagnostic(
        .syntax, "a name and `=` must follow `\(word)`", at: first.span,
        next: commands.waysToMake(kind) ?? "help \(word)")
    }
    let known =
      items.count > 1
      ? Array(commands.firstWords) : Array(commands.firstWords) + frame.transaction.session.names
    let close = Suggestion.closest(to: word, among: known)
    let message =
      items.count > 1 ? "there is no command `\(word)`" : "nothing is called `\(word)`, and it is no command"
    return Diagnostic(
      .name, message, at: first.span, label: close.map { "did you mean `\($0)`?" }, replacement: close,
      next: close == nil ? "help" : nil)
  }

  // MARK: Results

  private func bind(
    _ statement: Statement, _ value: Value, _ used: Set<String>, _ frame: Frame
  ) throws(Diagnostic) {
    guard let target = statement.target else { return }
    if let noun = target.noun, value.objectKind?.rawValue != noun.text {
      throw Diagnostic(
        .kind, "this is \(value.kindWithArticle), not a \(noun.text)", at: noun.span,
        replacement: value.objectKind?.rawValue)
    }
    let source = frame.source.text(in: statement.span)
    frame.transaction.change { $0.bind(target.name.text, to: value, source: source, using: used) }
  }
}

extension CommandTable {
  /// - Throws: a diagnostic if the word has another meaning in the language.
  func checkCanBind(_ name: NamedWord) throws(Diagnostic) {
    if ExpressionEvaluator.reservedWords.contains(name.text) {
      throw Diagnostic(.name, "`\(name.text)` has a meaning of its own and cannot be a name", at: name.span)
    }
    if firstWords.contains(name.text) {
      throw Diagnostic(
        .name, "`\(name.text)` is a command and cannot be a name", at: name.span,
        replacement: "my-\(name.text)")
    }
  }
}

/// Checks what was written for a command against its declaration.
struct ArgumentBinder {
  let declaration: CommandDeclaration
  let source: SourceText
  var evaluator: ExpressionEvaluator

  /// The arguments for `items`, the things after the command's name.
  ///
  /// - Throws: a diagnostic for the first thing that is wrong.
  mutating func bind(
    _ items: [ExpressionNode], nameSpan: SourceSpan, statementSpan: SourceSpan, targetName: String?
  ) throws(Diagnostic) -> Arguments {
    let walk = ArgumentWalk(declaration, items: items)
    if let parameter = walk.unfilled.first(where: \.isRequired) {
      throw missing(parameter, after: walk, nameSpan: nameSpan, items: items)
    }
    if let keyword = walk.repeated.first {
      throw Diagnostic(.argument, "`\(keyword.text)` is given twice", at: keyword.span)
    }
    var values: [String: Arguments.Argument] = [:]
    // From left to right, so that the first mistake is the one that is told.
    for assignment in walk.assignments where assignment.keyword == nil {
      values[assignment.parameter.name] = try argument(assignment)
    }
    if let node = walk.unexpected.first { throw unexpected(node, walk) }
    for assignment in walk.assignments where assignment.keyword != nil {
      values[assignment.parameter.name] = try argument(assignment)
    }
    if let clause = walk.unusedClauses.first(where: \.isRequired) {
      let example = clause.suggestions.first ?? clause.type.placeholder
      let end = items.last?.span.end ?? nameSpan.end
      throw Diagnostic(
        .argument, "`\(declaration.name)` needs `\(clause.name)`: \(clause.meaning)",
        at: items.isEmpty ? nameSpan : SourceSpan(nameSpan.start, end),
        next: "add `\(clause.name) \(example)`")
    }
    for parameter in walk.unfilled + walk.unusedClauses {
      guard let text = parameter.defaultText else { continue }
      values[parameter.name] = try defaultArgument(parameter, text, statementSpan)
    }
    return Arguments(values: values, statementSpan: statementSpan, targetName: targetName)
  }

  private func missing(
    _ parameter: Parameter, after walk: ArgumentWalk, nameSpan: SourceSpan, items: [ExpressionNode]
  ) -> Diagnostic {
    let place = walk.assignments.last { $0.keyword == nil }?.span ?? nameSpan
    return Diagnostic(
      .argument, "`\(declaration.name)` needs \(parameter.type.withArticle): \(parameter.meaning)", at: place,
      next: declaration.signature)
  }

  private func unexpected(_ node: ExpressionNode, _ walk: ArgumentWalk) -> Diagnostic {
    let names = walk.unusedClauses.map(\.name)
    let list =
      names.isEmpty
      ? "nothing more can follow" : "what can follow here: " + names.map { "`\($0)`" }.joined(separator: ", ")
    guard let word = node.word else {
      return Diagnostic(
        .argument, "`\(source.text(in: node.span))` belongs to no clause of `\(declaration.name)`",
        at: node.span,
        notes: [list])
    }
    let close = Suggestion.closest(to: word, among: names)
    return Diagnostic(
      .argument, "`\(declaration.name)` has no clause `\(word)`", at: node.span,
      label: close.map { "did you mean `\($0)`?" }, notes: [list], replacement: close)
  }

  private mutating func argument(_ assignment: ArgumentWalk.Assignment) throws(Diagnostic)
    -> Arguments.Argument
  {
    let parameter = assignment.parameter
    let span = assignment.span ?? SourceSpan(0, 0)
    if case .flag = parameter.type {
      return Arguments.Argument(value: .boolean(true), span: span, text: parameter.name)
    }
    if assignment.nodes.isEmpty {
      throw Diagnostic(
        .argument, "`\(parameter.name)` needs \(parameter.type.withArticle)", at: span,
        notes: parameter.meaning.isEmpty ? [] : ["`\(parameter.name)`: \(parameter.meaning)"])
    }
    let value = try value(assignment.nodes, for: parameter)
    return Arguments.Argument(value: value, span: span, text: source.text(in: span))
  }

  /// A default is read as if it had been written.
  private mutating func defaultArgument(
    _ parameter: Parameter, _ text: String, _ statementSpan: SourceSpan
  ) throws(Diagnostic) -> Arguments.Argument {
    var binder = self
    let nodes = Parser.parse(text).statements.first?.items ?? []
    do {
      let value = try binder.value(nodes, for: parameter)
      evaluator = binder.evaluator
      return Arguments.Argument(value: value, span: nil, text: text)
    } catch {
      // The place in the default's text means nothing in the cell.
      throw Diagnostic(
        error.category, error.message, at: statementSpan,
        notes: ["`\(text)` is what `\(parameter.name)` is when it is left out"],
        next: "add `\(parameter.name) \(parameter.type.placeholder)`")
    }
  }
}

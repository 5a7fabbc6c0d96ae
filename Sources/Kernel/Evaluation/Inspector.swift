/// Explains the word under the cursor.
struct Inspector {
  let commands: CommandTable
  let session: Session

  /// The page for the place `cursor`, counted in Unicode scalars; nil where there is nothing to say.
  ///
  /// Between words the command of the statement is explained, so that Shift-Tab helps while typing arguments.
  func inspect(_ code: String, cursor: Int, detail: Int) -> HelpPage? {
    let source = SourceText(code)
    let place = source.byteOffset(ofScalar: cursor)
    let cell = Parser.parse(source)
    let tokens = Lexer.run(source).tokens.filter { $0.kind != .end && $0.kind != .newline }
    // At the border of two tokens the one on the left was just typed; a word tells more than a sign.
    let touching = tokens.filter { $0.span.start <= place && place <= $0.span.end }
    let token = touching.first { $0.word != nil } ?? touching.first
    let offset = token?.span.start ?? place
    guard let statement = cell.statements.last(where: { $0.span.start <= offset }),
      source.lineIndex(at: max(statement.span.end - 1, 0)) >= source.lineIndex(at: offset)
    else {
      return token?.word.flatMap { page(ofWord: $0) }
    }
    if let token, let page = page(token, in: statement, detail) { return page }
    return commands.match(statement.items).map { HelpPage(commands: $0.commands) }
  }

  private func page(_ token: Token, in statement: Statement, _ detail: Int) -> HelpPage? {
    if case .number(let quantity) = token.kind, let unit = quantity.unit {
      return HelpPage(
        title: quantity.description,
        blocks: [.paragraph("\(Quantity.shortest(quantity.value)); `\(unit.rawValue)` means \(unit.meaning)")]
      )
    }
    guard let word = token.word else { return nil }
    if let target = statement.target {
      if target.noun?.span == token.span, let kind = ObjectKind(rawValue: word) {
        return HelpPage(kind: kind, table: commands)
      }
      if target.name.span == token.span { return session.binding(word).map { HelpPage($0, in: session) } }
    }
    guard let match = commands.match(statement.items) else { return page(ofWord: word) }
    if statement.items.prefix(match.length).contains(where: { $0.span == token.span }) {
      return HelpPage(commands: match.commands)
    }
    for command in match.commands {
      let walk = ArgumentWalk(command, items: Array(statement.items.dropFirst(match.length)))
      for assignment in walk.assignments {
        if assignment.keyword?.span == token.span {
          return page(assignment.parameter, of: command, detail)
        }
        let isInside = assignment.nodes.contains {
          $0.span.start <= token.span.start && token.span.end <= $0.span.end
        }
        if isInside { return page(ofArgument: word, assignment.parameter, command, detail) }
      }
    }
    return page(ofWord: word)
  }

  /// A word in the place of a value: a name, a field, a choice; otherwise the place itself.
  private func page(
    ofArgument word: String, _ parameter: Parameter, _ command: CommandDeclaration, _ detail: Int
  ) -> HelpPage? {
    switch parameter.type {
    case .condition(let fields):
      if let field = fields.first(where: { $0.name == word }) {
        let unit = field.family.map { " Its limits are written \($0.spelling)." } ?? ""
        return HelpPage(title: field.name, blocks: [.paragraph("A field: \(field.meaning).\(unit)")])
      }
    case .words:
      if let page = page(ofWord: word) { return page }
    case .choice(let choices) where choices.contains(word):
      return page(parameter, of: command, detail)
    default: break
    }
    if let binding = session.binding(word) { return HelpPage(binding, in: session) }
    return page(parameter, of: command, detail)
  }

  private func page(_ parameter: Parameter, of command: CommandDeclaration, _ detail: Int) -> HelpPage {
    let term = HelpPage.term(parameter)
    var page = HelpPage(
      title: term.term,
      blocks: [
        .paragraph("A clause of `\(command.name)`: \(term.meaning)."),
        .paragraph("It takes \(parameter.type.withArticle)."),
      ])
    if command.parameters.contains(where: { $0.name == parameter.name }) {
      page.blocks[0] = .paragraph("The \(parameter.name) of `\(command.name)`: \(term.meaning).")
    }
    if case .flag = parameter.type { page.blocks.removeLast() }
    if detail > 0 { page.blocks += HelpPage(commands: [command]).blocks }
    return page
  }

  private func page(ofWord word: String) -> HelpPage? {
    if let binding = session.binding(word) { return HelpPage(binding, in: session) }
    if !commands.named(word).isEmpty { return HelpPage(commands: commands.named(word)) }
    let longer = commands.secondWords(after: word)
    if !longer.isEmpty {
      return HelpPage(
        title: word,
        blocks: [
          .terms(heading: "Commands", longer.map { HelpPage.Term(term: $0.name, meaning: $0.summary) })
        ])
    }
    return ObjectKind(rawValue: word).map { HelpPage(kind: $0, table: commands) }
  }
}

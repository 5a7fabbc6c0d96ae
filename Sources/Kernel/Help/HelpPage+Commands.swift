extension HelpPage {
  /// The page of one command, in all the forms it is declared in.
  init(commands: [CommandDeclaration]) {
    title = commands.first?.name ?? ""
    blocks = commands.flatMap(Self.blocks)
  }

  private static func blocks(_ command: CommandDeclaration) -> [Block] {
    var blocks: [Block] = [.paragraph(sentence(command.summary)), .code(command.signature)]
    if !command.discussion.isEmpty { blocks.append(.paragraph(command.discussion)) }
    if !command.parameters.isEmpty {
      blocks.append(.terms(heading: "Given in this order", command.parameters.map(term)))
    }
    if !command.allClauses.isEmpty {
      blocks.append(.terms(heading: "Clauses, in any order", command.allClauses.map(term)))
    }
    if let kind = command.result.objectKind {
      blocks.append(.paragraph("Gives \(kind.withArticle): \(kind.meaning)."))
    }
    if !command.examples.isEmpty {
      let lines = command.examples.map { example in
        example.meaning.isEmpty ? example.source : "# \(example.meaning)\n\(example.source)"
      }
      blocks.append(.code(lines.joined(separator: "\n\n")))
    }
    return blocks
  }

  /// One place of a command with its meaning, limits and default.
  static func term(_ parameter: Parameter) -> Term {
    var term = parameter.name
    if !parameter.type.placeholder.isEmpty { term += " " + parameter.type.placeholder }
    var meaning = parameter.meaning
    switch parameter.type {
    case .choice(let choices) where choices.count > 6:
      meaning += "; one of " + choices.map { "`\($0)`" }.joined(separator: ", ")
    case .condition(let fields):
      meaning += "; fields: " + fields.map { "`\($0.name)` (\($0.meaning))" }.joined(separator: ", ")
    case .integer(let range):
      let limits = ParameterType.limits(range)
      if !limits.isEmpty { meaning += "; a number\(limits)" }
    default: break
    }
    if parameter.isRequired { meaning += "; required" }
    if let text = parameter.defaultText { meaning += "; \(text) when left out" }
    return Term(term: term, meaning: meaning)
  }

  /// All commands by group, as `help` without an argument shows them.
  init(table: CommandTable) {
    title = "Commands"
    blocks = CommandGroup.allCases.compactMap { group in
      let terms = table.names.compactMap { name -> Term? in
        guard let command = table.named(name).first, command.group == group else { return nil }
        return Term(term: name, meaning: command.summary)
      }
      return terms.isEmpty ? nil : .terms(heading: group.rawValue, terms)
    }
    blocks.append(
      .paragraph(
        "`help COMMAND` tells more. Tab completes what you type, Shift-Tab explains what the cursor is on."))
  }

  /// What a noun means, and which commands make such a thing.
  init(kind: ObjectKind, table: CommandTable) {
    title = kind.rawValue
    blocks = [.paragraph(Self.sentence(kind.meaning))]
    let makers = table.commands.filter { $0.result == .object(kind) }
    if !makers.isEmpty {
      blocks.append(
        .terms(heading: "Made by", makers.map { Term(term: $0.signature, meaning: $0.summary) }))
    }
  }

  private static func sentence(_ phrase: String) -> String {
    phrase.prefix(1).uppercased() + phrase.dropFirst() + "."
  }
}

extension CommandDeclaration {
  static let help = CommandDeclaration(
    "help", group: .general, summary: "shows all commands, or explains one",
    parameters: [.optional("topic", .words, "a command, noun, or name of the session")],
    examples: [
      CommandExample("help", "all commands"),
      CommandExample("help save", "what one command takes, with examples"),
      CommandExample("help table", "what a noun means and what makes one"),
    ]
  ) { arguments, context in
    guard arguments.has("topic") else {
      context.output.display(HelpPage(table: context.commands).bundle(), displayID: nil)
      return .none
    }
    let topic = try arguments.texts("topic").joined(separator: " ")
    let commands = context.commands
    let session = context.session
    let longer = commands.secondWords(after: topic)
    if let binding = session.binding(topic) {
      context.page(HelpPage(binding, in: session).bundle())
    } else if !commands.named(topic).isEmpty {
      context.page(HelpPage(commands: commands.named(topic)).bundle())
    } else if !longer.isEmpty {
      let terms = longer.map { HelpPage.Term(term: $0.name, meaning: $0.summary) }
      context.page(HelpPage(title: topic, blocks: [.terms(heading: "Commands", terms)]).bundle())
    } else if let kind = ObjectKind(rawValue: topic) {
      context.page(HelpPage(kind: kind, table: commands).bundle())
    } else {
      let known = commands.names + ObjectKind.allCases.map(\.rawValue) + session.names
      let close = Suggestion.closest(to: topic, among: known)
      throw Diagnostic(
        .name, "there is no help about `\(topic)`", at: arguments.span(of: "topic"),
        label: close.map { "did you mean `\($0)`?" }, replacement: close, next: close == nil ? "help" : nil)
    }
    return .none
  }
}

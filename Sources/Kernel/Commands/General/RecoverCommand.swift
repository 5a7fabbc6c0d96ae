import Engine

extension CommandDeclaration {
  static let recover = CommandDeclaration(
    "recover", group: .general, summary: "makes the session again that a crash has ended",
    discussion:
      "When a `%%python` cell ends the kernel, the next kernel of the notebook says so. This command runs the "
      + "statements that made the session; results of training and distillation come from the cache.",
    examples: [CommandExample("recover", "after a crash")]
  ) { _, context in
    guard let crash = context.environment.leftover else {
      throw Diagnostic(
        .command, "there is nothing to recover", notes: ["this kernel was not started after a crash"])
    }
    let renderer = ValueRenderer(environment: context.environment)
    for statement in crash.statements {
      do {
        let result = try context.perform(statement)
        context.output.write((renderer.confirmation(result) ?? statement) + "\n", to: .stdout)
      } catch let diagnostic as Diagnostic where diagnostic.category != .interrupted {
        context.output.write("not made again: \(statement)\n  \(diagnostic.message)\n", to: .stderr)
      }
    }
    return .none
  }
}

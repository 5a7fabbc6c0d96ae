extension CommandDeclaration {
  static let edit = CommandDeclaration(
    "edit", group: .general, summary: "puts the statement that made a name into the next cell, to be changed",
    discussion: "In a terminal it becomes the next line. A name that Python has made brings its whole cell.",
    parameters: [.required("name", .name, "what to make anew")],
    examples: [CommandExample("epochs = 8\nedit epochs", "the next cell holds `epochs = 8`")]
  ) { arguments, context in
    let name = try arguments.text("name")
    guard let statement = context.session.script(for: name).last else {
      throw arguments.error(for: "name", "`\(name)` comes with the program, and no statement made it")
    }
    context.transaction.add(.nextInput(statement))
    return .none
  }
}

import Engine

extension CommandDeclaration {
  static let include = CommandDeclaration(
    "include", group: .general, summary: "runs the statements of a file",
    discussion:
      "As if they stood here, all or none: where one fails, the session is as it was before. Paths in the file are "
      + "seen from the notebook's folder, as everywhere. A file that is included cannot include another.",
    parameters: [.required("file", .path(extensions: ["dass"]), "statements of this language")],
    examples: [
      CommandExample(
        """
        data = "my-tasks.dass"
        include data
        """, "which data a notebook is about, chosen by one parameter")
    ]
  ) { arguments, context in
    let path = try arguments.text("file")
    guard let text = String(validating: try FileBytes.read(path), as: UTF8.self) else {
      throw arguments.error(for: "file", "“\(path)” is not text in UTF-8")
    }
    let source = SourceText(text)
    let cell = Parser.parse(source)
    func located(_ diagnostic: Diagnostic, at span: SourceSpan?) -> Diagnostic {
      var diagnostic = diagnostic
      if let span {
        diagnostic.message = "line \(source.lineIndex(at: span.start) + 1) of \(path): \(diagnostic.message)"
      }
      // The caret, and what is to be written at it, would point into this cell and not into the file.
      diagnostic.span = nil
      if let label = diagnostic.label.take() { diagnostic.notes.insert(label, at: 0) }
      diagnostic.replacement = nil
      return diagnostic
    }
    if let first = cell.diagnostics.first { throw located(first, at: first.span) }
    if let foreign = cell.foreign {
      throw located(
        Diagnostic(.syntax, "a file that is included holds statements, no `%%\(foreign.language)`"),
        at: foreign.headSpan)
    }
    let renderer = ValueRenderer(
      environment: context.environment, cancellation: context.supervision.cancellation)
    for statement in cell.statements {
      do {
        try context.supervision.cancellation.check()
        if statement.target == nil, statement.items.first?.word == "include" {
          throw Diagnostic(.command, "a file that is included cannot include another")
        }
        let result = try context.perform(source.text(in: statement.span))
        if let confirmation = renderer.confirmation(result) {
          context.output.write(confirmation + "\n", to: .stdout)
        } else if let bundle = try renderer.bundle(result) {
          context.output.display(bundle, displayID: nil)
        }
      } catch let diagnostic as Diagnostic where diagnostic.category != .interrupted {
        throw located(diagnostic, at: statement.span)
      }
    }
    return .none
  }
}

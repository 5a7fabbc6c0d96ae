extension CommandDeclaration {
  static let describe = CommandDeclaration(
    "describe", group: .general, summary: "tells all about a name, with a script that makes it again",
    parameters: [.required("name", .name, "what to describe")],
    examples: [
      CommandExample(
        "epochs = 8\ndescribe epochs",
        output: "parameter epochs\n\n8\n\nThis makes it again:\n\n  epochs = 8")
    ]
  ) { arguments, context in
    let session = context.session
    guard let binding = session.binding(try arguments.text("name")) else { return .none }
    context.output.display(HelpPage(binding, in: session).bundle(), displayID: nil)
    // Pictures say more about images than their numbers do.
    if case .object(let object) = binding.value, [.dataset, .figure].contains(object.kind) {
      context.output.display(
        try object.display(context.displayContext(name: binding.name)), displayID: nil)
    }
    return .none
  }

  static let list = CommandDeclaration(
    "list", group: .general, summary: "lists the names of the session",
    parameters: [.optional("kind", .choice(ObjectKind.allCases.map(\.rawValue)), "only things of this kind")],
    result: .table,
    examples: [
      CommandExample(
        "epochs = 8\nname = \"greek\"\nlist",
        output: """
          name    kind       value
          ──────  ─────────  ───────
          epochs  parameter  8
          name    parameter  "greek"
          """),
      CommandExample("list pool", "only the pools"),
    ]
  ) { arguments, context in
    let kind = try arguments.ifPresent("kind") { try $0.text($1) }
    var table = Table(columns: [Table.Column("name"), Table.Column("kind"), Table.Column("value")])
    for binding in context.session.all {
      let noun = binding.value.objectKind?.rawValue
      if let kind, noun != kind { continue }
      table.rows.append([.text(binding.name), .text(noun ?? "parameter"), .text(binding.value.description)])
    }
    return .table(table)
  }

  static let forget = CommandDeclaration(
    "forget", group: .general, summary: "takes names out of the session",
    discussion: "What comes with the program gets its own meaning back.",
    parameters: [.required("names", .names, "what to forget")],
    examples: [
      CommandExample("x = 3\nforget x\nlist", output: "name  kind  value\n────  ────  ─────\n(no rows)")
    ]
  ) { arguments, context in
    let names = try arguments.texts("names")
    context.transaction.change { session in
      for name in names { session.forget(name) }
    }
    return .none
  }
}

import Engine

extension CommandDeclaration {
  static let print = CommandDeclaration(
    "print", group: .general, summary: "writes values as text",
    discussion: "Texts are written without quotes, everything else as it shows itself, with spaces between.",
    parameters: [.required("values", .values, "what to write")],
    examples: [
      CommandExample("print \"hello, world\"", output: "hello, world"),
      CommandExample("epochs = 8\nprint \"epochs:\" epochs", output: "epochs: 8"),
    ]
  ) { arguments, context in
    try write(arguments, context, to: .stdout)
    return .none
  }

  static let warn = CommandDeclaration(
    "warn", group: .general, summary: "writes values as text to the error stream",
    parameters: [.required("values", .values, "what to write")],
    examples: [CommandExample("warn \"the pool is small\"", output: "the pool is small")]
  ) { arguments, context in
    try write(arguments, context, to: .stderr)
    return .none
  }

  private static func write(_ arguments: Arguments, _ context: CommandContext, to stream: StreamName) throws {
    let renderer = ValueRenderer(
      environment: context.environment, cancellation: context.supervision.cancellation)
    let texts = try arguments.list("values").map(renderer.printed)
    context.output.write(texts.joined(separator: " ") + "\n", to: stream)
  }
}

import Engine
import Foundation

extension CommandDeclaration {
  static let clear = CommandDeclaration(
    "clear", group: .general, summary: "clears the output of the cell",
    clauses: [.flag("wait", "clears when the next output comes, without flicker")],
    examples: [CommandExample("clear wait")]
  ) { arguments, context in
    context.output.clearOutput(wait: arguments.flag("wait"))
    return .none
  }

  static let sleep = CommandDeclaration(
    "sleep", group: .general, summary: "waits, and can be interrupted",
    parameters: [.required("duration", .duration, "how long to wait", suggestions: ["1s"])],
    examples: [CommandExample("sleep 10ms", output: "")]
  ) { arguments, context in
    let seconds = try arguments.number("duration")
    let start = ContinuousClock.now
    while true {
      try context.supervision.cancellation.check()
      let elapsed = (ContinuousClock.now - start).seconds
      if elapsed >= seconds { return .none }
      let share = Int(elapsed / seconds * 1000)
      context.supervision.progress.report(ProgressEvent(stage: "waiting", completed: share, total: 1000))
      Thread.sleep(forTimeInterval: min(0.01, seconds - elapsed))
    }
  }

  static let ask = CommandDeclaration(
    "ask", group: .general, summary: "asks for a line of text and gives it back",
    parameters: [.required("prompt", .text, "the question")],
    clauses: [.flag("hidden", "shows dots instead of what is typed")],
    result: .value,
    examples: [CommandExample("name = ask \"Which dataset? \"")]
  ) { arguments, context in
    let answer = try context.output.requestInput(
      prompt: arguments.text("prompt"), isPassword: arguments.flag("hidden"),
      cancellation: context.supervision.cancellation)
    return .text(answer)
  }

  static let version = CommandDeclaration(
    "version", group: .general, summary: "tells the version of the program",
    examples: [CommandExample("version")]
  ) { _, context in
    context.output.write("DaSS \(context.environment.version)\n", to: .stdout)
    return .none
  }
}

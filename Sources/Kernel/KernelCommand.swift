import ArgumentParser

/// `dass kernel FILE`: what Jupyter runs.
struct KernelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernel", abstract: "Serves notebooks; Jupyter starts this itself.")

  @Argument(help: "The connection file that Jupyter wrote.", completion: .file(extensions: ["json"]))
  var connectionFile: String

  func run() throws {
    try KernelProcess.serve(connectionFile: connectionFile) { DassInterpreter(journal: $0) }
  }
}

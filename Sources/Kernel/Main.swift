import ArgumentParser
import Engine
import Foundation

/// The program: each subcommand is a file of its own, and a line here.
@main
struct DassCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dass",
    abstract: "Distillation-aware neural architecture search, in notebooks.",
    version: KernelInfo.version,
    subcommands: [
      KernelCommand.self,
      InstallCommand.self,
      RunCommand.self,
      ReplCommand.self,
      BenchCommand.self,
      MetabaseCommand.self,
      ReferenceCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as any ExplainedError {
      let advice = error.advice.map { "\n  \($0)." } ?? ""
      KernelLog(descriptor: STDERR_FILENO).write("\(error.problem).\(advice)")
      Foundation.exit(1)
    } catch {
      exit(withError: error)
    }
  }
}

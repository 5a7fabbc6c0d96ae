import ArgumentParser
import Engine
import Foundation

/// `dass metabase`: measuring many students without a notebook, and moving what was measured.
struct MetabaseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metabase", abstract: "Measures the demo world, and merges, exports and checks results.",
    subcommands: [
      CollectCommand.self, PackCommand.self, ExtractorCommand.self, MergeCommand.self, ExportCommand.self,
      CheckCommand.self,
    ])
}

/// Which file and which tasks.
struct MetabaseOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The metabase; the one of the notebooks when left out.", valueName: "file"))
  var database: String?

  func open() throws -> Metabase {
    guard let database else { return try Environment.standard.openMetabase() }
    return try Metabase(path: database)
  }
}

struct DemoTaskOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only this task of the demo world, such as source-3; may be repeated.", valueName: "task"))
  var only: [String] = []

  func tasks() throws -> [DemoTask] {
    if only.isEmpty { return DemoTask.all }
    return try only.map { name in
      guard let task = DemoTask.all.first(where: { $0.name == name }) else {
        throw ValidationError(
          "There is no task \(name); tasks are \(DemoTask.all.map(\.name).joined(separator: ", ")).")
      }
      return task
    }
  }
}

/// `dass metabase collect`.
struct CollectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect", abstract: "Measures the demo world: teachers, then students with their seeds.",
    discussion:
      "May be stopped or killed at any moment; the same command goes on from there. Shows how far it is and about how "
      + "long it will take.")

  @OptionGroup var metabase: MetabaseOptions
  @OptionGroup var demo: DemoTaskOptions
  @Option(help: ArgumentHelp("How many students are distilled at a time.", valueName: "count"))
  var workers = Workers.count

  func run() throws {
    let environment = Environment.standard
    let cancellation = CancellationToken()
    let interrupt = RunCommand.cancelOnInterrupt(cancellation)
    defer { interrupt.cancel() }
    let progress = ProgressLog.sink()
    let supervision = Supervision(progress: progress, cancellation: cancellation)
    let collection = MetabaseCollection(
      tasks: try demo.tasks().map { $0.collection(dataFolder: environment.dataDirectory.path) },
      metabase: try metabase.open(), cache: environment.cache, workers: max(1, workers))
    do {
      try collection.measure(try collection.prepare(supervision: supervision), supervision: supervision)
      progress.finish(succeeded: true)
    } catch is Cancelled {
      progress.finish(succeeded: false)
      print("Stopped. What was measured is kept; the same command goes on from there.")
      throw ExitCode(130)
    }
  }
}

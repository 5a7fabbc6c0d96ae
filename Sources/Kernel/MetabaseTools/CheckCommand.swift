import ArgumentParser
import Engine
import Foundation

/// `dass metabase check`: whether measuring again gives the same.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Measures a sample of the demo world's results again and compares.",
    discussion:
      "Compares with the results that come with the program: the images, then accuracies to the last digit. Ends with "
      + "status 1 where something differs.")

  @OptionGroup var demo: DemoTaskOptions
  @Option(help: ArgumentHelp("How many results of each task.", valueName: "count"))
  var sample = 2
  @Option(help: ArgumentHelp("Draws the sample.", valueName: "number"))
  var seed: UInt64 = 1
  @Flag(help: "Train the teachers again, too, and compare their weights.")
  var teachers = false

  func run() throws {
    var differences = 0
    for task in try demo.tasks() {
      let found = try differing(task)
      differences += found.count
      print("\(task.name): " + (found.isEmpty ? "the same" : found.joined(separator: "; ")))
    }
    if differences > 0 { throw ExitCode(1) }
  }

  private func differing(_ task: DemoTask) throws -> [String] {
    let collection = task.collection(dataFolder: Environment.standard.dataDirectory.path)
    let results = try DemoResults.results(of: task)
    let dataset = try collection.dataset(Supervision())
    guard dataset.digest == results.dataset.digest else {
      return ["other images (the fonts of this machine, or their versions, are others)"]
    }
    let teacher = try DemoResults.teacher(of: task)
    var found: [String] = []
    if teachers {
      let again = try Teacher.train(
        space: collection.space, on: dataset, settings: collection.teacherSettings,
        seed: collection.teacherSeed, supervision: Supervision())
      if again.digest != teacher.digest { found.append("the teacher has other weights") }
    }
    let distillation = try Distillation(
      teacher: teacher, dataset: dataset, settings: collection.distillation, cancellation: CancellationToken()
    )
    var random = RandomSource(seed: seed, stream: "check of \(task.name)")
    for row in results.students.shuffled(using: &random).prefix(max(0, sample)) {
      guard let student = Architecture(text: row.job.student) else { continue }
      let again = try distillation.distill(student, seed: row.job.seed, supervision: Supervision()).trained
      guard again.bestAccuracy != row.result.bestAccuracy || again.finalAccuracy != row.result.finalAccuracy
      else { continue }
      // Rows of an older engine may still come out the same.
      let machine = row.result.machine == MachineKind.current ? "" : ", measured on \(row.result.machine)"
      let engine =
        row.job.engineVersion == EngineVersion.current
        ? "" : ", measured by version \(row.job.engineVersion) of the engine"
      found.append(
        "\(row.job.student) with seed \(row.job.seed): \(NumberText.percent(again.bestAccuracy, digits: 2)), not "
          + NumberText.percent(row.result.bestAccuracy, digits: 2) + machine + engine)
    }
    return found
  }
}

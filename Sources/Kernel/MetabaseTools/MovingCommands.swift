import ArgumentParser
import Engine
import Foundation

/// `dass metabase pack`: the results of the demo world as the files that come with the program.
struct PackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack", abstract: "Writes what was measured of the demo world as small files.",
    discussion:
      "A file of results and one of the teacher's weights for each task, as they lie in the sources.")

  @OptionGroup var metabase: MetabaseOptions
  @OptionGroup var demo: DemoTaskOptions
  @Argument(help: ArgumentHelp("Where the files are written.", valueName: "folder"))
  var folder: String

  func run() throws {
    let environment = Environment.standard
    let known = try metabase.open().tasks()
    try AtomicFile.createFolder(folder)
    for task in try demo.tasks() {
      let collection = task.collection(dataFolder: environment.dataDirectory.path)
      let dataset = try collection.dataset(Supervision())
      let training = TeacherTraining(
        space: collection.space, dataset: dataset, settings: collection.teacherSettings,
        seed: collection.teacherSeed)
      guard
        let teacher = environment.cache.get(training.key, decode: { try Teacher(SafeTensors(parsing: $0)) }),
        var results = known.first(where: { $0.teacher.digest == teacher.digest })
      else {
        print("\(task.name): nothing measured")
        continue
      }
      // In the order of the plan, and nothing that was measured with other settings.
      let wanted = collection.runs.map { run in
        DistillationJob(
          datasetDigest: dataset.digest, teacherDigest: teacher.digest, student: run.student.text,
          settings: collection.distillation.json, seed: run.seed
        ).digest
      }
      let byJob = Dictionary(
        results.students.map { ($0.job.digest, $0) }, uniquingKeysWith: { first, _ in first })
      results.students = wanted.compactMap { byJob[$0] }
      try AtomicFile.write(Array(results.lines.utf8), to: "\(folder)/\(task.name).jsonl")
      try teacher.safeTensors.write(to: "\(folder)/\(task.name).safetensors")
      print("\(task.name): \(results.students.count) of \(wanted.count) runs")
    }
  }
}

/// `dass metabase extractor`: the network that describes images, as it comes with the program.
struct ExtractorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extractor", abstract: "Trains the network that describes images for MetaD2A and TANS.",
    discussion: "On all 200 classes of the demo world's source set; writes \(FeatureExtractor.fileName).")

  @Argument(help: ArgumentHelp("Where the file is written.", valueName: "folder"))
  var folder: String

  func run() throws {
    let cancellation = CancellationToken()
    let interrupt = RunCommand.cancelOnInterrupt(cancellation)
    defer { interrupt.cancel() }
    let progress = ProgressLog.sink()
    let network: Teacher
    do {
      network = try FeatureExtractor.train(
        dataFolder: Environment.standard.dataDirectory.path,
        supervision: Supervision(progress: progress, cancellation: cancellation))
      progress.finish(succeeded: true)
    } catch is Cancelled {
      progress.finish(succeeded: false)
      throw ExitCode(130)
    }
    try AtomicFile.createFolder(folder)
    try network.safeTensors.write(to: "\(folder)/\(FeatureExtractor.fileName)")
    print(
      "\(FeatureExtractor.fileName): test accuracy \(percent(network.accuracy)) on \(network.classes) classes"
    )
  }
}

/// `dass metabase merge`: results measured elsewhere.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Adds results that were measured elsewhere.",
    discussion:
      "Takes metabases (.sqlite) and files of results (.jsonl); “demo” stands for the results that come with the "
      + "program. The first result of a job stays.")

  @OptionGroup var metabase: MetabaseOptions
  @Argument(help: ArgumentHelp("What to add.", valueName: "file"))
  var files: [String]

  func run() throws {
    let target = try metabase.open()
    for file in files {
      let tasks = try file == "demo" ? DemoResults.all() : ResultFile.read(file)
      let added = try target.insert(tasks)
      let total = tasks.reduce(0) { $0 + $1.students.count }
      print("\(file): \(added) of \(total) results were new")
    }
  }
}

/// `dass metabase export`.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Writes all results as .csv, .parquet, .jsonl or .sqlite.")

  @OptionGroup var metabase: MetabaseOptions
  @Argument(help: ArgumentHelp("The file, whose extension chooses the form.", valueName: "file"))
  var file: String

  func run() throws {
    let tasks = try metabase.open().tasks()
    try ResultFile.write(tasks, to: file)
    print("\(file): \(tasks.reduce(0) { $0 + $1.students.count }) results of \(tasks.count) teachers")
  }
}

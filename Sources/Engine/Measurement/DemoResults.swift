import Foundation

/// What was measured of the demo world, as it comes with the program: for each task the teacher's weights and a file of
/// results, made by `dass metabase pack`.
package enum DemoResults {
  /// The folder with the files, if it is found: beside the program, where the build puts it, or where it was installed.
  package static var folder: String? {
    let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let place = URL(fileURLWithPath: program).deletingLastPathComponent().path
    return [place + "/DaSS_Engine.resources/Demo", place + "/../share/dass/Demo"]
      .first { FileBytes.isFolder($0) }
  }

  /// - Throws: `DemoResultsError`, `FileError`, `FileContentError`, `ModelFileError`.
  package static func teacher(of task: DemoTask, folder: String? = folder) throws -> Teacher {
    let path = try path(of: task, "safetensors", folder)
    return try FileContentError.naming(path) { try Teacher(SafeTensors(parsing: FileBytes.read(path))) }
  }

  /// The network that describes images, trained by `FeatureExtractor.train`.
  ///
  /// - Throws: `DemoResultsError`, `FileError`, `FileContentError`, `ModelFileError`.
  package static func extractor(folder: String? = folder) throws -> Teacher {
    guard let folder else { throw DemoResultsError.notFound }
    let path = "\(folder)/\(FeatureExtractor.fileName)"
    guard FileBytes.isRegularFile(path) else { throw DemoResultsError.notFound }
    return try FileContentError.naming(path) { try Teacher(SafeTensors(parsing: FileBytes.read(path))) }
  }

  /// - Throws: `DemoResultsError`, `FileError`, `FileContentError`.
  package static func results(of task: DemoTask, folder: String? = folder) throws -> TaskResults {
    let path = try path(of: task, "jsonl", folder)
    return try FileContentError.naming(path) {
      let tasks = try TaskResults.parse(FileBytes.read(path))
      guard tasks.count == 1, let results = tasks.first else { throw TaskResultsError.empty }
      return results
    }
  }

  /// The results of all tasks that were measured.
  ///
  /// - Throws: `DemoResultsError.notFound`, `FileError`, `FileContentError`.
  package static func all(folder: String? = folder) throws -> [TaskResults] {
    guard let folder else { throw DemoResultsError.notFound }
    return try DemoTask.all.filter { FileBytes.isRegularFile("\(folder)/\($0.name).jsonl") }
      .map { try results(of: $0, folder: folder) }
  }

  /// The results as tasks to learn from, one a seed, with the images where they can be made as they were.
  ///
  /// - Throws: `DemoResultsError`, `FileError`, `FileContentError`, `ModelFileError`, `Cancelled`.
  package static func measured(
    _ task: DemoTask, seeds: [UInt64] = [1], dataFolder: String, folder: String? = folder,
    supervision: Supervision = Supervision()
  ) throws -> (tasks: [MeasuredTask], rows: TaskResults) {
    let teacher = try teacher(of: task, folder: folder)
    var rows = try results(of: task, folder: folder)
    rows.students.removeAll { !seeds.contains($0.job.seed) }
    let measured = Set(rows.students.map(\.job.seed))
    let dataset: Dataset?
    do {
      dataset = try task.set.dataset(part: task.part, dataFolder: dataFolder, supervision: supervision)
    } catch is any ExplainedError {
      // Without the fonts, or the scans, students can be ranked by all that needs no image.
      dataset = nil
    }
    let usable = dataset?.digest == rows.dataset.digest ? dataset : nil
    let tasks = try seeds.filter(measured.contains).map {
      try MeasuredTask(rows, teacher: teacher, dataset: usable, seed: $0)
    }
    return (tasks, rows)
  }

  private static func path(of task: DemoTask, _ ending: String, _ folder: String?) throws -> String {
    guard let folder else { throw DemoResultsError.notFound }
    let path = "\(folder)/\(task.name).\(ending)"
    guard FileBytes.isRegularFile(path) else { throw DemoResultsError.notMeasured(task.name) }
    return path
  }
}

/// Why results of the demo world cannot be had.
package enum DemoResultsError: Error, Sendable, Equatable {
  case notFound
  case notMeasured(String)
}

extension DemoResultsError: ExplainedError {
  package var problem: String {
    switch self {
    case .notFound: "the results of the demo world are not beside the program"
    case .notMeasured(let name): "the demo world comes without results of “\(name)”"
    }
  }

  package var advice: String? {
    switch self {
    case .notFound: "Build the program anew, or install it with its folder DaSS_Engine.resources"
    case .notMeasured(let name): "`dass metabase collect --only \(name)` measures them"
    }
  }
}

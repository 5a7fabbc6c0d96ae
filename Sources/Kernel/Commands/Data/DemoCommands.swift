import Engine
import Foundation

/// The commands that give the parts of the demo world; the noun before the name says which part.
enum DemoCommands {
  static let all: [CommandDeclaration] = [.demoDataset, .demoTeacher, .demoMetabase]
}

extension CommandDeclaration {
  static let demoDataset = CommandDeclaration(
    "demo", group: .data, summary: "makes a dataset of the demo world",
    discussion: "Small tasks that take the places of the paper's. "
      + DemoSet.allCases.map { "`\($0.rawValue)`: \($0.meaning)." }.joined(separator: " "),
    parameters: [.demoSet],
    clauses: [
      .optional("split", .integer(0...9), "one of the ten tasks of `source`; all 200 classes when left out"),
      .optional("size", .integer(8...256), default: "16", "pixels on each side"),
    ],
    result: .object(.dataset),
    examples: [
      CommandExample("dataset t3 = demo source split 3", "twenty of the 200 classes"),
      CommandExample("dataset d = demo textures"),
    ]
  ) { arguments, context in
    let set = try arguments.demoSet()
    return .object(
      DatasetObject(
        dataset: try set.dataset(
          part: try arguments.ifPresent("split") { try $0.integer($1) }, size: try arguments.integer("size"),
          dataFolder: context.environment.dataDirectory.path, supervision: context.supervision)))
  }

  static let demoTeacher = CommandDeclaration(
    "demo", group: .teachers, summary: "gives a teacher of the demo world, as it comes with the program",
    parameters: [.demoSet],
    clauses: [.optional("split", .integer(0...9), "which of the ten tasks of `source`")],
    result: .object(.teacher),
    examples: [CommandExample("teacher t = demo textures")]
  ) { arguments, context in
    let set = try arguments.demoSet()
    let part = try arguments.ifPresent("split") { try $0.integer($1) }
    guard set != .source || part != nil else {
      throw arguments.error(for: "set", "`source` has a teacher for each split", advice: "say which: split 3")
    }
    let task = DemoTask(set: set, part: part)
    let teacher = try DemoResults.teacher(of: task)
    let dataset = try set.dataset(
      part: part, dataFolder: context.environment.dataDirectory.path, supervision: context.supervision)
    guard dataset.digest == teacher.datasetDigest else {
      throw arguments.error(
        for: "set", "the images made here are not those that the teacher was trained on",
        advice:
          "the fonts of this machine, or their versions, are others; `make setup` installs those of the project"
      )
    }
    return .object(TeacherObject(teacher: teacher, dataset: dataset, making: "comes with the program"))
  }

  static let demoMetabase = CommandDeclaration(
    "demo", group: .measurement, summary: "gives the measured students of the demo world",
    discussion:
      "They come with the program, so that predictors can be learned and judged at once. Splits 0 to 7 of `source` are "
      + "for meta-training, 8 and 9 for validation, the other sets for tests. Some students were measured with several "
      + "seeds: ask for seed 2 and 3.",
    parameters: [.demoSet],
    clauses: [
      .optional("split", .integers(0...9), "which of the ten tasks of `source`; all when left out"),
      .optional("seed", .integers(1...3), default: "1", "runs with these seeds"),
    ],
    result: .object(.metabase),
    examples: [
      CommandExample("metabase source = demo source split 0..7", "for meta-training"),
      CommandExample("metabase gt = demo textures"),
    ]
  ) { arguments, context in
    let set = try arguments.demoSet()
    let parts = try arguments.ifPresent("split") { try $0.integers($1) }
    let tasks = DemoTask.all.filter { task in
      task.set == set && (parts.map { $0.contains(task.part ?? -1) } ?? true)
    }
    let seeds = try arguments.integers("seed").map { UInt64($0) }
    let measured = try Workers.map(pieces: tasks.count) { index in
      try DemoResults.measured(
        tasks[index], seeds: seeds, dataFolder: context.environment.dataDirectory.path,
        supervision: context.supervision)
    }
    return .object(
      MetabaseObject(
        tasks: measured.flatMap(\.tasks), rows: measured.map(\.rows), making: "comes with the program"))
  }
}

extension Parameter {
  static let demoSet = Parameter.required(
    "set", .choice(DemoSet.allCases.map(\.rawValue)), "which set", suggestions: ["source"])
}

extension Arguments {
  /// - Throws: a diagnostic if a set other than `source` is asked for a split.
  func demoSet() throws -> DemoSet {
    guard let set = DemoSet(rawValue: try text("set")) else {
      throw error(for: "set", "there is no such set")
    }
    if set != .source, has("split") {
      throw error(for: "split", "only `source` has splits", advice: "leave `split` out")
    }
    return set
  }
}

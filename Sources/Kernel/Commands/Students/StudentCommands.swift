import Engine

/// The commands that draw and choose students.
enum StudentCommands {
  static let all: [CommandDeclaration] = [.sample, .loadPool, .network, .embed, .evolve, .search, .best]
}

extension ConditionField {
  /// What can be asked of a student.
  static let student = [
    ConditionField("macs", .count, "multiply-adds for one image"),
    ConditionField("params", .count, "parameters"),
    ConditionField("depth", nil, "blocks in all stages"),
  ]
}

extension ResNetSpace {
  /// Whether a student meets a condition; without one, it does.
  func satisfies(_ student: Architecture, _ condition: Condition?) -> Bool {
    guard let condition else { return true }
    let cost = cost(of: student)
    return condition.holds { field in
      switch field {
      case "macs": Double(cost.multiplyAdds)
      case "params": Double(cost.parameters)
      case "depth": Double(student.depth)
      default: nil
      }
    }
  }
}

extension CommandDeclaration {
  static let sample = CommandDeclaration(
    "sample", group: .students, summary: "draws students at random",
    discussion: "Depths and widths are drawn uniformly; students that miss the condition are drawn again.",
    parameters: [.required("count", .integer(1...1_000_000), "how many")],
    clauses: [
      .required("from", .object(.space), "the space to draw from"),
      .optional("where", .condition(ConditionField.student), "what every student must meet"),
      .optional("seed", .seed, default: "1", "starts the drawing"),
    ],
    result: .object(.pool),
    examples: [
      CommandExample(
        "pool p = sample 3000 from resnet where macs < 400M seed 7", "3,000 students under a budget")
    ]
  ) { arguments, context in
    let space = try arguments.object("from", as: SpaceObject.self).space
    let count = try arguments.integer("count")
    let condition = try arguments.ifPresent("where") { try $0.condition($1) }
    let seed = try arguments.integer("seed")
    var random = RandomSource(seed: UInt64(seed), stream: "pool")
    let students: [Architecture]
    do {
      students = try space.draw(
        count, random: &random, supervision: context.supervision
      ) { space.satisfies($0, condition) }
    } catch let error as SpaceError {
      throw arguments.error(for: "where", error)
    }
    let making = (condition.map { "where \($0.description), " } ?? "") + "seed \(seed)"
    return .object(PoolObject(students: students, space: space, making: making))
  }

  static let network = CommandDeclaration(
    "network", group: .students, summary: "makes a student of its widths",
    parameters: [.required("widths", .text, "`-` between blocks, `/` between stages")],
    clauses: [.required("from", .object(.space), "the space it belongs to")],
    result: .object(.student),
    examples: [CommandExample("student s = network \"32/64-64/128/256\" from resnet")]
  ) { arguments, _ in
    let space = try arguments.object("from", as: SpaceObject.self).space
    guard var architecture = Architecture(text: try arguments.text("widths")) else {
      throw arguments.error(
        for: "widths", "this is not the text of a network", advice: "for instance \"\(space.teacher.text)\"")
    }
    // Widths alone are of the space's kind of blocks.
    if architecture.kind == .basic { architecture.kind = space.kind }
    do throws(SpaceError) {
      try space.validate(architecture)
    } catch {
      throw arguments.error(for: "widths", error)
    }
    return .object(StudentObject(architecture: architecture, space: space))
  }
}

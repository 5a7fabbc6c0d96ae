import Engine

/// The commands that make teachers.
enum TeacherCommands {
  static let all: [CommandDeclaration] = [.train, .loadTeacher]
}

extension CommandDeclaration {
  static let train = CommandDeclaration(
    "train", group: .teachers, summary: "trains the largest network of a space as a teacher",
    discussion: "The epoch that tests best is kept. A teacher trained before is taken from the cache.",
    parameters: [.required("space", .object(.space), "whose largest network is trained")],
    clauses: [
      .required("on", .object(.dataset), "the images to learn"),
      .experimentProtocol,
      .epochs, .rate, .selection, .dropLast,
      .optional("smoothing", .number(.fraction, 0...0.9), default: "0.1", "label smoothing"),
      .augment,
      .optional("seed", .seed, default: "1", "starts weights and batches"),
    ],
    result: .object(.teacher),
    examples: [CommandExample("teacher t = train resnet on cars epochs 180 seed 1", "the paper's protocol")]
  ) { arguments, context in
    let space = try arguments.object("space", as: SpaceObject.self).space
    let dataset = try arguments.object("on", as: DatasetObject.self).dataset
    let settings = try arguments.teacherSettings(imageSize: space.imageSize)
    let seed = try arguments.integer("seed")
    let (teacher, wasKnown) = try TeacherTraining(
      space: space, dataset: dataset, settings: settings, seed: UInt64(seed)
    ).run(cache: context.environment.cache, supervision: context.supervision)
    let making = "\(settings.optimization.epochs) epochs, seed \(seed)" + (wasKnown ? ", from the cache" : "")
    return .object(TeacherObject(teacher: teacher, dataset: dataset, making: making))
  }

  static let loadTeacher = CommandDeclaration(
    "load", group: .teachers, summary: "reads a teacher from a file of weights",
    discussion:
      "Reads safetensors and what PyTorch wrote (`.pth.tar`, `.pth`, `.pt`), without executing what is in it. Files of "
      + "plain weights under the authors' names need the space they belong to; their accuracy is measured, or said. Without "
      + "a dataset a teacher ranks students, but nothing can be distilled from it.",
    parameters: [.required("file", .weights, "the weights")],
    clauses: [
      .optional("on", .object(.dataset), "the dataset that the teacher was trained on"),
      .optional("space", .object(.space), "for files of plain weights"),
      .optional(
        "accuracy", .number(.fraction, 0...1), "of plain weights, where it is not to be measured"),
    ],
    result: .object(.teacher),
    examples: [
      CommandExample("teacher u = load \"t.safetensors\" on greek"),
      CommandExample(
        "teacher v = load \"cub.pth.tar\" on cub space resnet", "a checkpoint of the authors' code"),
      CommandExample(
        "teacher w = load \"weights.safetensors\" space resnet accuracy 81%", "weights without their images"),
    ]
  ) { arguments, context in
    let dataset = try arguments.ifPresent("on") { try $0.object($1, as: DatasetObject.self).dataset }
    do {
      let teacher = try loaded(arguments, dataset, context.supervision.cancellation)
      if let dataset, teacher.datasetDigest != dataset.digest {
        throw arguments.error(
          for: "on", "the teacher was trained on other images, of \(teacher.datasetName)",
          advice: "give the dataset it was made with, with the same size and seed")
      }
      return .object(TeacherObject(teacher: teacher, dataset: dataset, making: "from a file"))
    } catch let error as any ExplainedError {
      throw arguments.error(for: "file", error)
    }
  }

  private static func loaded(
    _ arguments: Arguments, _ dataset: Dataset?, _ cancellation: CancellationToken
  ) throws -> Teacher {
    let path = try arguments.text("file")
    let file = try SafeTensors(weightsAt: path)
    let accuracy = try arguments.ifPresent("accuracy") { try $0.number($1) }
    guard let space = try arguments.ifPresent("space", { try $0.object($1, as: SpaceObject.self) })?.space
    else {
      if accuracy != nil {
        throw arguments.error(for: "accuracy", "only plain weights, with their space, are told an accuracy")
      }
      return try Teacher(file)
    }
    if let dataset {
      return try Teacher(
        weightsOf: file, space: space, dataset: dataset, accuracy: accuracy, cancellation: cancellation)
    }
    guard let accuracy else {
      throw arguments.error(
        for: "file", "the accuracy of plain weights is not known",
        advice: "give the dataset they were trained on, or the accuracy: accuracy 81%")
    }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return try Teacher(weightsOf: file, space: space, name: name, accuracy: accuracy)
  }
}

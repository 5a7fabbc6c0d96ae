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
      .optional("epochs", .integer(1...10_000), default: "180", "passes over the training images"),
      .optional("rate", .number(nil, 1e-6...10), default: "0.05", "learning rate at the start"),
      .optional("smoothing", .number(.fraction, 0...0.9), default: "0.1", "label smoothing"),
      .augment,
      .optional("seed", .seed, default: "1", "starts weights and batches"),
    ],
    result: .object(.teacher),
    examples: [CommandExample("teacher t = train resnet on cars epochs 180 seed 1", "the paper's protocol")]
  ) { arguments, context in
    let space = try arguments.object("space", as: SpaceObject.self).space
    let dataset = try arguments.object("on", as: DatasetObject.self).dataset
    var optimization = OptimizationSettings(
      epochs: try arguments.integer("epochs"), augmentation: try arguments.augmentation(size: space.imageSize)
    )
    optimization.learningRate = try arguments.number("rate")
    let settings = TeacherSettings(
      optimization: optimization, labelSmoothing: try arguments.number("smoothing"))
    let seed = try arguments.integer("seed")
    let key = ContentCache.key([
      "kind": "teacher", "space": space.json, "dataset": .string(dataset.digest), "settings": settings.json,
      "seed": .integer(seed),
    ])
    var making = "\(settings.optimization.epochs) epochs, seed \(seed)"
    let teacher: Teacher
    if var known = context.environment.cache.get(key, decode: { try Teacher(SafeTensors(parsing: $0)) }) {
      // The same images may have been trained on under another name.
      known.datasetName = dataset.name
      teacher = known
      making += ", from the cache"
    } else {
      teacher = try Teacher.train(
        space: space, on: dataset, settings: settings, seed: UInt64(seed), supervision: context.supervision,
        stage: "training on \(dataset.name)")
      try context.environment.cache.put(teacher.safeTensors.encoded(), for: key)
    }
    return .object(TeacherObject(teacher: teacher, dataset: dataset, making: making))
  }

  static let loadTeacher = CommandDeclaration(
    "load", group: .teachers, summary: "reads a teacher from a safetensors file",
    discussion:
      "Files of plain weights under the authors' names need the space they belong to; their accuracy is measured.",
    parameters: [.required("file", .path(extensions: ["safetensors"]), "the weights")],
    clauses: [
      .required("on", .object(.dataset), "the dataset that the teacher was trained on"),
      .optional("space", .object(.space), "for files of plain weights"),
    ],
    result: .object(.teacher),
    examples: [CommandExample("teacher u = load \"t.safetensors\" on greek")]
  ) { arguments, context in
    let dataset = try arguments.object("on", as: DatasetObject.self).dataset
    do {
      let file = try SafeTensors(contentsOf: try arguments.text("file"))
      let teacher: Teacher
      if let space = try arguments.ifPresent("space", { try $0.object($1, as: SpaceObject.self) })?.space {
        teacher = try Teacher(
          weightsOf: file, space: space, dataset: dataset, cancellation: context.supervision.cancellation)
      } else {
        teacher = try Teacher(file)
      }
      guard teacher.datasetDigest == dataset.digest else {
        throw arguments.error(
          for: "on", "the teacher was trained on other images, of \(teacher.datasetName)",
          advice: "give the dataset it was made with, with the same size and seed")
      }
      return .object(TeacherObject(teacher: teacher, dataset: dataset, making: "from a file"))
    } catch let error as any ExplainedError {
      throw arguments.error(for: "file", error)
    }
  }
}

extension Parameter {
  /// Random changes of training images.
  static let augment = Parameter.optional(
    "augment", .choice(["crop", "flip", "both", "none"]), default: "both",
    "random changes of the images: shifted, mirrored; the paper has both")
}

extension Arguments {
  func augmentation(size: Int) throws -> Augmentation {
    let paper = Augmentation.paper(imageSize: size)
    return switch try text("augment") {
    case "crop": Augmentation(flips: false, cropPadding: paper.cropPadding)
    case "flip": Augmentation(flips: true, cropPadding: 0)
    case "none": .none
    default: paper
    }
  }
}

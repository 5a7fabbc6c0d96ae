import Engine

/// The commands that make predictors.
enum PredictorCommands {
  static let all: [CommandDeclaration] = [
    .metatrain, .adapt, .proxy, .loadPredictor, .view, .predict, .methodsTable,
  ]
}

extension CommandDeclaration {
  static func measuredTasks(_ arguments: Arguments, _ clause: String) throws -> [MeasuredTask] {
    try arguments.objects(clause).flatMap { _, object -> [MeasuredTask] in
      guard let metabase = object as? MetabaseObject else {
        throw arguments.error(for: clause, "only metabases hold measured students")
      }
      return metabase.tasks
    }
  }

  static let loadPredictor = CommandDeclaration(
    "load", group: .predictors, summary: "reads a predictor from a file of weights",
    discussion:
      "Files of plain weights under the authors' names, and checkpoints of the authors' code (`.pth.tar`), need the space they "
      + "belong to. Inner rates are taken from a second file, or from tensors called `inner_rates.NAME`; where there are "
      + "none, as in the authors' checkpoints, all are 0.005, as in the authors' search. Theirs learned "
      + "percent; a file written by `save` knows its unit.",
    parameters: [.required("file", .weights, "written by `save`, or a checkpoint")],
    clauses: [
      .optional("space", .object(.space), "for files of plain weights"),
      .optional("rates", .weights, "the inner rates of plain weights, under the names of the weights"),
      .optional("steps", .integer(0...20), "gradient steps of the adaptation; 1 for plain weights"),
      .accuracyUnit,
    ] + Parameter.embedding,
    result: .object(.predictor),
    examples: [
      CommandExample("predictor dass = load \"dass.safetensors\""),
      CommandExample("predictor theirs = load \"model_best.pth.tar\" space resnet-code unit percent"),
    ]
  ) { arguments, _ in
    let path = try arguments.text("file")
    do {
      let file = try SafeTensors(weightsAt: path)
      let space = try arguments.ifPresent("space") { try $0.object($1, as: SpaceObject.self) }?.space
      let rates = try arguments.ifPresent("rates") { try SafeTensors(weightsAt: $0.text($1)) }
      if rates != nil, space == nil {
        throw arguments.error(for: "rates", "a predictor that was saved here brings its inner rates along")
      }
      if space == nil, file.metadata["format"] == DatasetPredictor.format {
        return .object(
          PredictorObject(
            method: try datasetPredictor(DatasetPredictor(file), arguments), making: "from \(path)"))
      }
      var predictor =
        try space.map {
          try MetaPredictor(weightsOf: file, rates: rates, space: $0, unit: arguments.accuracyUnit())
        } ?? MetaPredictor(file)
      if let steps = try arguments.ifPresent("steps", { try $0.integer($1) }) {
        predictor.adaptation.steps = steps
      }
      predictor.embedding = try arguments.embeddingSettings(changing: predictor.embedding)
      return .object(
        PredictorObject(method: LearnedMethod(predictor: predictor), making: "from \(path)"))
    } catch let error as any ExplainedError {
      throw arguments.error(for: "file", error)
    }
  }

  private static func datasetPredictor(
    _ read: DatasetPredictor, _ arguments: Arguments
  ) throws -> DatasetLearnedMethod {
    if arguments.has("steps") {
      throw arguments.error(
        for: "steps", "\(read.method.title) does not adapt to a task, so `steps` has no meaning")
    }
    var predictor = read
    predictor.embedding = try arguments.embeddingSettings(changing: predictor.embedding)
    return DatasetLearnedMethod(predictor: predictor)
  }
}

extension MeasuredTask {
  /// What the task is made of, for keys of the cache.
  func identity(_ target: AccuracyTarget) -> JSON {
    [
      "teacher": .string(teacher.digest), "settings": settings.json, "seed": .string(String(seed)),
      "students": .array(zip(students, results).map { [.string($0.text), .number($1.accuracy(target))] }),
    ]
  }
}

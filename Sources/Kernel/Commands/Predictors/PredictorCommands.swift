import Engine

/// The commands that make predictors.
enum PredictorCommands {
  static let all: [CommandDeclaration] = [.metatrain, .proxy, .loadPredictor, .view, .predict]
}

extension CommandDeclaration {
  static let metatrain = CommandDeclaration(
    "metatrain", group: .predictors, summary: "meta-learns a predictor on measured tasks",
    discussion:
      "Each episode adapts the predictor to every task by the teacher's accuracy and then lowers its error on the "
      + "task's students. The episode with the best rank correlation on the validation tasks is kept.",
    clauses: [
      .required("on", .objects(.metabase), "measured students to learn from"),
      .optional("validate", .objects(.metabase), "measured students that choose the episode"),
      .optional("episodes", .integer(1...1_000_000), default: "1000", "steps of meta-training"),
      .optional("rate", .number(nil, 1e-7...1), default: "0.0005", "learning rate of Adam"),
      .optional(
        "by", .choice(LearningMethod.allCases.map(\.rawValue)), default: "dass",
        "what is learned: `maml` and `metasgd` read the architecture code alone"),
      .flag("unguided", "no adaptation by the teacher's accuracy"),
      .optional("steps", .integer(1...20), "gradient steps of the adaptation; 1, and 2 for the others"),
      .optional(
        "inner-rate", .number(nil, 0...10),
        "where the rates of the adaptation start; 0.005, and 0.001 for the others"),
      .accuracyUnit,
      .optional(
        "maps", .choice(["as-they-are", "scaled"]), default: "as-they-are",
        "`scaled` divides them by the magnitude of the teacher's"),
      .optional("students", .integer(1...100_000), default: "50", "students of a task in an episode"),
      .flag("first-order", "the outer gradient ignores the inner one"),
      .target,
    ] + Parameter.embedding + [
      .optional(
        "seed", .integers(0...(1 << 53)), default: "1",
        "starts weights and episodes; with several, the predictor has a run for each")
    ],
    result: .object(.predictor),
    examples: [
      CommandExample("predictor dass = metatrain on source validate held episodes 300 seed 1"),
      CommandExample(
        "predictor dass = metatrain on source validate held seed 1..3", "three runs, for `compare`"),
    ]
  ) { arguments, context in
    let tasks = try measuredTasks(arguments, "on")
    let validation = arguments.has("validate") ? try measuredTasks(arguments, "validate") : []
    let features = try featureTasks(arguments, "on")
    let heldFeatures = arguments.has("validate") ? try featureTasks(arguments, "validate") : []
    guard let space = tasks.first?.teacher.space ?? features.first?.space else {
      throw arguments.error(for: "on", "there are no measured students")
    }
    for (clause, group) in [("on", features), ("validate", heldFeatures)] {
      if let other = group.first(where: { !$0.space.sharesNetworks(with: space) }) {
        throw arguments.error(
          for: clause, "the task \(other.inputs.name) belongs to another space than the first one")
      }
    }
    for (clause, group) in [("on", tasks), ("validate", validation)] {
      if let other = group.first(where: { !$0.teacher.space.sharesNetworks(with: space) }) {
        throw arguments.error(
          for: clause, "the task \(other.teacher.datasetName) belongs to another space than the first one",
          advice: "meta-train on tasks of one space: the same widths, depth, ratios, size and code")
      }
    }
    var settings = MetaTrainingSettings(
      method: LearningMethod(rawValue: try arguments.text("by")) ?? .dass)
    settings.episodes = try arguments.integer("episodes")
    settings.learningRate = try arguments.number("rate")
    if let steps = try arguments.ifPresent("steps", { try $0.integer($1) }) { settings.innerSteps = steps }
    settings.unit = try arguments.accuracyUnit()
    settings.scalesMaps = try arguments.text("maps") == "scaled"
    settings.studentsPerTask = try arguments.integer("students")
    if arguments.flag("unguided") { settings.innerSteps = 0 }
    if let rate = try arguments.ifPresent("inner-rate", { try $0.number($1) }) { settings.innerRate = rate }
    settings.target = try arguments.target()
    settings.embedding = try arguments.embeddingSettings()
    let (target, embedding) = (settings.target, settings.embedding)
    settings.isFirstOrder = arguments.flag("first-order")
    let seeds = try arguments.integers("seed")
    var making =
      "\(settings.episodes) episodes on \(tasks.count + features.count) tasks, seed "
      + seeds.map(String.init).joined(separator: ", ")
    let cancellation = context.supervision.cancellation
    func inputs(_ task: MeasuredTask) throws -> TaskInputs<Float> {
      try task.inputs(settings: embedding, target: target, cancellation: cancellation)
    }
    var ready: (tasks: [TaskInputs<Float>], validation: [TaskInputs<Float>])?
    var runs: [MetaPredictor] = []
    var known = 0
    for seed in seeds {
      let key = ContentCache.key([
        "kind": "predictor", "space": space.json, "settings": settings.json, "seed": .integer(seed),
        "tasks": .array(tasks.map { $0.identity(target) } + features.map { .string($0.digest) }),
        "validation": .array(
          validation.map { $0.identity(target) } + heldFeatures.map { .string($0.digest) }),
      ])
      if let predictor = context.environment.cache.get(
        key, decode: { try MetaPredictor(SafeTensors(parsing: $0)) }
      ) {
        runs.append(predictor)
        known += 1
        continue
      }
      let embedded =
        try ready ?? (
          tasks: tasks.map(inputs) + features.map(\.inputs),
          validation: validation.map(inputs) + heldFeatures.map(\.inputs)
        )
      ready = embedded
      let predictor = try MetaTraining(space: space, settings: settings).run(
        tasks: embedded.tasks, validation: embedded.validation, seed: UInt64(seed),
        supervision: context.supervision,
        stage: seeds.count == 1 ? "meta-training" : "meta-training with seed \(seed)")
      try context.environment.cache.put(predictor.safeTensors.encoded(), for: key)
      runs.append(predictor)
    }
    if known > 0 { making += known == seeds.count ? ", from the cache" : ", \(known) from the cache" }
    return .object(
      PredictorObject(method: SeveralRuns.of(runs.map { LearnedMethod(predictor: $0) }), making: making))
  }

  private static func featureTasks(_ arguments: Arguments, _ clause: String) throws -> [FeatureTask] {
    try arguments.objects(clause).compactMap { $0.object as? MetabaseObject }.flatMap(\.features)
  }

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
      var predictor =
        try space.map {
          try MetaPredictor(weightsOf: file, rates: rates, space: $0, unit: arguments.accuracyUnit())
        } ?? MetaPredictor(file)
      if let steps = try arguments.ifPresent("steps", { try $0.integer($1) }) { predictor.innerSteps = steps }
      predictor.embedding = try arguments.embeddingSettings(changing: predictor.embedding)
      return .object(
        PredictorObject(method: LearnedMethod(predictor: predictor), making: "from \(path)"))
    } catch let error as any ExplainedError {
      throw arguments.error(for: "file", error)
    }
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

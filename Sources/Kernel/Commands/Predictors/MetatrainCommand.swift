import Engine
import Foundation

extension CommandDeclaration {
  private static let methods =
    LearningMethod.allCases.map(\.rawValue) + DatasetMethod.allCases.map(\.rawValue)

  static let metatrain = CommandDeclaration(
    "metatrain", group: .predictors, summary: "meta-learns a predictor on measured tasks",
    discussion:
      "Each episode adapts the predictor to every task by the teacher's accuracy and then lowers its error on the "
      + "task's students. The episode with the best rank correlation on the validation tasks is kept. With `support`, the "
      + "predictor learns to adapt to that many measured students of a task in place of the teacher's accuracy; `adapt` then "
      + "gives it those of new tasks. `metad2a` and `tans` do not adapt: they know a task by its training images, described "
      + "by a network that comes with the program, or by a file for each dataset.",
    clauses: [
      .required("on", .objects(.metabase), "measured students to learn from"),
      .optional("validate", .objects(.metabase), "measured students that choose the episode"),
      .optional("episodes", .integer(1...1_000_000), default: "1000", "steps of meta-training"),
      .optional(
        "rate", .number(nil, 1e-7...1),
        "learning rate of Adam; 0.0005, 0.001 for `metad2a` and 0.01 for `tans` when left out"),
      .optional(
        "by", .choice(methods), default: "dass",
        "what is learned: `maml` and `metasgd` read the architecture code alone, `metad2a` also images, `tans` also "
          + "images and the student's map"),
      .flag("unguided", "no adaptation by the teacher's accuracy"),
      .optional("steps", .integer(1...20), "gradient steps of the adaptation; 1, and 2 for the others"),
      .optional(
        "inner-rate", .number(nil, 0...10),
        "where the rates of the adaptation start; 0.005, and 0.001 for the others"),
      .accuracyUnit,
      .optional(
        "maps", .choice(["as-they-are", "scaled"]), default: "as-they-are",
        "`scaled` divides them by the magnitude of the teacher's"),
      .optional("tasks", .integer(1...1000), default: "8", "tasks in an episode"),
      .optional("students", .integer(1...100_000), default: "50", "students of a task in an episode"),
      .optional(
        "every", .integer(1...1_000_000), default: "20", "episodes between looks at the validation tasks"),
      .optional("support", .integer(1...100_000), "measured students of each task to adapt to"),
      .flag("first-order", "the outer gradient ignores the inner one"),
      .optional(
        "reads", .choice(MapReading.allCases.map(\.rawValue)), default: "both",
        "whose maps `dass` reads: `student` leaves out the teacher's, `none` leaves the code alone"),
      .optional(
        "features", .path,
        "for `metad2a` and `tans`: a folder with `NAME.npy` or `NAME.safetensors` of each dataset, a row for each "
          + "training image"),
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
      CommandExample("predictor tans = metatrain on source validate held by tans"),
    ]
  ) { arguments, context in
    let by = try arguments.text("by")
    let data = try MetaTrainingData(arguments)
    if let method = DatasetMethod(rawValue: by) {
      return .object(try datasetPredictor(method, data, arguments, context))
    }
    return .object(try adaptivePredictor(LearningMethod(rawValue: by) ?? .dass, data, arguments, context))
  }

  /// A predictor that adapts to a task by accuracies.
  private static func adaptivePredictor(
    _ method: LearningMethod, _ data: MetaTrainingData, _ arguments: Arguments, _ context: CommandContext
  ) throws -> PredictorObject {
    if arguments.has("features") {
      throw arguments.error(for: "features", "`\(method.rawValue)` looks at no images")
    }
    let settings = try settings(method, arguments)
    let cancellation = context.supervision.cancellation
    func inputs(_ task: MeasuredTask) throws -> TaskInputs<Float> {
      try task.inputs(settings: settings.embedding, target: settings.target, cancellation: cancellation)
    }
    var ready: (tasks: [TaskInputs<Float>], validation: [TaskInputs<Float>])?
    return try runs(
      data, settings: settings.json, target: settings.target, episodes: settings.episodes, arguments, context,
      known: { LearnedMethod(predictor: try MetaPredictor($0)) }
    ) { seed, stage in
      let embedded =
        try ready ?? (
          tasks: data.tasks.map(inputs) + data.features.map(\.inputs),
          validation: data.validation.map(inputs) + data.heldFeatures.map(\.inputs)
        )
      ready = embedded
      return LearnedMethod(
        predictor: try MetaTraining(space: data.space, settings: settings).run(
          tasks: embedded.tasks, validation: embedded.validation, seed: seed,
          supervision: context.supervision, stage: stage))
    }
  }

  /// One run for each seed, from the cache where it is known.
  private static func runs(
    _ data: MetaTrainingData, settings: JSON, target: AccuracyTarget, images: [String] = [], episodes: Int,
    _ arguments: Arguments, _ context: CommandContext, known read: (SafeTensors) throws -> any RankingMethod,
    learn: (_ seed: UInt64, _ stage: String) throws -> any RankingMethod
  ) throws -> PredictorObject {
    let seeds = try arguments.integers("seed")
    let cache = context.environment.cache
    var runs: [any RankingMethod] = []
    var known = 0
    for seed in seeds {
      let key = data.key(settings, target: target, images: images, seed: seed)
      if let run = cache.get(key, decode: { try read(SafeTensors(parsing: $0)) }) {
        runs.append(run)
        known += 1
        continue
      }
      let run = try learn(
        UInt64(seed), seeds.count == 1 ? "meta-training" : "meta-training with seed \(seed)")
      if let file = run.file { try cache.put(file.encoded(), for: key) }
      runs.append(run)
    }
    var making =
      "\(episodes) episodes on \(data.count) tasks, seed \(seeds.map(String.init).joined(separator: ", "))"
    if known > 0 { making += known == seeds.count ? ", from the cache" : ", \(known) from the cache" }
    return PredictorObject(method: SeveralRuns.of(runs), making: making)
  }

  private static func settings(
    _ method: LearningMethod, _ arguments: Arguments
  ) throws -> MetaTrainingSettings {
    var settings = MetaTrainingSettings(method: method)
    settings.episodes = try arguments.integer("episodes")
    if let rate = try arguments.ifPresent("rate", { try $0.number($1) }) { settings.learningRate = rate }
    if let steps = try arguments.ifPresent("steps", { try $0.integer($1) }) { settings.innerSteps = steps }
    settings.unit = try arguments.accuracyUnit()
    settings.scalesMaps = try arguments.text("maps") == "scaled"
    settings.tasksPerEpisode = try arguments.integer("tasks")
    settings.studentsPerTask = try arguments.integer("students")
    settings.validationInterval = try arguments.integer("every")
    if arguments.flag("unguided") { settings.innerSteps = 0 }
    if let rate = try arguments.ifPresent("inner-rate", { try $0.number($1) }) { settings.innerRate = rate }
    settings.target = try arguments.target()
    settings.embedding = try arguments.embeddingSettings()
    settings.isFirstOrder = arguments.flag("first-order")
    if let count = try arguments.ifPresent("support", { try $0.integer($1) }) {
      guard settings.innerSteps > 0 else {
        throw arguments.error(for: "support", "`unguided` does not adapt, so `support` has no meaning")
      }
      settings.supportStudents = count
    }
    settings.maps = MapReading(rawValue: try arguments.text("reads")) ?? .both
    guard settings.maps == .both || settings.method == .dass else {
      throw arguments.error(for: "reads", "`\(settings.method.rawValue)` reads no maps")
    }
    return settings
  }

  /// A predictor that knows a task by its images.
  private static func datasetPredictor(
    _ method: DatasetMethod, _ data: MetaTrainingData, _ arguments: Arguments, _ context: CommandContext
  ) throws -> PredictorObject {
    for clause in ["unguided", "steps", "inner-rate", "support", "first-order"] where arguments.has(clause) {
      throw arguments.error(
        for: clause, "`\(method.rawValue)` does not adapt to a task, so `\(clause)` has no meaning")
    }
    for clause in ["reads", "maps", "unit", "tasks", "every"]
    where arguments.span(of: clause) != arguments.statementSpan {
      throw arguments.error(
        for: clause, "`\(method.rawValue)` has no such choice: `\(clause)` is for predictors that adapt")
    }
    if let other = (data.features + data.heldFeatures).first {
      throw arguments.error(
        for: "on", "\(method.title) looks at training images, and \(other.inputs.name) has feature maps alone"
      )
    }
    var settings = DatasetTrainingSettings(method: method)
    settings.episodes = try arguments.integer("episodes")
    settings.studentsPerTask = try arguments.integer("students")
    if let rate = try arguments.ifPresent("rate", { try $0.number($1) }) { settings.learningRate = rate }
    if let folder = try arguments.ifPresent("features", { try $0.text($1) }) {
      settings.features = .folder(
        URL(fileURLWithPath: NSString(string: folder).expandingTildeInPath).path)
    }
    settings.target = try arguments.target()
    settings.embedding = try arguments.embeddingSettings()
    let (training, held) = (
      try images(of: data.tasks, for: settings, context),
      try images(of: data.validation, for: settings, context)
    )
    func tasks(_ tasks: [MeasuredTask], _ images: [ImageFeatures]) throws -> [DatasetTask] {
      try zip(tasks, images).map {
        try DatasetTask(
          $0, images: $1, readsMaps: method == .tans, settings: settings.embedding, target: settings.target,
          cancellation: context.supervision.cancellation)
      }
    }
    var ready: (tasks: [DatasetTask], validation: [DatasetTask])?
    return try runs(
      data, settings: settings.json, target: settings.target, images: (training + held).map(\.digest),
      episodes: settings.episodes, arguments, context,
      known: { DatasetLearnedMethod(predictor: try DatasetPredictor($0)) }
    ) { [settings] seed, stage in
      let embedded = try ready ?? (tasks(data.tasks, training), tasks(data.validation, held))
      ready = embedded
      return DatasetLearnedMethod(
        predictor: try DatasetTraining(space: data.space, settings: settings).run(
          tasks: embedded.tasks, validation: embedded.validation, seed: seed,
          supervision: context.supervision, stage: stage))
    }
  }

  private static func images(
    of tasks: [MeasuredTask], for settings: DatasetTrainingSettings, _ context: CommandContext
  ) throws -> [ImageFeatures] {
    try tasks.map { task in
      guard let dataset = task.dataset else {
        throw Diagnostic.noImages(for: settings.method, of: task.teacher.datasetName)
      }
      return try settings.features.features(of: dataset, cancellation: context.supervision.cancellation)
    }
  }
}

/// The measured students that a predictor is learned from, checked to belong to one space.
private struct MetaTrainingData {
  let space: ResNetSpace
  let tasks: [MeasuredTask]
  let validation: [MeasuredTask]
  /// Tasks of the authors' preprocessed files.
  let features: [FeatureTask]
  let heldFeatures: [FeatureTask]

  init(_ arguments: Arguments) throws {
    tasks = try CommandDeclaration.measuredTasks(arguments, "on")
    validation = arguments.has("validate") ? try CommandDeclaration.measuredTasks(arguments, "validate") : []
    features = try Self.featureTasks(arguments, "on")
    heldFeatures = arguments.has("validate") ? try Self.featureTasks(arguments, "validate") : []
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
    self.space = space
  }

  var count: Int { tasks.count + features.count }

  private static func featureTasks(_ arguments: Arguments, _ clause: String) throws -> [FeatureTask] {
    try arguments.objects(clause).compactMap { $0.object as? MetabaseObject }.flatMap(\.features)
  }

  /// Under which the result is kept.
  func key(_ settings: JSON, target: AccuracyTarget, images: [String], seed: Int) -> String {
    var fields: [String: JSON] = [
      "kind": "predictor", "space": space.json, "settings": settings, "seed": .integer(seed),
      "tasks": .array(tasks.map { $0.identity(target) } + features.map { .string($0.digest) }),
      "validation": .array(
        validation.map { $0.identity(target) } + heldFeatures.map { .string($0.digest) }),
    ]
    if !images.isEmpty { fields["images"] = .array(images.map { .string($0) }) }
    return ContentCache.key(.object(fields), engineVersion: EngineVersion.predictors)
  }
}

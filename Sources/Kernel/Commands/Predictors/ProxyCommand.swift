import Engine

extension CommandDeclaration {
  static let proxy = CommandDeclaration(
    "proxy", group: .predictors, summary: "sets up a zero-cost proxy",
    discussion:
      "Proxies score a student before any training, on one batch of training images: "
      + ProxyMethod.Choice.all.map { "`\($0.name)`: \($0.meaning)" }.joined(separator: "; ")
      + ". Their names alone stand for the defaults; scores of other settings are not comparable.",
    parameters: [.required("name", .choice(ProxyMethod.Choice.all.map(\.name)), "which one")],
    clauses: [
      .optional(
        "from", .choice(["random"] + Remapping.allCases.map(\.rawValue)), default: "random",
        "the weights that a student has: random ones, or which of the teacher's"),
      .optional("batch", .integer(2...4096), default: "64", "training images"),
      .optional(
        "norm", .choice(["batch", "running"]), default: "batch",
        "whose statistics batch normalization takes"),
      .optional(
        "seed", .integers(0...(1 << 53)), default: "0",
        "draws the images and random weights; with several, there is a run for each"),
    ],
    result: .object(.predictor),
    examples: [
      CommandExample("predictor remapped = proxy snip from first", "on the weights that DaSS looks at")
    ]
  ) { arguments, _ in
    guard let choice = ProxyMethod.Choice(name: try arguments.text("name")) else {
      throw arguments.error(for: "name", "there is no such proxy")
    }
    var settings = ProxySettings()
    settings.initialization = StudentInitialization(text: try arguments.text("from")) ?? .random
    settings.batchSize = try arguments.integer("batch")
    settings.mode = try arguments.text("norm") == "running" ? .evaluate : .train
    let runs = try arguments.integers("seed").map { seed in
      settings.seed = UInt64(seed)
      return ProxyMethod(choice: choice, settings: settings)
    }
    return .object(PredictorObject(method: SeveralRuns.of(runs), making: "set up here"))
  }
}

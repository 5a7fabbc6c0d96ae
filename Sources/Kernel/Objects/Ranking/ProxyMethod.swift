import Engine

/// A zero-cost proxy, or the vote of several.
struct ProxyMethod: RankingMethod {
  /// A proxy as the session knows it.
  enum Choice: Hashable, Sendable {
    case single(ZeroCostProxy)
    /// The majority of synflow, jacob_cov and snip.
    case vote

    static let all = ZeroCostProxy.allCases.map { Choice.single($0) } + [.vote]

    init?(name: String) {
      guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
      self = found
    }

    var name: String {
      switch self {
      case .single(let proxy): proxy.rawValue
      case .vote: "vote"
      }
    }

    var meaning: String {
      switch self {
      case .single(let proxy): proxy.meaning
      case .vote: "how many students it beats by the majority of synflow, jacob_cov and snip"
      }
    }

    var proxies: [ZeroCostProxy] {
      switch self {
      case .single(let proxy): [proxy]
      case .vote: [.synflow, .jacobianCovariance, .snip]
      }
    }
  }

  let choice: Choice
  var settings = ProxySettings()

  var summary: String {
    let weights =
      settings.initialization == .random
      ? "random weights" : "weights remapped by `\(settings.initialization.text)`"
    let statistics = settings.mode == .train ? "the batch's statistics" : "the running statistics"
    return "proxy \(choice.name), \(choice.meaning): \(weights), \(settings.batchSize) training images, "
      + "\(statistics), seed \(settings.seed)"
  }

  func repeated(_ count: Int) -> [any RankingMethod] {
    (0..<count).map { place in
      var other = self
      other.settings.seed += UInt64(place)
      return other
    }
  }

  var identity: JSON? {
    [
      "kind": "proxy", "name": .string(choice.name), "weights": .string(settings.initialization.text),
      "batch": .integer(settings.batchSize), "norm": .bool(settings.mode == .train),
      "seed": .string(String(settings.seed)),
    ]
  }

  func scores(
    of students: [Architecture], for task: RankingTask, supervision: Supervision, stage: String
  ) throws -> [Double] {
    guard let dataset = task.dataset else {
      throw Diagnostic(
        .argument,
        "`\(choice.name)` looks at training images, and the dataset \(task.teacher.datasetName) is not at hand",
        notes: ["measure students with `distill`, which remembers the dataset"])
    }
    return try ProxyScoring(choice.proxies, settings: settings, teacher: task.teacher, dataset: dataset)
      .scores(of: students, supervision: supervision, stage: stage)
  }
}

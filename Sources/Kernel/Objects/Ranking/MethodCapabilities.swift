import Engine

/// What a method's order of students can depend on: the rows of the paper's Table 1.
struct MethodCapabilities: Sendable, Hashable {
  /// Learned once over many tasks; otherwise nothing is learned.
  var isMetaLearned = false
  /// Orders students otherwise for another dataset.
  var tellsDatasetsApart = false
  /// Orders students otherwise for another teacher of the same dataset.
  var tellsTeachersApart = false
  /// Looks at what a student would get from its teacher.
  var isDistillationAware = false
  /// Fits itself to a task by accuracies measured there.
  var adapts = false
  /// Needs training images of the task.
  var needsImages = false
}

extension LearningMethod {
  var capabilities: MethodCapabilities {
    switch self {
    case .dass:
      MethodCapabilities(
        isMetaLearned: true, tellsDatasetsApart: true, tellsTeachersApart: true, isDistillationAware: true,
        adapts: true)
    case .maml, .metaSGD:
      // All that they know of a task is the accuracy that they adapt to.
      MethodCapabilities(
        isMetaLearned: true, tellsDatasetsApart: true, tellsTeachersApart: true, adapts: true)
    }
  }
}

extension DatasetMethod {
  var capabilities: MethodCapabilities {
    MethodCapabilities(
      isMetaLearned: true, tellsDatasetsApart: true, tellsTeachersApart: self == .tans,
      isDistillationAware: self == .tans, needsImages: true)
  }
}

extension ProxyMethod {
  var capabilities: MethodCapabilities {
    let isRemapped = settings.initialization != .random
    // With weights replaced by their magnitudes and an image of ones, synflow sees no data.
    let readsImages = choice != .single(.synflow)
    return MethodCapabilities(
      tellsDatasetsApart: readsImages || isRemapped, tellsTeachersApart: isRemapped,
      isDistillationAware: isRemapped || choice == .single(.diswot), needsImages: readsImages)
  }
}

extension CommandDeclaration {
  static let methodsTable = CommandDeclaration(
    "methods", group: .predictors, summary: "tells what each method's order of students can depend on",
    discussion:
      "Made from what the methods declare. All of them rank architectures that they have not seen. Proxies stand there with "
      + "random weights, as in the paper, and with the teacher's, as `proxy NAME from first` sets them up.",
    result: .table,
    examples: [CommandExample("methods", "the paper's Table 1")]
  ) { _, _ in
    var table = Table(
      title: "What a method can tell apart",
      columns: [
        "method", "meta-learned", "unseen datasets", "unseen teachers", "distillation-aware", "adapts",
        "needs images",
      ].map { Table.Column($0) })
    func add(_ name: String, _ capabilities: MethodCapabilities) {
      table.rows.append([
        .text(name), .boolean(capabilities.isMetaLearned), .boolean(capabilities.tellsDatasetsApart),
        .boolean(capabilities.tellsTeachersApart), .boolean(capabilities.isDistillationAware),
        .boolean(capabilities.adapts), .boolean(capabilities.needsImages),
      ])
    }
    for method in LearningMethod.allCases { add(method.title, method.capabilities) }
    for method in DatasetMethod.allCases { add(method.title, method.capabilities) }
    for choice in ProxyMethod.Choice.all {
      for initialization in [StudentInitialization.random, .remapped(.first)] {
        var method = ProxyMethod(choice: choice)
        method.settings.initialization = initialization
        add(
          "\(choice.name), \(initialization == .random ? "random weights" : "the teacher's weights")",
          method.capabilities)
      }
    }
    for control in ControlMethod.all { add(control.name, MethodCapabilities()) }
    table.notes = [
      "unseen datasets, unseen teachers: whether the order of students can be another one there",
      "MAML and Meta-SGD know a task by the accuracies alone that they adapt to",
    ]
    return .table(table)
  }
}

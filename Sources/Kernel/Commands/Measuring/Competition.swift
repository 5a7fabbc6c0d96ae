import Engine

/// Methods end to end: what each one finds in a pool for a teacher is really distilled.
struct Competition {
  let methods: [(name: String, method: any RankingMethod)]
  let space: ResNetSpace
  /// Those that meet the condition.
  let students: [Architecture]
  /// Of the distillations; a method of as many runs chooses with each run, for one seed each.
  let seeds: [Int]
  let target: AccuracyTarget
  let metabase: Metabase
  let cache: ContentCache

  /// What one method found for one teacher.
  struct Entry {
    var method: String
    var task: String
    /// One a seed.
    var students: [Architecture]
    var accuracy: RepeatedResult
    /// How far the mean accuracy stays behind that of the best student known; not negative.
    var regret: Double
    var costs: [ArchitectureCost]

    var studentText: String {
      let different = Set(students).count
      return different == 1 ? students[0].text : "\(different) different ones"
    }
    var multiplyAdds: Double { costs.map { Double($0.multiplyAdds) }.mean ?? 0 }
    var parameters: Double { costs.map { Double($0.parameters) }.mean ?? 0 }
  }

  /// - Parameters:
  ///   - known: measured students of the teacher that meet the condition, to know how well one could have done. Those
  ///     that were distilled with other settings do not count.
  /// - Returns: an entry a method, and what is to be said about them.
  /// - Throws: a diagnostic if all students are some that a method adapts to; what ranking and distilling throw;
  ///   `Cancelled`.
  func entries(
    for teacher: TeacherObject, on dataset: Dataset, settings: DistillationSettings, known: [MeasuredTask],
    supervision: Supervision
  ) throws -> (entries: [Entry], notes: [String]) {
    let name = teacher.teacher.datasetName
    let support = SupportOfAny(of: methods, teacher: teacher.teacher, among: students)
    let candidates = students.filter { !support.students.contains($0) }
    guard !candidates.isEmpty else {
      throw Diagnostic(
        .argument, "all students that meet the condition are some that the predictors adapt to",
        notes: ["draw a larger pool"])
    }
    let choices = try choices(among: candidates, for: teacher, supervision)
    let accuracies = try distilled(
      choices,
      by: Distillation(
        teacher: teacher.teacher, dataset: dataset, settings: settings,
        cancellation: supervision.cancellation),
      supervision)
    let comparable = known.filter { $0.settings == settings }
    let others = MeasuredTask.byTeacher(comparable).map(MeasuredTask.init(averaging:))
      .flatMap { $0.accuracies(target) }
    let found = Dictionary(grouping: zip(choices, accuracies).flatMap { zip($0, $1) }, by: \.0)
      .compactMapValues { $0.map(\.1).mean }
    let highest = (Array(found.values) + others).max() ?? 0
    let entries = zip(methods, zip(choices, accuracies)).map { method, results in
      let accuracy = RepeatedResult(results.1)
      return Entry(
        method: method.name, task: name, students: results.0, accuracy: accuracy,
        regret: max(highest - accuracy.mean, 0),
        costs: results.0.map { space.cost(of: $0, classes: teacher.teacher.classes) })
    }
    let notes = [
      "\(name): teacher \(NumberText.percent(teacher.teacher.accuracy, digits: 1)), best of "
        + "\(found.count + others.count) measured \(NumberText.percent(highest, digits: 1))",
      support.note,
      comparable.count < known.count
        ? "\(name): what was measured with other settings is not compared with" : nil,
    ]
    return (entries, notes.compactMap(\.self))
  }

  /// What each method finds, one student a seed.
  private func choices(
    among candidates: [Architecture], for teacher: TeacherObject, _ supervision: Supervision
  ) throws -> [[Architecture]] {
    var task = RankingTask(teacher)
    task.embedded = EmbeddedStudents()
    return try methods.map { name, method in
      let found = try choosers(method).map { chooser in
        let scores = try chooser.scores(
          of: candidates, for: task, supervision: supervision,
          stage: "searching for \(teacher.teacher.datasetName) with \(name)")
        return candidates[scores.bestFirst[0]]
      }
      // Where a method chose once for all seeds, its student is distilled with each.
      return found.count == seeds.count ? found : seeds.map { _ in found[0] }
    }
  }

  /// The runs of a method that choose, one for each seed, or one for all of them.
  private func choosers(_ method: any RankingMethod) -> [any RankingMethod] {
    if method is ControlMethod { return method.repeated(seeds.count) }
    return method.runs.count == seeds.count ? method.runs : [method]
  }

  /// What each method's students reach, the first with the first seed and so on; what was measured before is taken from
  /// the metabase on disk.
  private func distilled(
    _ choices: [[Architecture]], by distillation: Distillation, _ supervision: Supervision
  ) throws -> [[Double]] {
    var accuracies = choices.map { _ in [Double]() }
    for (place, seed) in seeds.enumerated() {
      let measurement = try StudentMeasurement(
        distillation: distillation, seed: UInt64(seed), metabase: metabase, cache: cache)
      let task = try measurement.run(
        choices.map { $0[place] }, supervision: supervision,
        stage: "distilling for \(distillation.dataset.name) with seed \(seed)")
      for (index, accuracy) in task.accuracies(target).enumerated() { accuracies[index].append(accuracy) }
    }
    return accuracies
  }
}

/// Measurements with several seeds.
struct RepeatedResult {
  var mean: Double
  /// The standard deviation of the sample; nil for one measurement.
  var deviation: Double?

  init(_ values: [Double]) {
    mean = values.mean ?? 0
    deviation = values.standardDeviation
  }
}

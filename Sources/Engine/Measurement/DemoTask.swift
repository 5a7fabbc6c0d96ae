/// One task of the demo world: a dataset with the students that are measured on it.
package struct DemoTask: Sendable, Hashable {
  package let set: DemoSet
  /// The split of the source set; nil for the other sets.
  package let part: Int?

  /// - Parameter part: a split, for the source set only.
  package init(set: DemoSet, part: Int?) {
    self.set = set
    self.part = part
  }

  /// What a task is for.
  package enum Role: String, Sendable, CaseIterable {
    case metaTraining = "meta-training"
    case metaValidation = "meta-validation"
    case unseen
    case acrossDomains = "across domains"
  }

  /// In the order of the splits, then of the sets.
  package static let all =
    (0..<DemoSet.parts).map { DemoTask(set: .source, part: $0) }
    + DemoSet.allCases.filter { $0 != .source }.map { DemoTask(set: $0, part: nil) }

  /// For file names: `source-3`.
  package var name: String { self.set.rawValue + (part.map { "-\($0)" } ?? "") }

  package var role: Role {
    switch set {
    case .source: (part ?? 0) < 8 ? .metaTraining : .metaValidation
    case .digits, .georgian, .textures, .strokes: .unseen
    case .spectrograms, .land, .leaves: .acrossDomains
    }
  }

  /// The seed of the teacher, and the first of the students' seeds.
  private static let seed: UInt64 = 1
  /// Further seeds, with which the first students of some tasks are measured again: the noise of the ground truth.
  package static let repeatedSeeds: [UInt64] = [2, 3]

  private var studentCount: Int { role == .metaTraining ? 100 : 50 }

  private var repeatedStudentCount: Int { role == .metaTraining && part != 0 ? 0 : 10 }

  /// For meta-training other students a task, so that the predictor sees many; elsewhere the same for all tasks, so
  /// that tasks can be compared.
  package var students: [Architecture] {
    let stream = role == .metaTraining ? "students of \(name)" : "students of the unseen tasks"
    var random = RandomSource(seed: Self.seed, stream: stream)
    var seen: Set<Architecture> = []
    var students: [Architecture] = []
    while students.count < studentCount {
      let student = ResNetSpace.demo.sample(random: &random)
      if seen.insert(student).inserted { students.append(student) }
    }
    return students
  }

  /// The first twenty students, then the repetitions, then the others: so that the noise is known early.
  private var runs: [CollectionTask.Run] {
    let students = students
    func runs(_ students: some Sequence<Architecture>, seed: UInt64) -> [CollectionTask.Run] {
      students.map { CollectionTask.Run(student: $0, seed: seed) }
    }
    let repetitions = Self.repeatedSeeds.flatMap { runs(students.prefix(repeatedStudentCount), seed: $0) }
    return runs(students.prefix(20), seed: Self.seed) + repetitions
      + runs(students.dropFirst(20), seed: Self.seed)
  }

  /// All that is to be measured, in the demo protocol.
  package func collection(dataFolder: String) -> CollectionTask {
    let space = ResNetSpace.demo
    return CollectionTask(
      name: name, space: space,
      teacherSettings: ExperimentProtocol.demo.teacherSettings(imageSize: space.imageSize),
      teacherSeed: Self.seed,
      distillation: ExperimentProtocol.demo.distillationSettings(imageSize: space.imageSize),
      runs: runs,
      dataset: { try set.dataset(part: part, dataFolder: dataFolder, supervision: $0) })
  }
}

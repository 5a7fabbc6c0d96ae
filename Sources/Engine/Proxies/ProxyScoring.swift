/// Scores students by a zero-cost proxy, all on the same batch of the task's training images.
package struct ProxyScoring: Sendable {
  /// One proxy, or several that vote.
  package let proxies: [ZeroCostProxy]
  package let settings: ProxySettings
  private let teacher: Teacher
  private let batch: ImageBatch

  /// - Throws: `TrainingError` if teacher and dataset do not fit.
  package init(
    _ proxies: [ZeroCostProxy], settings: ProxySettings, teacher: Teacher, dataset: Dataset
  ) throws(TrainingError) {
    precondition(!proxies.isEmpty, "no proxy to score with")
    try teacher.space.checkImages(of: dataset)
    guard teacher.classes == dataset.classNames.count else {
      throw .classCount(teacher: teacher.classes, dataset: dataset.classNames.count)
    }
    self.proxies = proxies
    self.settings = settings
    self.teacher = teacher
    let images = ImageBatches(dataset.train)
    var random = RandomSource(seed: settings.seed, stream: "proxy batch")
    batch = images.batch(Array((0..<images.count).shuffled(using: &random).prefix(settings.batchSize)))
  }

  /// One score a student, NaN where it is not defined. A vote depends on all students together.
  ///
  /// - Throws: `Cancelled`.
  package func scores(
    of students: [Architecture], supervision: Supervision, stage: String = "scoring"
  ) throws -> [Double] {
    // The teacher is looked at once for all.
    let comparedView =
      proxies.contains(.diswot)
      ? DistillationSimilarity.View(comparedTeacher, batch: batch, mode: settings.mode) : nil
    let done = ProgressCounter(total: students.count, stage: stage, sink: supervision.progress)
    let answers = try Workers.map(pieces: students.count) { piece in
      let student = network(students[piece])
      var scores: [Double] = []
      for proxy in proxies {
        try supervision.cancellation.check()
        scores.append(
          proxy.score(of: student, teacher: comparedView, batch: batch, mode: settings.mode))
      }
      done.advance(by: 1)
      return scores
    }
    return proxies.count == 1 ? answers.map { $0[0] } : Self.majorities(answers)
  }

  /// How many others each one beats in most of its answers.
  static func majorities(_ answers: [[Double]]) -> [Double] {
    answers.map { own in
      Double(answers.count { other in 2 * zip(own, other).count { $0 > $1 } > own.count })
    }
  }

  /// A student as it starts. Random weights depend on the seed and the student, not on its place in a pool.
  private func network(_ student: Architecture) -> ProxyNetwork {
    switch settings.initialization {
    case .remapped(let remapping):
      let weights = remapping.weights(for: student, from: teacher.architecture, teacher.weights)
      return ProxyNetwork(architecture: student, weights: weights.mapped { $0.contiguous() })
    case .random:
      var random = RandomSource(seed: settings.seed, stream: "proxy weights \(student.text)")
      return ProxyNetwork(
        architecture: student,
        weights: ResNet(student, classes: teacher.classes).initialWeights(random: &random))
    }
  }

  /// A random student is compared with a teacher that is random too, as DisWOT does.
  private var comparedTeacher: ProxyNetwork {
    settings.initialization == .random
      ? network(teacher.architecture)
      : ProxyNetwork(architecture: teacher.architecture, weights: teacher.weights)
  }
}

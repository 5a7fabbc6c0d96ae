import TestSupport
import Testing

@testable import Engine

@Suite("Distillation") struct DistillationTests {
  private func distillation(
    _ initialization: StudentInitialization = .remapped(.first), epochs: Int = 3,
    augmentation: Augmentation = .none
  ) throws -> Distillation {
    var settings = DistillationSettings(
      optimization: SmallTask.optimization(epochs: epochs, augmentation: augmentation))
    settings.initialization = initialization
    return try Distillation(
      teacher: SmallTask.train(epochs: 6), dataset: SmallTask.stripes(), settings: settings,
      cancellation: CancellationToken())
  }

  private let student = Architecture(stages: [[4], [4], [8], [8]])

  /// The same steps with the teacher asked anew for each batch.
  @Test func `answers that are kept equal answers that are asked for`() throws {
    let distillation = try distillation(epochs: 2)
    let kept = try distillation.distill(student, seed: 1, supervision: Supervision())
    let teacher = distillation.teacher
    let dataset = try SmallTask.stripes()
    let training = NetworkTraining(
      network: ResNet(student, classes: 2), settings: distillation.settings.optimization,
      train: ImageBatches(dataset.train), test: ImageBatches(dataset.test), seed: 1, stage: "")
    let start = Remapping.first.weights(for: student, from: teacher.architecture, teacher.weights)
    let asked = try training.run(from: start, supervision: Supervision()) { logits, batch in
      logits.distillationLoss(
        labels: batch.labels, teacher: teacher.folded.logits(batch.images), temperature: 6, alpha: 0.5,
        form: .paper)
    }
    for (name, tensor) in kept.trained.weights.parameters.entries {
      expectClose(tensor, asked.weights.parameters[name], tolerance: 1e-4, name)
    }
    #expect(kept.architecture == student)
  }

  /// To the last bit, so that results do not depend on which student was distilled first.
  @Test func `an answer does not depend on what else is asked`() throws {
    let images = ImageBatches(try SmallTask.stripes().train)
    var random = RandomSource(seed: 1)
    let batch = images.batch(Array(0..<20), augmentation: .paper(imageSize: 8), random: &random)
    let together = TeacherAnswers(SmallTask.teacher(of: SmallTask.tiny).folded)
    let apart = TeacherAnswers(SmallTask.teacher(of: SmallTask.tiny).folded)
    let all = together.logits(for: batch)
    for position in [13, 2, 19] {
      let alone = ImageBatch(
        images: batch.images.sliced(axis: 0, position..<position + 1), labels: [0],
        indices: [batch.indices[position]], changes: [batch.changes[position]])
      #expect(apart.logits(for: alone).scalars == all.sliced(axis: 0, position..<position + 1).scalars)
    }
    #expect(apart.logits(for: batch).scalars == all.scalars)
    #expect(together.logits(for: batch).scalars == all.scalars)
    expectClose(
      all, SmallTask.teacher(of: SmallTask.tiny).folded.logits(batch.images), tolerance: 1e-6)
  }

  @Test func `the same image under another change is asked anew`() throws {
    let images = ImageBatches(try SmallTask.stripes().train)
    let answers = TeacherAnswers(SmallTask.teacher(of: SmallTask.tiny).folded)
    var random = RandomSource(seed: 1)
    var seen: [Int: [Float]] = [:]
    for _ in 0..<100 {
      let batch = images.batch([3], augmentation: Augmentation(flips: true, cropPadding: 1), random: &random)
      let logits = answers.logits(for: batch).scalars
      #expect(logits == seen[batch.changes[0], default: logits])
      seen[batch.changes[0]] = logits
    }
    #expect(seen.count == 18)
    #expect(Set(seen.values).count == 18)
  }

  /// What was computed when the computation was stopped is not kept.
  @Test func `answers of a stopped computation are forgotten`() throws {
    let batch = ImageBatches(try SmallTask.stripes().train).batch(Array(0..<16))
    let network = SmallTask.teacher(of: SmallTask.tiny).folded
    let answers = TeacherAnswers(network)
    let token = CancellationToken()
    token.cancel()
    _ = Workers.$cancellation.withValue(token) { answers.logits(for: batch) }
    #expect(answers.logits(for: batch).scalars == TeacherAnswers(network).logits(for: batch).scalars)
  }

  @Test(arguments: [Augmentation.none, .paper(imageSize: 8)])
  func `a seed decides every bit`(_ augmentation: Augmentation) throws {
    let distillation = try distillation(augmentation: augmentation)
    let digests = try [1, 1, 2].map {
      try distillation.distill(student, seed: $0, supervision: Supervision()).trained.weights.digest
    }
    #expect(digests[0] == digests[1])
    #expect(digests[0] != digests[2])
  }

  @Test(arguments: Remapping.allCases.map { StudentInitialization.remapped($0) } + [.random])
  func `students learn from every start`(_ start: StudentInitialization) throws {
    let trained = try distillation(start, epochs: 10).distill(student, seed: 1, supervision: Supervision())
      .trained
    #expect(trained.bestAccuracy > 0.9)
    #expect(trained.history.map(\.epoch) == [5, 10])
    #expect(trained.history.last?.testAccuracy == trained.finalAccuracy)
    #expect(StudentInitialization(text: start.text) == start)
  }

  @Test func `distilling stops when it is asked to`() throws {
    let distillation = try distillation(epochs: 100)
    let progress = RecordingProgress(cancellingAfter: 3)
    #expect(throws: Cancelled()) {
      try distillation.distill(student, seed: 1, supervision: progress.supervision)
    }
    #expect(progress.events.count == 3)
    let token = CancellationToken()
    token.cancel()
    #expect(throws: Cancelled()) {
      try Distillation(
        teacher: distillation.teacher, dataset: distillation.dataset, settings: distillation.settings,
        cancellation: token)
    }
  }

  @Test func `a teacher of other classes is refused in words`() throws {
    let settings = DistillationSettings(optimization: SmallTask.optimization(epochs: 1))
    let error = #expect(throws: TrainingError.classCount(teacher: 5, dataset: 2)) {
      try Distillation(
        teacher: SmallTask.teacher(of: SmallTask.tiny), dataset: SmallTask.stripes(), settings: settings,
        cancellation: CancellationToken())
    }
    #expect(error?.problem == "the teacher knows 5 classes, and the dataset has 2")
    #expect(error?.advice == "use the dataset that the teacher was trained on")
  }
}

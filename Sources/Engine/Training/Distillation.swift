/// A student's result.
package struct DistilledStudent: Sendable {
  package var architecture: Architecture
  package var trained: TrainedNetwork
}

/// Distills students from one teacher on one dataset (paper, Appendix D.3).
///
/// Where the images are not augmented, the teacher's answers recur in every epoch and are computed once for all
/// students. Answers about augmented images are kept too: students that are measured with one seed see the same.
package struct Distillation: Sendable {
  package let teacher: Teacher
  package let dataset: Dataset
  package let settings: DistillationSettings
  private let answers: TeacherAnswers
  private let train: ImageBatches
  private let test: ImageBatches
  private let heldOut: ImageBatches?
  /// (images, classes), where the same images recur.
  private let knownLogits: Tensor<Float>?

  /// - Throws: `TrainingError` if teacher and dataset do not fit; `Cancelled`.
  package init(
    teacher: Teacher, dataset: Dataset, settings: DistillationSettings, cancellation: CancellationToken
  ) throws {
    try teacher.space.checkImages(of: dataset)
    guard teacher.classes == dataset.classNames.count else {
      throw TrainingError.classCount(teacher: teacher.classes, dataset: dataset.classNames.count)
    }
    self.teacher = teacher
    self.dataset = dataset
    self.settings = settings
    let folded = teacher.folded
    let images = try dataset.trainingImages(settings.optimization.selection)
    let train = ImageBatches(images.train)
    if settings.optimization.augmentation.isNone {
      var parts: [Tensor<Float>] = []
      for indices in train.orderedIndices(batchSize: 256) {
        try cancellation.check()
        parts.append(folded.logits(train.batch(indices).images))
      }
      knownLogits = .concatenated(parts, axis: 0)
      try cancellation.check()
    } else {
      knownLogits = nil
    }
    answers = TeacherAnswers(folded)
    self.train = train
    test = ImageBatches(dataset.test)
    heldOut = images.heldOut.map { ImageBatches($0) }
  }

  /// The training of one student as a job.
  package func job(_ student: Architecture, seed: UInt64) -> DistillationJob {
    DistillationJob(
      datasetDigest: dataset.digest, teacherDigest: teacher.digest, student: student.text,
      settings: settings.json, seed: seed)
  }

  /// - Parameter cache: where the state is kept after epochs, so that a training that was killed goes on.
  /// - Throws: `TrainingError.diverged`, `Cancelled`.
  package func distill(
    _ student: Architecture, seed: UInt64, supervision: Supervision, stage: String = "distilling",
    cache: ContentCache? = nil
  ) throws -> DistilledStudent {
    let network = ResNet(student, classes: teacher.classes)
    let training = NetworkTraining(
      network: network, settings: settings.optimization, train: train, test: test, heldOut: heldOut,
      seed: seed,
      stage: stage,
      checkpoints: cache.map { cache in
        TrainingCheckpoints(
          cache: cache,
          key: ContentCache.key(["kind": "distillation under way", "job": job(student, seed: seed).json]))
      })
    let trained = try training.run(from: initialWeights(of: network, seed: seed), supervision: supervision) {
      logits, batch in
      logits.distillationLoss(
        labels: batch.labels, teacher: teacherLogits(for: batch), temperature: settings.temperature,
        alpha: settings.alpha, form: settings.form)
    }
    return DistilledStudent(architecture: student, trained: trained)
  }

  private func initialWeights(of network: ResNet, seed: UInt64) -> NetworkWeights<Float> {
    switch settings.initialization {
    case .remapped(let remapping):
      // Training updates dense tensors; views would be copied at every use.
      return remapping.weights(for: network.architecture, from: teacher.architecture, teacher.weights)
        .mapped { $0.contiguous() }
    case .random:
      var random = RandomSource(seed: seed, stream: "weights")
      return network.initialWeights(random: &random)
    }
  }

  private func teacherLogits(for batch: ImageBatch) -> Tensor<Float> {
    guard let known = knownLogits else { return answers.logits(for: batch) }
    return known.rows(batch.indices)
  }
}

extension Tensor {
  /// A constant made of some rows of a matrix.
  func rows(_ indices: [Int]) -> Tensor {
    let dense = contiguous()
    let width = shape[1]
    return Tensor(shape: [indices.count, width]) { out in
      withExtendedLifetime(dense) {
        for (target, source) in indices.enumerated() {
          (out + target * width).update(from: dense.base + source * width, count: width)
        }
      }
    }
  }
}

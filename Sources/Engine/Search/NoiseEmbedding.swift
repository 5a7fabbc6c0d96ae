/// Feeds one fixed noise image through a teacher and its remapped students (paper, Eq. 4).
package struct NoiseEmbedding: Sendable {
  package let space: ResNetSpace
  package let settings: EmbeddingSettings
  let teacher: FoldedResNet
  private let unfolded: Teacher
  let noise: Tensor<Float>

  private init(teacher: Teacher, settings: EmbeddingSettings, noise: Tensor<Float>) {
    space = teacher.space
    self.teacher = teacher.folded
    unfolded = teacher
    self.settings = settings
    self.noise = noise
  }

  /// With noise of the standard seed.
  package init(teacher: Teacher, remapping: Remapping = .first) {
    self.init(
      teacher: teacher, settings: EmbeddingSettings(remapping: remapping),
      noise: Self.noise(imageSize: teacher.space.imageSize, seed: 0))
  }

  /// - Throws: `NoiseError` if given noise has another size than the images of the space.
  package init(teacher: Teacher, settings: EmbeddingSettings) throws(NoiseError) {
    self.init(
      teacher: teacher, settings: settings, noise: try settings.noise.image(size: teacher.space.imageSize))
  }

  /// Standard normal numbers, (1, S, S, 3).
  package static func noise(imageSize: Int, seed: UInt64) -> Tensor<Float> {
    var random = RandomSource(seed: seed, stream: "noise")
    return Tensor(normalWithShape: [1, imageSize, imageSize, 3], random: &random)
  }

  /// h_{z,t}: (1, h, w, channels).
  package var teacherMap: Tensor<Float> {
    settings.normalization == .running ? teacher.map(noise) : mapByBatch(of: space.teacher)
  }

  package var teacherCode: Tensor<Float> { codes(of: [space.teacher]) }

  package func codes(of students: some Collection<Architecture>) -> Tensor<Float> {
    Tensor(students.flatMap { space.code(of: $0) }, shape: [students.count, space.codeLength])
  }

  /// The logits that belong to last maps of teacher or students, (n, classes): all have the teacher's head.
  package func logits(ofMaps maps: Tensor<Float>) -> Tensor<Float> {
    maps.globallyAveraged().linear(weight: teacher.headWeight, bias: teacher.headBias)
  }

  /// Maps and codes of students, in the order given. All of them at once: for pools that fit in memory.
  ///
  /// - Throws: `Cancelled`.
  package func inputs(
    for students: [Architecture], supervision: Supervision, stage: String = "embedding"
  ) throws -> StudentInputs<Float> {
    let maps = try PoolEmbedding(self, for: students).results(
      of: students, supervision: supervision, stage: stage
    ) { inputs in (0..<inputs.count).map { inputs.maps.sliced(axis: 0, $0..<$0 + 1) } }
    return StudentInputs(maps: .concatenated(maps, axis: 0), codes: codes(of: students))
  }

  package func inputs(
    for students: [Architecture], cancellation: CancellationToken
  ) throws -> StudentInputs<Float> {
    try inputs(for: students, supervision: Supervision(cancellation: cancellation))
  }

  /// The last map of a student that normalizes by the noise itself.
  func mapByBatch(of student: Architecture) -> Tensor<Float> {
    let weights = settings.remapping.weights(for: student, from: space.teacher, unfolded.weights)
    return ResNet(student, classes: unfolded.classes).forward(noise, weights: weights, mode: .train).map
  }
}

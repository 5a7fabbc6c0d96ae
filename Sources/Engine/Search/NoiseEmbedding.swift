/// Feeds one fixed noise image through a teacher and its remapped students (paper, Eq. 4).
package struct NoiseEmbedding: Sendable {
  package let space: ResNetSpace
  package let remapping: Remapping
  let teacher: FoldedResNet
  let noise: Tensor<Float>

  /// The seed of the noise that is used unless another one is asked for: the same for all tasks.
  package static let defaultNoiseSeed: UInt64 = 0

  /// - Parameter noise: (1, S, S, 3).
  package init(teacher: Teacher, remapping: Remapping, noise: Tensor<Float>) {
    space = teacher.space
    self.teacher = teacher.folded
    self.remapping = remapping
    self.noise = noise
  }

  package init(teacher: Teacher, remapping: Remapping = .first, noiseSeed: UInt64 = defaultNoiseSeed) {
    self.init(
      teacher: teacher, remapping: remapping,
      noise: Self.noise(imageSize: teacher.space.imageSize, seed: noiseSeed))
  }

  /// Standard normal numbers, (1, S, S, 3).
  package static func noise(imageSize: Int, seed: UInt64) -> Tensor<Float> {
    var random = RandomSource(seed: seed, stream: "noise")
    return Tensor(normalWithShape: [1, imageSize, imageSize, 3], random: &random)
  }

  /// h_{z,t}: (1, S/8, S/8, channels).
  package var teacherMap: Tensor<Float> { teacher.map(noise) }

  package var teacherCode: Tensor<Float> { codes(of: [space.teacher]) }

  package func codes(of students: some Collection<Architecture>) -> Tensor<Float> {
    Tensor(students.flatMap { space.code(of: $0) }, shape: [students.count, space.codeLength])
  }

  /// Maps and codes of students, in the order given. All of them at once: for pools that fit in memory.
  ///
  /// - Throws: `Cancelled`.
  package func inputs(
    for students: [Architecture], cancellation: CancellationToken
  ) throws -> StudentInputs<Float> {
    let maps = try PoolEmbedding(self, for: students).results(
      of: students, supervision: Supervision(cancellation: cancellation), stage: "embedding"
    ) { inputs in (0..<inputs.count).map { inputs.maps.sliced(axis: 0, $0..<$0 + 1) } }
    return StudentInputs(maps: .concatenated(maps, axis: 0), codes: codes(of: students))
  }
}

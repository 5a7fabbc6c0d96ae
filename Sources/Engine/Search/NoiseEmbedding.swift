/// Feeds one fixed noise image through a teacher and its remapped students (paper, Eq. 4).
///
/// Students that begin alike share their first feature maps: in sorted order, each student only computes the
/// blocks in which it differs from the one before.
package struct NoiseEmbedding: Sendable {
  package let space: ResNetSpace
  package let remapping: Remapping
  private let teacher: FoldedResNet
  private let noise: Tensor<Float>

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

  package func codes(of students: [Architecture]) -> Tensor<Float> {
    Tensor(students.flatMap { space.code(of: $0) }, shape: [students.count, space.codeLength])
  }

  /// Maps and codes of students, in the order given. Fastest where that order is sorted.
  ///
  /// - Throws: `Cancelled`.
  package func inputs(
    for students: [Architecture], cancellation: CancellationToken
  ) throws(Cancelled) -> StudentInputs<Float> {
    var shared = SharedPrefix()
    var maps: [Tensor<Float>] = []
    for student in students {
      try cancellation.check()
      maps.append(
        shared.map(of: remapping.student(student, of: teacher), noise: noise, teacher: teacher, remapping))
    }
    return StudentInputs(maps: .concatenated(maps, axis: 0), codes: codes(of: students))
  }
}

/// The feature maps of the last student, block by block, for the next one to start from.
private struct SharedPrefix {
  /// What decides a block's weights: the teacher's block and the widths.
  private struct Key: Equatable {
    var stage: Int
    var teacherBlock: Int
    var inputChannels: Int
    var outputChannels: Int
  }

  private var stemWidth = 0
  private var stemMap: Tensor<Float>?
  private var done: [(key: Key, map: Tensor<Float>)] = []

  mutating func map(
    of student: FoldedResNet, noise: Tensor<Float>, teacher: FoldedResNet, _ remapping: Remapping
  ) -> Tensor<Float> {
    let architecture = student.architecture
    if stemWidth != architecture.stemWidth || stemMap == nil {
      stemWidth = architecture.stemWidth
      stemMap = student.applyStem(noise)
      done.removeAll()
    }
    let keys = architecture.blocks.map { block in
      Key(
        stage: block.stage,
        teacherBlock: remapping.teacherBlock(
          forBlock: block.index, studentDepth: architecture.stages[block.stage].count,
          teacherDepth: teacher.architecture.stages[block.stage].count),
        inputChannels: block.inputChannels, outputChannels: block.outputChannels)
    }
    let common = zip(done, keys).prefix { $0.key == $1 }.count
    done.removeLast(done.count - common)
    for index in common..<keys.count {
      let input = done.last?.map ?? stemMap ?? noise
      done.append((keys[index], FoldedResNet.apply(student.blocks[index], to: input)))
    }
    return done.last?.map ?? noise
  }
}

/// Feature maps of students one by one, by the networks themselves: the way that all settings can go, and the
/// oracle that the fast one is tested against.
///
/// In sorted order, each student only computes the blocks in which it differs from the one before.
struct SimpleEmbedding {
  private let embedding: NoiseEmbedding
  private var shared = SharedPrefix()

  init(_ embedding: NoiseEmbedding) { self.embedding = embedding }

  /// (1, S/8, S/8, channels)
  mutating func map(of student: Architecture) -> Tensor<Float> {
    guard embedding.settings.normalization == .running else { return embedding.mapByBatch(of: student) }
    let (teacher, remapping) = (embedding.teacher, embedding.settings.remapping)
    return shared.map(
      of: remapping.student(student, of: teacher), noise: embedding.noise, teacher: teacher, remapping)
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

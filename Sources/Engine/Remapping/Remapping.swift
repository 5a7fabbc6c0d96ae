/// How a student takes its weights from its teacher, without training (paper, Appendix B: the function g).
///
/// A slice of a tensor is a view: no weight is copied.
package enum Remapping: String, Sendable, CaseIterable {
  /// The first blocks of each stage, and of each tensor the first channels (the paper's).
  case first
  /// The last blocks of each stage and the last channels.
  case last
  /// The first blocks, and channels spread evenly over the teacher's.
  case uniform
  /// The last blocks, and channels spread evenly.
  case uniformLast = "uniform-last"

  private var takesLastBlocks: Bool { self == .last || self == .uniformLast }

  /// The teacher's block that serves a student's block, both counted from 0 within their stage.
  func teacherBlock(forBlock index: Int, studentDepth: Int, teacherDepth: Int) -> Int {
    takesLastBlocks ? teacherDepth - studentDepth + index : index
  }

  /// Which of the teacher's `available` channels a student with `count` takes.
  func channels(_ count: Int, of available: Int) -> AxisSlice {
    switch self {
    case .first: AxisSlice(count: count)
    case .last: AxisSlice(start: available - count, count: count)
    case .uniform, .uniformLast: AxisSlice(count: count, step: available / count)
    }
  }

  /// The student's weights as views of the teacher's. The head is taken whole.
  package func weights<Scalar>(
    for student: Architecture, from teacher: Architecture, _ weights: NetworkWeights<Scalar>
  ) -> NetworkWeights<Scalar> {
    var parameters = TensorDictionary<Scalar>()
    var statistics = TensorDictionary<Scalar>()
    for (layer, source) in sources(for: student, in: teacher) {
      let convolution = weights.parameters[source.convolution]
      parameters[layer.convolution] = slice(convolution, layer.outputChannels, layer.inputChannels)
      for part in ["weight", "bias"] {
        let tensor = weights.parameters["\(source.normalization).\(part)"]
        parameters["\(layer.normalization).\(part)"] = slice(tensor, layer.outputChannels)
      }
      for part in ["running_mean", "running_var"] {
        let tensor = weights.statistics["\(source.normalization).\(part)"]
        statistics["\(layer.normalization).\(part)"] = slice(tensor, layer.outputChannels)
      }
    }
    parameters["fc.weight"] = weights.parameters["fc.weight"]
    parameters["fc.bias"] = weights.parameters["fc.bias"]
    return NetworkWeights(parameters: parameters, statistics: statistics)
  }

  /// The folded student as views of its folded teacher.
  package func student(_ student: Architecture, of teacher: FoldedResNet) -> FoldedResNet {
    var teacherBlocks: [[FoldedResNet.Block]] = teacher.architecture.stages.map { _ in [] }
    for block in teacher.blocks { teacherBlocks[block.description.stage].append(block) }
    return FoldedResNet(
      architecture: student,
      stem: zip(student.stem, teacher.stem).map { slice($1, $0) },
      blocks: student.blocks.map { block in
        let stage = teacherBlocks[block.stage]
        let source = stage[
          teacherBlock(
            forBlock: block.index, studentDepth: student.stages[block.stage].count, teacherDepth: stage.count)
        ]
        return FoldedResNet.Block(
          description: block,
          convolutions: zip(block.convolutions, source.convolutions).map { slice($1, $0) },
          projection: block.projection.flatMap { layer in stage[0].projection.map { slice($0, layer) } })
      },
      headWeight: teacher.headWeight, headBias: teacher.headBias)
  }

  /// Every layer of a student, from stem to last block, with the teacher's layer that serves it. Only the first block of
  /// a stage has a projection, so that one serves whichever blocks are taken.
  private func sources(
    for student: Architecture, in teacher: Architecture
  ) -> [(layer: ConvolutionLayer, source: ConvolutionLayer)] {
    let blocks = Dictionary(grouping: teacher.blocks, by: \.stage)
    return Array(zip(student.stem, teacher.stem))
      + student.blocks.flatMap { block -> [(ConvolutionLayer, ConvolutionLayer)] in
        let stage = blocks[block.stage] ?? []
        let source = stage[
          teacherBlock(
            forBlock: block.index, studentDepth: student.stages[block.stage].count, teacherDepth: stage.count)
        ]
        return Array(zip(block.convolutions, source.convolutions))
          + (block.projection.flatMap { layer in stage[0].projection.map { [(layer, $0)] } } ?? [])
      }
  }

  private func slice(
    _ convolution: FoldedResNet.Convolution, _ layer: ConvolutionLayer
  ) -> FoldedResNet.Convolution {
    FoldedResNet.Convolution(
      weight: slice(convolution.weight, layer.outputChannels, layer.inputChannels),
      bias: slice(convolution.bias, layer.outputChannels).contiguous())
  }

  private func slice<Scalar>(_ weight: Tensor<Scalar>, _ outputs: Int, _ inputs: Int) -> Tensor<Scalar> {
    // The image's channels are not remapped: the stem always sees all of them.
    weight.sliced([
      channels(outputs, of: weight.shape[0]), channels(inputs, of: weight.shape[1]),
      AxisSlice(count: weight.shape[2]), AxisSlice(count: weight.shape[3]),
    ])
  }

  private func slice<Scalar>(_ vector: Tensor<Scalar>, _ count: Int) -> Tensor<Scalar> {
    vector.sliced([channels(count, of: vector.shape[0])])
  }
}

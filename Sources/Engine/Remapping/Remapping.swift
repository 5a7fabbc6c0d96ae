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
    let network = ResNet(student, classes: weights.parameters["fc.weight"].shape[0])
    var parameters = TensorDictionary<Scalar>()
    var statistics = TensorDictionary<Scalar>()
    for layer in network.layers {
      let source = teacherLayer(of: layer, student: student, teacher: teacher)
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
      stem: slice(teacher.stem, student.stemWidth, teacher.stem.weight.shape[1]),
      blocks: student.blocks.map { block in
        let stage = teacherBlocks[block.stage]
        let source = stage[
          teacherBlock(
            forBlock: block.index, studentDepth: student.stages[block.stage].count, teacherDepth: stage.count)
        ]
        return FoldedResNet.Block(
          description: block,
          first: slice(source.first, block.outputChannels, block.inputChannels),
          second: slice(source.second, block.outputChannels, block.outputChannels))
      },
      headWeight: teacher.headWeight, headBias: teacher.headBias)
  }

  /// The teacher's tensors for a layer of the student.
  private func teacherLayer(of layer: ResNet.Layer, student: Architecture, teacher: Architecture)
    -> ResNet.Layer
  {
    guard let (stage, index, number) = layer.block else { return layer }
    let source = teacherBlock(
      forBlock: index, studentDepth: student.stages[stage].count, teacherDepth: teacher.stages[stage].count)
    return .inBlock(
      stage: stage, index: source, number: number, inputChannels: layer.inputChannels,
      outputChannels: layer.outputChannels)
  }

  private func slice(_ layer: FoldedResNet.Convolution, _ outputs: Int, _ inputs: Int)
    -> FoldedResNet.Convolution
  {
    FoldedResNet.Convolution(
      weight: slice(layer.weight, outputs, inputs), bias: slice(layer.bias, outputs).contiguous())
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

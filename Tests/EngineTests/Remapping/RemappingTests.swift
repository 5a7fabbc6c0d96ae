import TestSupport
import Testing

@testable import Engine

/// Students made of their teacher's weights.
@Suite("Remapping") struct RemappingTests {
  @Test(arguments: Remapping.allCases) func `folding and slicing can be exchanged`(_ remapping: Remapping) {
    let weights = SmallTask.weights()
    let teacher = FoldedResNet(SmallTask.space.teacher, weights: weights)
    var random = RandomSource(seed: 2)
    let images = Tensor<Float>(normalWithShape: [2, 16, 16, 3], random: &random)
    for student in SmallTask.students(12) + [SmallTask.space.teacher] {
      let taken = remapping.weights(for: student, from: teacher.architecture, weights)
      let exact = ResNet(student, classes: 5).forward(
        images.inDouble, weights: taken.mapped(\.inDouble), mode: .evaluate)
      let fast = remapping.student(student, of: teacher)
      expectClose(fast.map(images), exact.map, tolerance: 1e-5, student.text)
      expectClose(fast.logits(images), exact.logits, tolerance: 1e-5, student.text)
    }
  }

  @Test(arguments: Remapping.allCases) func `the teacher is its own student`(_ remapping: Remapping) {
    let weights = SmallTask.weights()
    let teacher = SmallTask.space.teacher
    let taken = remapping.weights(for: teacher, from: teacher, weights)
    for (name, tensor) in weights.parameters.entries {
      #expect(taken.parameters[name].scalars == tensor.scalars)
    }
    for (name, tensor) in weights.statistics.entries {
      #expect(taken.statistics[name].scalars == tensor.scalars)
    }
  }

  @Test(arguments: Remapping.allCases) func `no weight of a convolution is copied`(_ remapping: Remapping) {
    let weights = SmallTask.weights()
    let teacher = FoldedResNet(SmallTask.space.teacher, weights: weights)
    for student in SmallTask.students(5) {
      let fast = remapping.student(student, of: teacher)
      #expect(fast.stem[0].weight.storage === teacher.stem[0].weight.storage)
      let stored = Set(
        teacher.blocks.flatMap(\.convolutions).map { ObjectIdentifier($0.weight.storage) })
      for layer in fast.blocks.flatMap(\.convolutions) {
        #expect(stored.contains(ObjectIdentifier(layer.weight.storage)))
      }
      #expect(fast.headWeight.storage === teacher.headWeight.storage)
      let all = Set(
        (weights.parameters.ordered + weights.statistics.ordered).map { ObjectIdentifier($0.storage) })
      let taken = remapping.weights(for: student, from: teacher.architecture, weights)
      for tensor in taken.parameters.ordered + taken.statistics.ordered {
        #expect(all.contains(ObjectIdentifier(tensor.storage)))
      }
    }
  }

  /// Each number of a teacher's tensor tells where it was: 10 for an output channel, 1 for an input channel.
  @Test(arguments: [
    (Remapping.first, "layer2.0", [0, 1], [0, 1, 2]), (.last, "layer2.1", [6, 7], [5, 6, 7]),
    (.uniform, "layer2.0", [0, 4], [0, 2, 4]), (.uniformLast, "layer2.1", [0, 4], [0, 2, 4]),
  ])
  func `which block and which channels are taken`(
    _ remapping: Remapping, _ source: String, _ outputs: [Int], _ inputs: [Int]
  ) {
    let teacher = Architecture(stages: [[8, 8], [8, 8], [8, 8], [8, 8]])
    let student = Architecture(stages: [[8, 3], [2], [8], [8]])
    var random = RandomSource(seed: 1)
    var weights: NetworkWeights<Float> = ResNet(teacher, classes: 5).initialWeights(random: &random)
    var numbers: [Float] = []
    for output in 0..<8 {
      for input in 0..<8 { numbers += [Float](repeating: Float(10 * output + input), count: 9) }
    }
    weights.parameters["\(source).conv1.weight"] = Tensor(numbers, shape: [8, 8, 3, 3])
    weights.statistics["\(source).bn1.running_var"] = Tensor((0..<8).map { Float($0) }, shape: [8])
    let taken = remapping.weights(for: student, from: teacher, weights)
    let weight = taken.parameters["layer2.0.conv1.weight"]
    #expect(weight.shape == [2, 3, 3, 3])
    let center = weight.sliced(axis: 2, 1..<2).sliced(axis: 3, 1..<2).scalars
    #expect(center == outputs.flatMap { output in inputs.map { Float(10 * output + $0) } })
    #expect(taken.statistics["layer2.0.bn1.running_var"].scalars == outputs.map { Float($0) })
    #expect(taken.parameters["conv1.weight"].shape == [8, 3, 3, 3])
  }
}

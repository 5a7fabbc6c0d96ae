import Engine

/// The two scales at which training is compared: images of 32 x 32 and networks of five blocks a stage.
protocol BenchScale {
  static var name: String { get }
  static var widths: [Int] { get }
}

enum NarrowScale: BenchScale {
  static let name = "8-64"
  static let widths = [8, 16, 32, 64]
}

enum WideScale: BenchScale {
  static let name = "16-128"
  static let widths = [16, 32, 64, 128]
}

/// What the training cases share: a space, images, and networks made from seeds.
struct TrainingBench: Sendable {
  static let classes = 20
  static let batchSize = 64

  let space: ResNetSpace
  let teacher: ResNet
  /// The one of a thousand that is nearest their mean of multiply-adds.
  let student: ResNet
  let teacherWeights: NetworkWeights<Float>
  /// (images, 32, 32, 3), a multiple of the batch.
  let images: Tensor<Float>
  let labels: [Int]

  init(_ scale: any BenchScale.Type, images count: Int) throws {
    space = try ResNetSpace(
      name: scale.name, widths: scale.widths, teacherDepth: 5, studentDepths: 1...4,
      ratios: (1...8).map { Double($0) / 8 }, imageSize: 32)
    var random = RandomSource(seed: 1, stream: "bench")
    let space = space
    let students = (0..<1000).map { _ in space.sample(random: &random) }
    let costs = students.map { space.cost(of: $0, classes: Self.classes).multiplyAdds }
    let mean = costs.reduce(0, +) / costs.count
    let nearest = costs.indices.min { abs(costs[$0] - mean) < abs(costs[$1] - mean) } ?? 0
    teacher = ResNet(space.teacher, classes: Self.classes)
    student = ResNet(students[nearest], classes: Self.classes)
    teacherWeights = teacher.initialWeights(random: &random)
    images = Tensor(uniformWithShape: [count, 32, 32, 3], in: -1...1, random: &random)
    labels = (0..<count).map { $0 % Self.classes }
  }

  var studentWeights: NetworkWeights<Float> {
    Remapping.first.weights(for: student.architecture, from: teacher.architecture, teacherWeights)
      .mapped { $0.contiguous() }
  }

  /// The images of one batch with their labels.
  func batch(_ number: Int) -> (images: Tensor<Float>, labels: [Int]) {
    let range = number * Self.batchSize..<(number + 1) * Self.batchSize
    return (images.sliced(axis: 0, range), Array(labels[range]))
  }

  func inputs(_ weights: NetworkWeights<Float>, of architecture: Architecture, steps: Int) -> SafeTensors {
    SafeTensors(
      tensors: [SafeTensors.Tensor(name: "images", shape: images.shape, values: images.scalars)]
        + stored("teacher.", teacherWeights) + stored("start.", weights),
      metadata: [
        "teacher": teacher.architecture.text, "network": architecture.text,
        "labels": JSON.array(labels.map { .integer($0) }).text, "steps": String(steps),
        "batch": String(Self.batchSize),
      ])
  }

  private func stored(_ prefix: String, _ weights: NetworkWeights<Float>) -> [SafeTensors.Tensor] {
    weights.storedTensors.map {
      SafeTensors.Tensor(name: prefix + $0.name, shape: $0.shape, values: $0.values)
    }
  }

  /// Multiply-adds of one pass of a batch, counted as two operations each.
  func operations(_ network: ResNet) -> Double {
    Double(2 * Self.batchSize * space.cost(of: network.architecture, classes: Self.classes).multiplyAdds)
  }
}

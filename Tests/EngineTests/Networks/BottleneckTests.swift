import TestSupport
import Testing

@testable import Engine

/// Once-for-all's blocks, against PyTorch (Tests/Reference/bottleneck.py).
@Suite("Bottleneck blocks") struct BottleneckTests {
  private let golden: Golden
  private let network: ResNet
  private let weights: NetworkWeights<Float>
  private let students: [Architecture]

  init() throws {
    let golden = try Golden("bottleneck")
    self.golden = golden
    let kind = BlockKind.bottleneck(
      BlockKind.Bottleneck(
        expansion: golden.settings["expansion"]?.doubleValue ?? 0,
        stemWidth: golden.settings["stem"]?.intValue ?? 0))
    func architecture(_ json: JSON?) -> Architecture {
      Architecture(stages: (json?.arrayValue ?? []).map { integers($0) }, kind: kind)
    }
    network = ResNet(architecture(golden.settings["teacher"]), classes: 5)
    students = (golden.settings["students"]?.arrayValue ?? []).map(architecture)
    let file = SafeTensors(
      tensors: golden.group("weights").map {
        SafeTensors.Tensor(name: $0.key, shape: $0.value.shape, values: $0.value.values)
      })
    weights = try NetworkWeights(file, network: network)
  }

  private var reference: NetworkGolden { NetworkGolden(golden: golden, network: network, weights: weights) }

  @Test func `evaluation agrees, plain and folded`() throws { try reference.expectEvaluationAgrees() }

  @Test func `a training pass agrees, with its gradients and statistics`() throws {
    try reference.expectTrainingAgrees()
  }

  @Test(arguments: Remapping.named)
  func `students agree for every remapping`(_ remapping: Remapping, _ rule: String) throws {
    #expect(students.count == 3)
    try reference.expectStudentsAgree(
      students, on: image(try golden("images")), by: remapping, rule, in: golden)
  }

  @Test func `costs are those that PyTorch counts`() {
    let costs = (golden.settings["costs"]?.arrayValue ?? []).map { integers($0) }
    for (architecture, expected) in zip([network.architecture] + students, costs) {
      let cost = architecture.cost(imageSize: 64, classes: 5)
      #expect([cost.multiplyAdds, cost.parameters] == expected, "\(architecture.text)")
    }
  }

  @Test func `the observed pass is the same network`() throws {
    let images = image(try golden("images"))
    let observed = ObservedPass(
      ProxyNetwork(architecture: network.architecture, weights: weights), images: images,
      normalization: .running)
    let logits = try golden("eval.logits").values
    #expect(deviation(of: observed.logits.scalars, from: logits) < NetworkGolden.tolerance)
    #expect(observed.layers.count == network.architecture.layers.count + 1)
  }

  @Test func `the text names the blocks and is read back`() {
    #expect(students[0].text == "16/16/24/32:0.35:16")
    for student in students { #expect(Architecture(text: student.text) == student) }
    for text in [
      "16/24:0.35", "16/24:0.350:16", "16/24:x:16", "16/24:0.35:016", "16/24:0.35:16:1", ":0.35:16",
    ] {
      #expect(Architecture(text: text) == nil, "\(text)")
    }
  }
}

@Suite("Once-for-all's space") struct OnceForAllSpaceTests {
  private let space = ResNetSpace.onceForAll

  /// Small enough to train: images of 32 pixels.
  static func small() throws -> ResNetSpace {
    try ResNetSpace(
      name: "small", widths: [16, 16, 24, 32], teacherDepth: 1, studentDepths: 0...1, ratios: [0.5, 1],
      imageSize: 32, encoding: .onceForAll,
      kind: .bottleneck(BlockKind.Bottleneck(expansion: 0.35, stemWidth: 16)), baseDepths: [1, 1, 1, 1])
  }

  @Test func `it is the published one`() throws {
    #expect(space.teacher.depths == [4, 4, 6, 4])
    #expect(space.codeLength == 75)
    #expect(space.allowedWidths(stage: 0) == [168, 208, 256])
    #expect(space.allowedWidths(stage: 3) == [1328, 1640, 2048])
    var random = RandomSource(seed: 1)
    for _ in 0..<200 {
      let student = space.sample(random: &random)
      try space.validate(student)
      let code = space.code(of: student)
      #expect(code.count == 75)
      // Resolution, stem, six widths, and a ratio for each block.
      #expect(code.reduce(0, +) == Float(8 + student.depth))
    }
    #expect(try ResNetSpace(space.json) == space)
    #expect(ResNetSpace.paper.json["bottleneck"] == nil && ResNetSpace.paper.json["baseDepths"] == nil)
    #expect(throws: SpaceError.otherBlocks) { try space.validate(Architecture(stages: space.teacher.stages)) }
    #expect(throws: SpaceError.architectureDepth(stage: 3, depth: 3, allowed: 4...6)) {
      var short = space.teacher
      short.stages[2].removeFirst(3)
      try space.validate(short)
    }
  }

  @Test func `students are embedded, bred and timed`() throws {
    let space = try Self.small()
    let teacher = SmallTask.teacher(of: space)
    let embedding = NoiseEmbedding(teacher: teacher)
    let students = SmallTask.students(10, of: space)
    let inputs = try embedding.inputs(for: students, cancellation: CancellationToken())
    #expect(inputs.maps.shape == [10, 1, 1, 32])
    for (place, student) in students.enumerated() {
      let alone = Remapping.first.student(student, of: teacher.folded).map(embedding.noise)
      expectClose(inputs.maps.sliced(axis: 0, place..<place + 1), alone, tolerance: 0, student.text)
    }
    let bred = try Evolution(space: space, seed: 1).run(
      budget: 150, cancellation: CancellationToken(), allows: { _ in true }
    ) { $0.map { Double($0.depth) } }
    for scored in bred { try space.validate(scored.student) }
    let meter = try LatencyMeter(embedding)
    #expect(try meter.measure(students[0], cancellation: CancellationToken()).median > 0)
    #expect(try meter.estimate(students[0], cancellation: CancellationToken()) > 0)
  }
}

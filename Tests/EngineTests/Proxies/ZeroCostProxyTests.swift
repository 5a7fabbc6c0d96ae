import TestSupport
import Testing

@testable import Engine

@Suite struct ZeroCostProxyTests {
  private static let students = [[[2, 4], [6, 2, 8], [9, 12], [4, 12, 16]], [[4], [8], [12], [16]]]

  private func teacher() throws -> ProxyNetwork {
    let (network, weights) = try goldenTeacher()
    return ProxyNetwork(architecture: network.architecture, weights: weights)
  }

  private func student(_ number: Int, of teacher: ProxyNetwork) -> ProxyNetwork {
    let architecture = Architecture(stages: Self.students[number])
    return ProxyNetwork(
      architecture: architecture,
      weights: Remapping.first.weights(for: architecture, from: teacher.architecture, teacher.weights))
  }

  @Test(arguments: ZeroCostProxy.allCases)
  func agreesWithPyTorch(_ proxy: ZeroCostProxy) throws {
    let golden = try Golden("proxies")
    let teacher = try teacher()
    let batch = ImageBatch(
      images: image(try golden("images")), labels: integers(golden.settings["labels"]), indices: [])
    for number in Self.students.indices {
      for (mode, name) in [(ResNet.Mode.train, "train"), (.evaluate, "eval")] {
        let found = proxy.score(
          of: student(number, of: teacher), teacher: .init(teacher, batch: batch, mode: mode), batch: batch,
          mode: mode)
        let expected = Double(try golden("student\(number).\(name).\(proxy.rawValue)").values[0])
        #expect(abs(found / expected - 1) < 1e-4, "student \(number), \(name)")
      }
    }
  }

  @Test func theObservedPassIsTheNetwork() throws {
    let network = student(0, of: try teacher())
    let images = image(try Golden("proxies")("images"))
    for (mode, normalization) in [
      (ResNet.Mode.train, ObservedPass.Normalization.batch), (.evaluate, .running),
    ] {
      let expected = ResNet(network.architecture, classes: 5).forward(
        images, weights: network.weights, mode: mode)
      let found = ObservedPass(network, images: images, normalization: normalization)
      expectClose(found.logits, expected.logits, tolerance: 1e-5)
      #expect(found.layers.count == 2 * network.architecture.depth + 2)
      #expect(found.rectifierInputs.count == 2 * network.architecture.depth + 1)
    }
  }

  /// Each layer of a chain adds the whole flow, here about 10^60, which a Float does not hold.
  @Test func synapticFlowDoesNotOverflow() {
    let wide = Architecture(stages: [
      [16, 16, 16, 16, 16], [16, 16, 16, 16, 16], [16, 16, 16], [16, 16, 16],
    ])
    var random = RandomSource(seed: 1)
    var network = ProxyNetwork(
      architecture: wide, weights: ResNet(wide, classes: 4).initialWeights(random: &random))
    let plain = SynapticFlow.score(of: network, imageSize: 16)
    network.weights = network.weights.mapped { $0 * 1024 }
    let scaled = SynapticFlow.score(of: network, imageSize: 16)
    #expect(plain.isFinite && scaled.isFinite)
    #expect(scaled > plain + 140)
  }

  /// As with PyTorch's `normalize`, whose rows are divided by 1e-12 at least.
  @Test func entriesThatAreZeroButForTheirRoundingDoNotCount() {
    func semantic(_ entry: Float) -> Double {
      DistillationSimilarity.semantic(
        Tensor([1, entry], shape: [1, 2]), Tensor([1, 0], shape: [1, 2]))
    }
    #expect(abs(semantic(0)) < 1e-12 && abs(semantic(1e-18)) < 1e-9)
    #expect(abs(semantic(1e-12) + 0.5) < 1e-6)
    #expect(abs(semantic(1e-6) + 0.5) < 1e-5)
  }

  @Test func aStudentLikeItsTeacherIsMostSimilar() throws {
    let teacher = try teacher()
    let batch = ImageBatch(
      images: image(try Golden("proxies")("images")), labels: [0, 1, 2, 3, 4, 1], indices: [])
    func view(_ network: ProxyNetwork) -> DistillationSimilarity.View {
      .init(network, batch: batch, mode: .train)
    }
    #expect(abs(DistillationSimilarity.score(student: view(teacher), teacher: view(teacher))) < 1e-5)
    #expect(
      DistillationSimilarity.score(student: view(student(1, of: teacher)), teacher: view(teacher)) < -0.1)
  }

  @Test func aVoteCountsWhomAStudentBeatsInMostAnswers() {
    #expect(ProxyScoring.majorities([[1, 1, 1], [2, 2, 0], [3, 0, 2]]) == [0, 1, 2])
    #expect(ProxyScoring.majorities([[1, 1], [1, 1]]) == [0, 0])
    #expect(ProxyScoring.majorities([[.nan, 2, 2], [1, 1, 1]]) == [1, 0])
  }
}

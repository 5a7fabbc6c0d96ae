import TestSupport
import Testing

@testable import Engine

@Suite("Embedding settings") struct EmbeddingSettingsTests {
  private let teacher = SmallTask.teacher()

  private func image(size: Int) throws -> NoiseImage {
    var random = RandomSource(seed: 5)
    let values = Tensor<Float>(normalWithShape: [1, 3, size, size], random: &random)
    return try NoiseImage(SafeTensors(tensors: [values.stored("z")]))
  }

  @Test func `given noise is seen as it lies in the file`() throws {
    let image = try image(size: 16)
    let embedding = try NoiseEmbedding(teacher: teacher, settings: EmbeddingSettings(noise: .image(image)))
    #expect(embedding.noise.shape == [1, 16, 16, 3])
    #expect(embedding.noise.storedChannelsFirst("z").values == image.values)
    let wrong = EmbeddingSettings(noise: .image(try self.image(size: 8)))
    #expect(
      words { _ = try NoiseEmbedding(teacher: teacher, settings: wrong) }
        == "the noise has 8 pixels on each side, and networks of this space see 16")
  }

  @Test func `noise files are checked`() throws {
    func problem(_ shape: [Int], _ values: [Float], names: [String] = ["z"]) -> String {
      words {
        _ = try NoiseImage(
          SafeTensors(tensors: names.map { SafeTensors.Tensor(name: $0, shape: shape, values: values) }))
      }
    }
    let pixels = [Float](repeating: 0, count: 12)
    #expect(problem([3, 2, 2], pixels) == "")
    #expect(problem([1, 3, 2, 2], pixels, names: ["a", "noise"]) == "")
    #expect(
      problem([3, 2, 2], pixels, names: ["a", "b"]) == "the file has 2 tensors, and none is called `noise`")
    #expect(
      problem([2, 2, 3], pixels) == "noise of the shape [2, 2, 3] is no square image of three channels")
    #expect(problem([3, 2, 2], pixels.dropLast() + [.nan]) == "the noise holds values that are not numbers")
  }

  /// Batch normalization by the noise itself is what the plain network does in training.
  @Test func `normalization by the noise is that of a training pass`() throws {
    let settings = EmbeddingSettings(remapping: .last, normalization: .batch)
    let embedding = try NoiseEmbedding(teacher: teacher, settings: settings)
    let student = SmallTask.students(1)[0]
    let inputs = try embedding.inputs(for: [student], cancellation: CancellationToken())
    let weights = Remapping.last.weights(for: student, from: SmallTask.space.teacher, teacher.weights)
    let plain = ResNet(student, classes: 5).forward(embedding.noise, weights: weights, mode: .train)
    #expect(inputs.maps.scalars == plain.map.scalars)
    expectClose(embedding.logits(ofMaps: inputs.maps), plain.logits, tolerance: 1e-5)
    let evaluated = NoiseEmbedding(teacher: teacher, remapping: .last)
    #expect(embedding.teacherMap.scalars != evaluated.teacherMap.scalars)
  }

  @Test func `a predictor keeps how it looks`() throws {
    let space = SmallTask.space
    let function = LearningMethod.dass.function(for: space)
    var random = RandomSource(seed: 1)
    let parameters: TensorDictionary<Float> = function.initialParameters(random: &random)
    var predictor = MetaPredictor(
      space: space, function: function, parameters: parameters, rates: parameters,
      adaptation: Adaptation(steps: 1))
    #expect(predictor.safeTensors.metadata["embedding"] == nil)
    #expect(try MetaPredictor(predictor.safeTensors).embedding == .standard)
    predictor.embedding = EmbeddingSettings(
      remapping: .uniformLast, noise: .image(try image(size: 16)), normalization: .batch)
    #expect(try MetaPredictor(predictor.safeTensors).embedding == predictor.embedding)
    predictor.embedding.noise = .seed(7)
    #expect(try MetaPredictor(predictor.safeTensors).embedding == predictor.embedding)
    var file = predictor.safeTensors
    file.metadata["embedding"] = #"{"noise":"0"}"#
    #expect(words { _ = try MetaPredictor(file) } == "the file's entry `embedding` is missing or damaged")
  }

  /// What is filed under the settings must not move when settings are added.
  @Test func `the standard leaves no trace in keys`() {
    var settings = MetaTrainingSettings()
    #expect(settings.json["embedding"] == nil && settings.json["target"] == nil)
    settings.embedding.remapping = .last
    settings.target = .final
    #expect(settings.json["embedding"]?["remapping"] == "last")
    #expect(settings.json["target"] == "final")
  }

  @Test func `inner rates come from a second file or stand in the first`() throws {
    let space = SmallTask.space
    let shape = PredictorShape(
      mapChannels: 16, codeLength: space.codeLength, architectureFeatures: 7, hidden: 9)
    var random = RandomSource(seed: 2)
    let parameters: TensorDictionary<Float> = AccuracyPredictor(shape: shape).initialParameters(
      random: &random)
    let rates: TensorDictionary<Float> = AccuracyPredictor(shape: shape).initialParameters(random: &random)
    let plain = SafeTensors(tensors: parameters.entries.map { $0.tensor.stored($0.name) })
    let second = SafeTensors(tensors: rates.entries.map { $0.tensor.stored($0.name) })
    var joined = plain
    joined.tensors += rates.entries.map { $0.tensor.stored("inner_rates.\($0.name)") }

    let constant = try MetaPredictor(weightsOf: plain, space: space)
    #expect(constant.rates["proj_layers.0.bias"].scalars == [Float](repeating: 0.005, count: 9))
    for loaded in [
      try MetaPredictor(weightsOf: plain, rates: second, space: space),
      try MetaPredictor(weightsOf: joined, space: space),
      try MetaPredictor(weightsOf: plain, rates: joined, space: space),
    ] {
      #expect((loaded.function as? AccuracyPredictor)?.shape == shape)
      #expect(loaded.rates.names == rates.names)
      #expect(loaded.rates.ordered.map(\.scalars) == rates.ordered.map(\.scalars))
    }
    // PyTorch checkpoints written here hold both.
    let checkpoint = try PyTorchFile(
      parsing: MetaPredictor(weightsOf: joined, space: space).checkpoint
    ).weights()
    #expect(
      try MetaPredictor(weightsOf: checkpoint, space: space).rates.ordered.map(\.scalars)
        == rates.ordered.map(\.scalars))
    second.tensors.first.map { first in
      var short = second
      short.tensors = Array(second.tensors.dropFirst())
      #expect(
        words { _ = try MetaPredictor(weightsOf: plain, rates: short, space: space) }
          == "the file has no tensor `\(first.name)`")
    }
  }
}

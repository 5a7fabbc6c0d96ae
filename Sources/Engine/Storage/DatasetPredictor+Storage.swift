/// Predictors that know a task by its images, as safetensors files.
extension DatasetPredictor {
  package static let format = "dass-dataset-predictor-1"
  private static let program = "program"

  package var safeTensors: SafeTensors {
    let source =
      switch features {
      case .program: Self.program
      case .folder(let path): "folder \(path)"
      }
    var noise: [SafeTensors.Tensor] = []
    if case .image(let image) = embedding.noise { noise = [image.stored] }
    return SafeTensors(
      tensors: storedParameters + noise,
      metadata: [
        "format": Self.format, "space": space.json.text, "method": method.rawValue, "features": source,
        "imageFeatures": String(function.imageFeatures), "imagesPerClass": String(imagesPerClass),
        "embedding": embedding.json.text, "history": JSON.array(history.map(\.json)).text,
        "validationErrors": JSON.array(validationErrors.map { .number($0) }).text,
      ])
  }

  private var storedParameters: [SafeTensors.Tensor] {
    parameters.entries.map { $0.tensor.stored($0.name) }
  }

  /// The parameters as a checkpoint that PyTorch loads, under the originals' names.
  package var checkpoint: [UInt8] {
    PyTorchFile.checkpoint([("state_dict", storedParameters)], texts: ["space": space.json.text])
  }

  /// Reads a file written by `safeTensors`.
  ///
  /// - Throws: `ModelFileError` saying what is missing or does not fit; `SpaceError`, `NoiseError`.
  package init(_ file: SafeTensors) throws {
    let fields = try StoredFields(file, format: Self.format, holding: "a predictor")
    let space = try ResNetSpace(fields.json("space"))
    guard let method = DatasetMethod(rawValue: try fields.text("method")) else {
      throw ModelFileError.badMetadata("method")
    }
    let source = try fields.text("features")
    let features: FeatureSource
    if source == Self.program {
      features = .program
    } else if source.hasPrefix("folder ") {
      features = .folder(String(source.dropFirst("folder ".count)))
    } else {
      throw ModelFileError.badMetadata("features")
    }
    let function = method.function(
      for: space, imageFeatures: try fields.integer("imageFeatures", in: 1...65_536))
    self.init(
      space: space, method: method, features: features, function: function,
      imagesPerClass: try fields.integer("imagesPerClass", in: 1...10_000),
      parameters: try TensorDictionary(file, shapes: function.tensorShapes),
      history: try (fields.json("history").arrayValue ?? []).compactMap(MetaRecord.init))
    validationErrors = try (fields.json("validationErrors").arrayValue ?? []).compactMap(\.doubleValue)
    let image = try file["noise"] == nil ? nil : NoiseImage(file)
    embedding = try EmbeddingSettings(json: fields.json("embedding"), image: image)
  }
}

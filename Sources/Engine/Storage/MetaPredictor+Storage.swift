/// Predictors as safetensors files: parameters under the authors' names, learned inner rates under the same names
/// with `inner_rates.` before them.
extension MetaPredictor {
  private static let format = "dass-predictor-1"
  private static let ratePrefix = "inner_rates."

  package var safeTensors: SafeTensors {
    func stored(_ dictionary: TensorDictionary<Float>, prefix: String) -> [SafeTensors.Tensor] {
      dictionary.entries.map { $0.tensor.stored(prefix + $0.name) }
    }
    return SafeTensors(
      tensors: stored(parameters, prefix: "") + stored(rates, prefix: Self.ratePrefix) + storedNoise,
      metadata: [
        "format": Self.format, "innerSteps": String(adaptation.steps), "space": space.json.text,
        "method": method.rawValue, "unit": unit.rawValue,
        "history": JSON.array(history.map(\.json)).text,
        "validationErrors": JSON.array(validationErrors.map { .number($0) }).text,
        "adaptation": adaptation.json.text, "support": JSON.object(support.mapValues(\.json)).text,
      ].merging(shapeFields) { first, _ in first }.merging(embeddingFields) { first, _ in first })
  }

  /// The standard is left out.
  private var embeddingFields: [String: String] {
    embedding == .standard ? [:] : ["embedding": embedding.json.text]
  }

  private var storedNoise: [SafeTensors.Tensor] {
    if case .image(let image) = embedding.noise { [image.stored] } else { [] }
  }

  /// The sizes of the paper's predictor that do not follow from the space.
  private var shapeFields: [String: String] {
    guard let function = function as? AccuracyPredictor else { return [:] }
    return [
      "architectureFeatures": String(function.shape.architectureFeatures),
      "hidden": String(function.shape.hidden), "scalesMaps": String(function.scalesMaps),
      "maps": function.shape.maps.rawValue,
    ]
  }

  /// The checkpoint that the authors' PyTorch module loads, and the inner rates, which theirs leaves out.
  package var checkpoint: [UInt8] {
    func stored(_ dictionary: TensorDictionary<Float>) -> [SafeTensors.Tensor] {
      dictionary.entries.map { $0.tensor.stored($0.name) }
    }
    return PyTorchFile.checkpoint(
      [("state_dict", stored(parameters)), ("inner_rates", stored(rates))], texts: ["space": space.json.text])
  }

  /// Makes a predictor of weights that carry no more than their names, such as the authors'; the sizes of its hidden
  /// layers are those of the tensors.
  ///
  /// - Parameter rates: a file with the inner rates under the names of the parameters, or the same with `inner_rates.`
  ///   before them. Without one they are looked for in `file`; where it has none, as the authors' files, all are the rate
  ///   that learning starts with, as in the authors' search.
  /// - Parameter unit: in which it learned accuracies.
  /// - Throws: `ModelFileError` for a tensor that is missing or has another shape.
  package init(
    weightsOf file: SafeTensors, rates rateFile: SafeTensors? = nil, space: ResNetSpace,
    unit: AccuracyUnit = .fraction
  ) throws(ModelFileError) {
    let method = LearningMethod.dass
    var shape = PredictorShape(space: space)
    // What cannot be a size is told as a wrong shape below.
    func size(_ name: String) -> Int? {
      file[name]?.shape.first.map { min(max($0, 1), 65_536) }
    }
    shape.architectureFeatures = size("arch_encoder.fc.weight") ?? shape.architectureFeatures
    shape.hidden = size("proj_layers.0.weight") ?? shape.hidden
    let function = AccuracyPredictor(shape: shape)
    let parameters = try TensorDictionary<Float>(file, shapes: function.tensorShapes)
    let source = rateFile ?? file
    let rates: TensorDictionary<Float>
    if source.tensors.contains(where: { $0.name.hasPrefix(Self.ratePrefix) }) {
      rates = try TensorDictionary(source, shapes: function.tensorShapes, prefix: Self.ratePrefix)
    } else if rateFile != nil {
      rates = try TensorDictionary(source, shapes: function.tensorShapes)
    } else {
      rates = parameters.mapped { Tensor(repeating: Float(method.innerRate), shape: $0.shape) }
    }
    self.init(
      space: space, method: method, function: function, parameters: parameters, rates: rates,
      adaptation: Adaptation(steps: method.innerSteps), unit: unit)
  }

  /// Reads a file written by `safeTensors`.
  ///
  /// - Throws: `ModelFileError` saying what is missing or does not fit.
  package init(_ file: SafeTensors) throws {
    let fields = try StoredFields(file, format: Self.format, holding: "a predictor")
    let space = try ResNetSpace(fields.json("space"))
    guard let method = LearningMethod(rawValue: file.metadata["method"] ?? LearningMethod.dass.rawValue)
    else {
      throw ModelFileError.badMetadata("method")
    }
    guard let unit = AccuracyUnit(rawValue: file.metadata["unit"] ?? AccuracyUnit.fraction.rawValue) else {
      throw ModelFileError.badMetadata("unit")
    }
    var function = method.function(for: space)
    if method == .dass {
      var shape = PredictorShape(space: space)
      shape.architectureFeatures = try fields.integer("architectureFeatures", in: 1...65_536)
      shape.hidden = try fields.integer("hidden", in: 1...65_536)
      guard let maps = MapReading(rawValue: file.metadata["maps"] ?? MapReading.both.rawValue) else {
        throw ModelFileError.badMetadata("maps")
      }
      shape.maps = maps
      function = AccuracyPredictor(shape: shape, scalesMaps: file.metadata["scalesMaps"] == "true")
    }
    self.init(
      space: space, method: method, function: function,
      parameters: try TensorDictionary(file, shapes: function.tensorShapes),
      rates: try TensorDictionary(file, shapes: function.tensorShapes, prefix: Self.ratePrefix),
      adaptation: try Self.adaptation(of: file, fields), unit: unit,
      history: try (fields.json("history").arrayValue ?? []).compactMap(MetaRecord.init))
    if file.metadata["embedding"] != nil {
      let image = try file["noise"] == nil ? nil : NoiseImage(file)
      embedding = try EmbeddingSettings(json: fields.json("embedding"), image: image)
    }
    if file.metadata["validationErrors"] != nil {
      validationErrors = try (fields.json("validationErrors").arrayValue ?? []).compactMap(\.doubleValue)
    }
    guard file.metadata["support"] != nil else { return }
    for (teacher, students) in try fields.json("support").objectValue ?? [:] {
      guard let students = SupportStudents(students) else { throw ModelFileError.badMetadata("support") }
      support[teacher] = students
    }
  }

  /// Older files tell the number of steps alone.
  private static func adaptation(
    of file: SafeTensors, _ fields: StoredFields
  ) throws(ModelFileError) -> Adaptation {
    guard file.metadata["adaptation"] != nil else {
      return Adaptation(steps: try fields.integer("innerSteps", in: 0...100))
    }
    guard let adaptation = Adaptation(try fields.json("adaptation")) else { throw .badMetadata("adaptation") }
    return adaptation
  }
}

extension MetaRecord {
  var json: JSON {
    [
      "episode": .integer(episode), "loss": .number(loss),
      "validationCorrelation": validationCorrelation.map { .number($0) } ?? .null,
    ]
  }

  init?(_ json: JSON) {
    guard let episode = json["episode"]?.intValue, let loss = json["loss"]?.doubleValue else { return nil }
    self.init(
      episode: episode, loss: loss, validationCorrelation: json["validationCorrelation"]?.doubleValue)
  }
}

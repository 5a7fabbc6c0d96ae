/// Teachers as safetensors files: weights under the authors' names, everything else in the metadata.
extension Teacher {
  private static let format = "dass-teacher-1"

  package var safeTensors: SafeTensors {
    SafeTensors(
      tensors: weights.storedTensors,
      metadata: [
        "format": Self.format, "space": space.json.text, "classes": String(classes),
        "accuracy": String(accuracy),
        "history": JSON.array(history.map(\.json)).text, "dataset": datasetName,
        "datasetDigest": datasetDigest,
      ])
  }

  /// Reads a file written by `safeTensors`.
  ///
  /// - Throws: `ModelFileError` saying what is missing or does not fit.
  package init(_ file: SafeTensors) throws {
    let fields = try StoredFields(file, format: Self.format, holding: "a teacher")
    let space = try ResNetSpace(fields.json("space"))
    let classes = try fields.integer("classes", in: 2...1_000_000)
    self.init(
      space: space, classes: classes,
      weights: try NetworkWeights(file, network: ResNet(space.teacher, classes: classes)),
      accuracy: try fields.number("accuracy", in: 0...1),
      history: try (fields.json("history").arrayValue ?? []).compactMap(EpochRecord.init),
      datasetName: try fields.text("dataset"), datasetDigest: try fields.text("datasetDigest"))
  }

  /// Makes a teacher of weights that carry no more than their names, such as the authors'.
  ///
  /// - Parameter accuracy: what is known of it, in 0...1; measured where nothing is.
  /// - Throws: `ModelFileError`, `TrainingError`, `Cancelled`.
  package init(
    weightsOf file: SafeTensors, space: ResNetSpace, dataset: Dataset, accuracy known: Double? = nil,
    cancellation: CancellationToken
  ) throws {
    try space.checkImages(of: dataset)
    let classes = dataset.classNames.count
    let weights = try NetworkWeights(file, network: ResNet(space.teacher, classes: classes))
    let accuracy =
      try known
      ?? FoldedResNet(space.teacher, weights: weights)
      .accuracy(on: ImageBatches(dataset.test), cancellation: cancellation)
    self.init(
      space: space, classes: classes, weights: weights, accuracy: accuracy, history: [],
      datasetName: dataset.name,
      datasetDigest: dataset.digest)
  }
}

extension Teacher {
  /// Makes a teacher of weights without the images they were trained on; the head tells how many classes there are.
  ///
  /// - Parameter accuracy: what is known of it, in 0...1.
  /// - Throws: `ModelFileError`.
  package init(
    weightsOf file: SafeTensors, space: ResNetSpace, name: String, accuracy: Double
  ) throws(ModelFileError) {
    guard let head = file["fc.weight"] else { throw .missingTensor("fc.weight") }
    let classes = max(head.shape.first ?? 0, 1)
    self.init(
      space: space, classes: classes,
      weights: try NetworkWeights(file, network: ResNet(space.teacher, classes: classes)),
      accuracy: accuracy, history: [], datasetName: name, datasetDigest: "unknown")
  }
}

extension NetworkWeights<Float> {
  package var storedTensors: [SafeTensors.Tensor] {
    (parameters.entries + statistics.entries).map { $0.tensor.stored($0.name) }
  }

  /// Takes the network's tensors by name; others, such as `num_batches_tracked`, are left aside.
  ///
  /// - Throws: `ModelFileError` for a tensor that is missing, of another shape, or holds a value that is no number.
  package init(_ file: SafeTensors, network: ResNet) throws(ModelFileError) {
    let shapes = network.tensorShapes
    self.init(
      parameters: try TensorDictionary(file, shapes: shapes.parameters),
      statistics: try TensorDictionary(file, shapes: shapes.statistics))
    for (name, tensor) in statistics.entries where name.hasSuffix("running_var") {
      guard tensor.scalars.allSatisfy({ $0 >= 0 }) else { throw .negativeVariance(tensor: name) }
    }
  }
}

extension TensorDictionary<Float> {
  /// - Throws: `ModelFileError`.
  init(_ file: SafeTensors, shapes: [(String, [Int])], prefix: String = "") throws(ModelFileError) {
    self.init()
    let byName = Dictionary(file.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for (name, shape) in shapes {
      guard let tensor = byName[prefix + name] else { throw .missingTensor(prefix + name) }
      guard tensor.shape == shape else {
        throw .wrongShape(tensor: prefix + name, found: tensor.shape, wanted: shape)
      }
      guard tensor.values.allSatisfy(\.isFinite) else { throw .notFinite(tensor: prefix + name) }
      self[name] = Tensor(tensor.values, shape: shape)
    }
  }
}

extension EpochRecord {
  var json: JSON {
    ["epoch": .integer(epoch), "trainingLoss": .number(trainingLoss), "testAccuracy": .number(testAccuracy)]
  }

  init?(_ json: JSON) {
    guard let epoch = json["epoch"]?.intValue, let loss = json["trainingLoss"]?.doubleValue,
      let accuracy = json["testAccuracy"]?.doubleValue
    else { return nil }
    self.init(epoch: epoch, trainingLoss: loss, testAccuracy: accuracy)
  }
}

extension ResNetSpace {
  package var json: JSON {
    var members: [String: JSON] = [
      "name": .string(name), "widths": .array(widths.map { .integer($0) }),
      "teacherDepth": .integer(teacherDepth),
      "studentDepths": [.integer(studentDepths.lowerBound), .integer(studentDepths.upperBound)],
      "ratios": .array(ratios.map { .number($0) }), "imageSize": .integer(imageSize),
      "encoding": .string(encoding.rawValue),
    ]
    if case .bottleneck(let bottleneck) = kind {
      members["bottleneck"] = [
        "expansion": .number(bottleneck.expansion), "stemWidth": .integer(bottleneck.stemWidth),
      ]
    }
    if baseDepths.contains(where: { $0 > 0 }) {
      members["baseDepths"] = .array(baseDepths.map { .integer($0) })
    }
    if fullEnds != .every { members["fullEnds"] = .string(fullEnds.rawValue) }
    return .object(members)
  }

  /// - Throws: `ModelFileError.badMetadata`, `SpaceError`.
  package init(_ json: JSON) throws {
    let depths = json["studentDepths"]?.arrayValue?.compactMap(\.intValue) ?? []
    guard let name = json["name"]?.stringValue,
      let widths = json["widths"]?.arrayValue?.compactMap(\.intValue),
      let teacherDepth = json["teacherDepth"]?.intValue, depths.count == 2, depths[0] <= depths[1],
      let ratios = json["ratios"]?.arrayValue?.compactMap(\.doubleValue), !ratios.isEmpty,
      let imageSize = json["imageSize"]?.intValue,
      let encoding = json["encoding"]?.stringValue.flatMap(Encoding.init(rawValue:))
    else { throw ModelFileError.badMetadata("space") }
    var kind = BlockKind.basic
    if let bottleneck = json["bottleneck"] {
      guard let expansion = bottleneck["expansion"]?.doubleValue, (0.01...4).contains(expansion),
        let stem = bottleneck["stemWidth"]?.intValue, (1...4096).contains(stem)
      else { throw ModelFileError.badMetadata("space") }
      kind = .bottleneck(BlockKind.Bottleneck(expansion: expansion, stemWidth: stem))
    }
    try self.init(
      name: name, widths: widths, teacherDepth: teacherDepth, studentDepths: depths[0]...depths[1],
      ratios: ratios,
      imageSize: imageSize, encoding: encoding, kind: kind,
      baseDepths: json["baseDepths"]?.arrayValue?.compactMap(\.intValue) ?? [0, 0, 0, 0])
    guard let ends = json["fullEnds"] else { return }
    guard let fullEnds = ends.stringValue.flatMap(FullEnds.init(rawValue:)) else {
      throw ModelFileError.badMetadata("space")
    }
    self.fullEnds = fullEnds
  }
}

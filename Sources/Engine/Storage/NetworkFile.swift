/// A finished network for other programs: its weights with what is needed to use them.
package struct NetworkFile: Sendable {
  package let architecture: Architecture
  package let imageSize: Int
  package let classNames: [String]
  package let weights: NetworkWeights<Float>
  /// On the test part, 0 to 1.
  package let accuracy: Double

  /// The forms, by the endings of their files.
  package enum Form: String, Sendable, CaseIterable {
    case onnx
    case safetensors
    case pt
    case pth
    case pthTar = "pth.tar"

    package init?(path: String) {
      let name = path.lowercased()
      guard let form = Self.allCases.first(where: { name.hasSuffix("." + $0.rawValue) }) else { return nil }
      self = form
    }
  }

  package init(_ teacher: Teacher, classNames: [String]) {
    architecture = teacher.architecture
    imageSize = teacher.space.imageSize
    self.classNames = classNames
    weights = teacher.weights
    accuracy = teacher.accuracy
  }

  /// Distills a student and keeps the weights of its best epoch in the cache.
  ///
  /// - Throws: `TrainingError`, `FileError`, `Cancelled`.
  package init(
    student: Architecture, teacher: Teacher, dataset: Dataset, settings: DistillationSettings, seed: UInt64,
    cache: ContentCache, supervision: Supervision
  ) throws {
    architecture = student
    imageSize = teacher.space.imageSize
    classNames = dataset.classNames
    let distillation = try Distillation(
      teacher: teacher, dataset: dataset, settings: settings, cancellation: supervision.cancellation)
    let key = ContentCache.key(["kind": "student", "job": distillation.job(student, seed: seed).json])
    let network = ResNet(student, classes: dataset.classCount)
    let known = cache.get(key) { bytes in
      let file = try SafeTensors(parsing: bytes)
      guard let accuracy = file.metadata["accuracy"].flatMap(Double.init) else {
        throw ModelFileError.badMetadata("accuracy")
      }
      return (weights: try NetworkWeights(file, network: network), accuracy: accuracy)
    }
    if let known {
      (weights, accuracy) = known
      return
    }
    let trained = try distillation.distill(student, seed: seed, supervision: supervision, cache: cache)
      .trained
    (weights, accuracy) = (trained.bestWeights, trained.bestAccuracy)
    try cache.put(safeTensors.encoded(), for: key)
  }

  private var safeTensors: SafeTensors { SafeTensors(tensors: weights.storedTensors, metadata: facts) }

  private var facts: [String: String] {
    [
      "architecture": architecture.text, "imageSize": String(imageSize), "accuracy": String(accuracy),
      "classes": JSON.array(classNames.map { .string($0) }).text,
    ]
  }

  /// - Throws: `SafeTensorsError`.
  package func encoded(as form: Form) throws -> [UInt8] {
    switch form {
    case .onnx:
      FoldedResNet(architecture, weights: weights)
        .onnx(name: architecture.text, imageSize: imageSize, classNames: classNames)
    case .safetensors: try safeTensors.encoded()
    case .pt, .pth, .pthTar:
      PyTorchFile.checkpoint([("state_dict", weights.storedTensors)], texts: facts)
    }
  }
}

/// What a fixed network sees in the training images of a dataset: a row of numbers an image.
package struct ImageFeatures: Sendable {
  /// (images, features)
  package let rows: Tensor<Float>
  /// Positions of the images of each class that has some.
  private let classes: [[Int]]

  /// - Throws: `ImageFeatureError.otherCount` if there is not one row a training image.
  package init(rows: Tensor<Float>, of dataset: Dataset) throws(ImageFeatureError) {
    guard rows.rank == 2, rows.shape[0] == dataset.train.count, rows.shape[1] > 0 else {
      throw .otherCount(shape: rows.shape, images: dataset.train.count)
    }
    self.rows = rows
    classes = dataset.train.indicesByClass(classCount: dataset.classCount).filter { !$0.isEmpty }
  }

  /// SHA-256 of the numbers.
  package var digest: String {
    var stream = SHA256Stream()
    stream.update(Array("\(rows.shape)".utf8))
    stream.update(rows.scalars.withUnsafeBytes { Array($0) })
    return stream.finish()
  }

  /// Numbers an image.
  package var count: Int { rows.shape[1] }

  /// `number` images of each class, drawn at random, (classes, number, features). A class with fewer repeats them.
  package func drawn(_ number: Int, random: inout RandomSource) -> Tensor<Float> {
    let chosen = classes.flatMap { positions in
      let order = positions.shuffled(using: &random)
      return (0..<number).map { order[$0 % order.count] }
    }
    return rows.rows(chosen).reshaped(to: [classes.count, number, count])
  }
}

/// Where the features of images come from.
package enum FeatureSource: Sendable, Hashable {
  /// The network that comes with the program, trained on all 200 classes of the demo world's source set. It stands in
  /// the place of the originals' ResNet-18 of ImageNet.
  case program
  /// A folder with a file for each dataset, `NAME.npy` or `NAME.safetensors` (the tensor `features`): a row for each
  /// training image, in their order.
  case folder(String)

  /// For a line about a result.
  package var text: String {
    switch self {
    case .program: "image features of the program's network"
    case .folder(let path): "image features from \(path)"
    }
  }

  /// - Throws: `ImageFeatureError`, `DemoResultsError`, `FileError`, `FileContentError`, `Cancelled`.
  package func features(of dataset: Dataset, cancellation: CancellationToken) throws -> ImageFeatures {
    switch self {
    case .program: try FeatureExtractor.ofProgram().features(of: dataset, cancellation: cancellation)
    case .folder(let folder): try Self.read(folder, dataset)
    }
  }

  private static func read(_ folder: String, _ dataset: Dataset) throws -> ImageFeatures {
    let base = "\(folder)/\(dataset.name)"
    if FileBytes.isRegularFile(base + ".npy") {
      let array = try NPYArray(contentsOf: base + ".npy")
      return try FileContentError.naming(base + ".npy") {
        return try ImageFeatures(
          rows: checked(array.doubles.map { Float($0) }, shape: array.shape), of: dataset)
      }
    }
    let path = base + ".safetensors"
    guard FileBytes.isRegularFile(path) else {
      throw ImageFeatureError.notFound(dataset: dataset.name, folder: folder)
    }
    return try FileContentError.naming(path) {
      let file = try SafeTensors(parsing: FileBytes.read(path))
      guard let stored = file["features"] else { throw ModelFileError.missingTensor("features") }
      return try ImageFeatures(rows: checked(stored.values, shape: stored.shape), of: dataset)
    }
  }

  private static func checked(_ values: [Float], shape: [Int]) throws(ImageFeatureError) -> Tensor<Float> {
    guard values.allSatisfy(\.isFinite) else { throw .notFinite }
    return Tensor(values, shape: shape)
  }
}

/// A fixed network whose last map, averaged over the image, describes images.
package struct FeatureExtractor: Sendable {
  private let network: FoldedResNet
  private let imageSize: Int

  package init(_ teacher: Teacher) {
    network = teacher.folded
    imageSize = teacher.space.imageSize
  }

  /// The file of the program's network, beside the results of the demo world.
  package static let fileName = "features.safetensors"

  /// What the program's network is trained by: `dass metabase extractor` makes it again.
  ///
  /// - Throws: what makes the dataset throws; `SpaceError`, `TrainingError`, `Cancelled`.
  package static func train(dataFolder: String, supervision: Supervision) throws -> Teacher {
    let demo = ResNetSpace.demo
    let space = try ResNetSpace(
      name: "features", widths: [16, 24, 32, 64], teacherDepth: 1, studentDepths: 1...1, ratios: demo.ratios,
      imageSize: demo.imageSize)
    return try Teacher.train(
      space: space, on: try DemoSet.source.dataset(dataFolder: dataFolder, supervision: supervision),
      settings: ExperimentProtocol.demo.teacherSettings(imageSize: space.imageSize), seed: 1,
      supervision: supervision)
  }

  /// - Throws: `DemoResultsError`, `FileError`, `FileContentError`, `ModelFileError`.
  package static func ofProgram() throws -> FeatureExtractor {
    try FeatureExtractor(DemoResults.extractor())
  }

  /// Of the training images, brought to the size that the network takes.
  ///
  /// - Throws: `DatasetError`, `Cancelled`.
  package func features(of dataset: Dataset, cancellation: CancellationToken) throws -> ImageFeatures {
    let batches = ImageBatches(
      try dataset.resized(height: imageSize, width: imageSize).train)
    let parts = try batches.orderedIndices(batchSize: 256).map { indices in
      try cancellation.check()
      return network.map(batches.batch(indices).images).globallyAveraged()
    }
    return try ImageFeatures(rows: .concatenated(parts, axis: 0), of: dataset)
  }
}

/// Why images cannot be described.
package enum ImageFeatureError: Error, Sendable, Equatable {
  case otherCount(shape: [Int], images: Int)
  case notFound(dataset: String, folder: String)
  case notFinite
  case otherLength(dataset: String, found: Int, wanted: Int)
}

extension ImageFeatureError: ExplainedError {
  package var problem: String {
    switch self {
    case .otherCount(let shape, let images):
      "the features have the shape \(shape), and the dataset has \(images) training images"
    case .notFound(let dataset, let folder): "the folder “\(folder)” has no features of \(dataset)"
    case .notFinite: "the features hold values that are not numbers"
    case .otherLength(let dataset, let found, let wanted):
      "the images of \(dataset) are described by \(found) numbers, and the predictor takes \(wanted)"
    }
  }

  package var advice: String? {
    switch self {
    case .otherCount: "give a row for each training image, in the order of the dataset"
    case .notFound(let dataset, _): "put \(dataset).npy or \(dataset).safetensors there"
    case .notFinite: nil
    case .otherLength: "take features of the same network for all datasets"
    }
  }
}

/// How a teacher and its students are looked at before a predictor reads them: whose weights a student takes, what
/// both see, and how they normalize it (paper, Eq. 4, and what it leaves open).
package struct EmbeddingSettings: Sendable, Hashable {
  /// Whose statistics batch normalization takes while the noise passes.
  package enum Normalization: String, Sendable, CaseIterable {
    /// The running ones, as in evaluation.
    case running
    /// Those of the noise itself, as in training.
    case batch
  }

  package var remapping = Remapping.first
  /// The same for all tasks.
  package var noise = Noise.seed(0)
  package var normalization = Normalization.running

  package init(
    remapping: Remapping = .first, noise: Noise = .seed(0), normalization: Normalization = .running
  ) {
    self.remapping = remapping
    self.noise = noise
    self.normalization = normalization
  }

  package static let standard = EmbeddingSettings()

  /// Whether students that begin alike give the same maps up to where they part, and their weights are a prefix of the
  /// teacher's: what the fast way of embedding builds on.
  var allowsPlans: Bool { remapping == .first && normalization == .running }

  /// In words, for what a result depends on.
  package var text: String {
    "weights by `\(remapping.rawValue)`, noise \(noise.text), \(normalization.rawValue) statistics"
  }

  package var json: JSON {
    [
      "remapping": .string(remapping.rawValue), "noise": noise.json,
      "normalization": .string(normalization.rawValue),
    ]
  }

  /// - Parameter image: the noise where it is not drawn from a seed.
  /// - Throws: `ModelFileError.badMetadata`.
  package init(json: JSON, image: NoiseImage?) throws(ModelFileError) {
    guard let remapping = json["remapping"]?.stringValue.flatMap(Remapping.init(rawValue:)),
      let normalization = json["normalization"]?.stringValue.flatMap(Normalization.init(rawValue:)),
      let seed = json["noise"]?.stringValue
    else { throw .badMetadata("embedding") }
    if let number = UInt64(seed) {
      noise = .seed(number)
    } else if let image, image.digest == seed {
      noise = .image(image)
    } else {
      throw .badMetadata("embedding")
    }
    self.remapping = remapping
    self.normalization = normalization
  }
}

/// The image that takes the place of data.
package enum Noise: Sendable, Hashable {
  /// Standard normal numbers, drawn for the size that a space has.
  case seed(UInt64)
  case image(NoiseImage)

  package var text: String {
    switch self {
    case .seed(let seed): "\(seed)"
    case .image: "from a file"
    }
  }

  /// The seed, or the digest of the numbers.
  var json: JSON {
    switch self {
    case .seed(let seed): .string(String(seed))
    case .image(let image): .string(image.digest)
    }
  }

  /// (1, S, S, 3)
  ///
  /// - Throws: `NoiseError.otherSize`.
  package func image(size: Int) throws(NoiseError) -> Tensor<Float> {
    switch self {
    case .seed(let seed): return NoiseEmbedding.noise(imageSize: size, seed: seed)
    case .image(let image):
      guard image.size == size else { throw .otherSize(found: image.size, wanted: size) }
      return Tensor(channelsFirst: image.values, shape: [1, 3, size, size])
    }
  }
}

/// Noise that came from outside.
package struct NoiseImage: Sendable, Hashable {
  package let size: Int
  /// 3, size, size, as PyTorch lays images out.
  package let values: [Float]

  /// Reads a file of NumPy (`.npy`) or safetensors, the latter with one tensor or one called `noise`, of shape
  /// 3, S, S or 1, 3, S, S.
  ///
  /// - Throws: `FileError`, or `FileContentError` with a `NoiseError`, `NPYError` or `SafeTensorsError`.
  package init(contentsOf path: String) throws {
    let bytes = try FileBytes.read(path)
    self = try FileContentError.naming(path) {
      if path.lowercased().hasSuffix(".npy") {
        let array = try NPYArray(parsing: bytes)
        return try NoiseImage(shape: array.shape, values: array.doubles.map { Float($0) })
      }
      return try NoiseImage(SafeTensors(parsing: bytes))
    }
  }

  /// - Throws: `NoiseError`.
  package init(_ file: SafeTensors) throws(NoiseError) {
    guard let tensor = file["noise"] ?? (file.tensors.count == 1 ? file.tensors.first : nil) else {
      throw .missing(tensors: file.tensors.count)
    }
    try self.init(shape: tensor.shape, values: tensor.values)
  }

  private init(shape: [Int], values: [Float]) throws(NoiseError) {
    let sizes = shape.count == 4 && shape[0] == 1 ? Array(shape.dropFirst()) : shape
    guard sizes.count == 3, sizes[0] == 3, sizes[1] == sizes[2], sizes[1] > 0 else {
      throw .wrongShape(shape)
    }
    guard values.allSatisfy(\.isFinite) else { throw .notFinite }
    size = sizes[1]
    self.values = values
  }

  /// SHA-256 of the numbers.
  var digest: String { Digest.sha256(values.withUnsafeBytes { Array($0) }) }

  var stored: SafeTensors.Tensor {
    SafeTensors.Tensor(name: "noise", shape: [1, 3, size, size], values: values)
  }
}

/// What can be wrong with noise from a file.
package enum NoiseError: Error, Sendable, Equatable {
  case missing(tensors: Int)
  case wrongShape([Int])
  case notFinite
  case otherSize(found: Int, wanted: Int)
}

extension NoiseError: ExplainedError {
  package var problem: String {
    switch self {
    case .missing(let count): "the file has \(count) tensors, and none is called `noise`"
    case .wrongShape(let shape): "noise of the shape \(shape) is no square image of three channels"
    case .notFinite: "the noise holds values that are not numbers"
    case .otherSize(let found, let wanted):
      "the noise has \(found) pixels on each side, and networks of this space see \(wanted)"
    }
  }

  package var advice: String? {
    switch self {
    case .missing, .wrongShape: "expected is one image, of shape 1, 3, S, S or 3, S, S"
    case .notFinite, .otherSize: nil
    }
  }
}

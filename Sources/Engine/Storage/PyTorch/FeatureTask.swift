/// A task as the authors' preprocessed files hold it: students' feature maps, architecture codes and accuracies, computed
/// by their program. It can be learned from, but not ranked anew: the teacher's weights are not in it.
///
/// Two files make a task, `DATASET-logs_noise_actmap.pt` of the students and one of the same name in `teacher/`. Each is a
/// dictionary of lists: `arch_enc`, `noise_actmap_stage-4` (channels, height, width), `best_acc` (percent).
package struct FeatureTask: Sendable {
  package var inputs: TaskInputs<Float>
  /// The space whose codes and maps have the sizes of these.
  package var space: ResNetSpace
  /// SHA-256 of the two files.
  package var digest: String

  private static let mapKey = "noise_actmap_stage-4"

  /// - Throws: `FileError`, or `FileContentError` with a `PyTorchFileError`, `ZipError` or `FeatureFileError`.
  package init(students: String, teacher: String, space: ResNetSpace) throws {
    let files = try [students, teacher].map { try FileBytes.read($0) }
    let function = LearningMethod.dass.function(for: space)
    let read = try zip([students, teacher], files).map { path, bytes in
      try FileContentError.naming(path) { try Self.read(PyTorchFile(parsing: bytes), function: function) }
    }
    guard let accuracy = read[1].accuracies.first else {
      throw FileContentError(path: teacher, cause: FeatureFileError.missing("best_acc"))
    }
    let file = students.split(separator: "/").last ?? ""
    inputs = TaskInputs(
      name: String(file.replacing("-logs_noise_actmap.pt", with: "")),
      teacherMap: read[1].students.selecting([0]).maps,
      teacherCode: read[1].students.selecting([0]).codes, teacherAccuracy: accuracy,
      students: read[0].students,
      accuracies: read[0].accuracies)
    self.space = space
    digest = Digest.sha256(files[0] + files[1])
  }

  private static func read(
    _ file: PyTorchFile, function: any PredictorFunction
  ) throws -> (students: StudentInputs<Float>, accuracies: [Double]) {
    let accuracies = try file.numbers("best_acc").map { $0 / 100 }
    guard accuracies.allSatisfy({ (0...1).contains($0) }) else { throw FeatureFileError.notPercent }
    let codes = try file.tensors("arch_enc")
    let maps = try file.tensors(mapKey)
    guard !codes.isEmpty, codes.count == maps.count, codes.count == accuracies.count else {
      throw FeatureFileError.countsDiffer([codes.count, maps.count, accuracies.count])
    }
    for code in codes where code.values.count != function.codeLength {
      throw FeatureFileError.otherSpace("arch_enc", found: code.shape)
    }
    // (C, H, W) or (1, C, H, W), all alike.
    let size = Array(maps[0].shape.suffix(3))
    for map in maps
    where map.shape.count < 3 || Array(map.shape.suffix(3)) != size || map.values.count != size.product
      || size[0] != function.mapChannels
    {
      throw FeatureFileError.otherSpace(mapKey, found: map.shape)
    }
    let (channels, area) = (size[0], size[1] * size[2])
    let pixels = maps.flatMap { map in
      (0..<area).flatMap { place in (0..<channels).map { map.values[$0 * area + place] } }
    }
    return (
      StudentInputs(
        maps: Tensor(pixels, shape: [maps.count, size[1], size[2], channels]),
        codes: Tensor(codes.flatMap(\.values), shape: [codes.count, function.codeLength])), accuracies
    )
  }
}

extension PyTorchFile {
  /// The elements of the list called `key`.
  private func list(_ key: String) throws -> [PickleValue] {
    switch root.dictionaryValue?[key] {
    case .list(let list): list.elements
    case .tuple(let elements): elements
    default: throw FeatureFileError.missing(key)
    }
  }

  fileprivate func tensors(_ key: String) throws -> [SafeTensors.Tensor] {
    try list(key).map { element in
      guard case .tensor(let tensor) = element else { throw FeatureFileError.missing(key) }
      return try values(of: tensor, named: key)
    }
  }

  fileprivate func numbers(_ key: String) throws -> [Double] {
    try list(key).map { element in
      switch element {
      case .number(let value): return value
      case .integer(let value): return Double(value)
      case .tensor(let tensor):
        let values = try values(of: tensor, named: key).values
        guard values.count == 1 else { throw FeatureFileError.missing(key) }
        return Double(values[0])
      default: throw FeatureFileError.missing(key)
      }
    }
  }
}

/// What can be wrong with a file of features.
package enum FeatureFileError: Error, Sendable, Equatable {
  case missing(String)
  case notPercent
  /// Codes, maps, accuracies.
  case countsDiffer([Int])
  case otherSpace(String, found: [Int])
}

extension FeatureFileError: ExplainedError {
  package var problem: String {
    switch self {
    case .missing(let key): "the file has no list “\(key)” of the right kind"
    case .notPercent: "“best_acc” holds a number that is no percentage"
    case .countsDiffer(let counts):
      "the file has \(counts[0]) codes, \(counts[1]) maps and \(counts[2]) accuracies"
    case .otherSpace(let key, let found): "“\(key)” has the shape \(found), which is not that of the space"
    }
  }

  package var advice: String? {
    switch self {
    case .missing:
      "Expected is a file of the authors' preprocessed features, such as cub-logs_noise_actmap.pt"
    case .notPercent, .countsDiffer: "The file is damaged; fetch or copy it again"
    case .otherSpace: "Their files belong to `resnet-code`"
    }
  }
}

/// Handwritten digits, 1,797 scans of 8 x 8 pixels, as scikit-learn distributes them (`digits.csv.gz`).
package enum Digits {
  package static let fileName = "digits.csv.gz"
  private static let side = 8
  /// Values of the scans, 0 to this.
  private static let darkest = 16
  private static let largestFile = 4 << 20

  /// Reads `digits.csv.gz` in `dataFolder`. A fifth of each class, always the same, is the test part.
  ///
  /// - Throws: `DigitsError`, `FileError`, `FileContentError`, `DatasetError`.
  package static func dataset(dataFolder: String) throws -> Dataset {
    let path = dataFolder + "/" + fileName
    guard FileBytes.isRegularFile(path) else { throw DigitsError.missing(path: path) }
    let bytes = try FileBytes.read(path, limit: largestFile)
    do {
      return try dataset(csv: Zlib.gunzip(bytes, limit: 16 * largestFile))
    } catch let error as any ExplainedError {
      throw FileContentError(path: path, cause: error)
    }
  }

  /// Lines of 64 values and the digit, separated by commas.
  static func dataset(csv: [UInt8]) throws -> Dataset {
    var pixels: [UInt8] = []
    var labels: [Int] = []
    for (index, line) in csv.split(separator: UInt8(ascii: "\n")).enumerated() {
      let fields = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      // Some tools write whole numbers with a fraction.
      let values = fields.compactMap { Double(String(decoding: $0, as: UTF8.self)) }.compactMap(
        Int.init(exactly:))
      guard values.count == side * side + 1, let label = values.last, (0...9).contains(label),
        values.dropLast().allSatisfy({ (0...darkest).contains($0) })
      else { throw DigitsError.malformedLine(index + 1) }
      pixels += values.dropLast().map { UInt8(($0 * 255 + darkest / 2) / darkest) }
      labels.append(label)
    }
    let all = try ImageSet(
      pixels: pixels, count: labels.count, height: side, width: side, channels: 1, labels: labels)
    let parts = StratifiedSplit.positions(labels: labels, classCount: 10, testFraction: 0.2, seed: 0)
    return try Dataset(
      name: "digits",
      origin:
        "handwritten digits scanned by E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, "
        + "CC BY 4.0, in the form that scikit-learn distributes",
      classNames: (0...9).map(String.init), train: all.selecting(parts.train), test: all.selecting(parts.test)
    )
  }
}

/// What can be wrong with the file of digits.
package enum DigitsError: Error, Sendable, Equatable {
  case missing(path: String)
  case malformedLine(Int)
}

extension DigitsError: ExplainedError {
  package var problem: String {
    switch self {
    case .missing(let path): "the handwritten digits are not at “\(path)”"
    case .malformedLine(let line): "line \(line) is not 64 values of 0 to 16 and a digit"
    }
  }

  package var advice: String? {
    switch self {
    case .missing: "Run “make setup”, which fetches them"
    case .malformedLine: "Fetch the file again with “make setup”"
    }
  }
}

/// A classification task: images with classes, in a part to train on and a part to measure on.
///
/// Every value that exists passed the checks of `init`: two classes or more with distinct names, labels in
/// range, both parts of one image size.
package struct Dataset: Sendable, Equatable {
  package var name: String
  /// Where the images come from, with their license, in words for `describe`.
  package var origin: String
  package let classNames: [String]
  package let train: ImageSet
  package let test: ImageSet
  /// SHA-256 in hexadecimal over the shapes, pixels, labels and class names. The name and the origin are not
  /// in it: the same images are the same task, however they were called.
  package let digest: String

  package var classCount: Int { classNames.count }
  package var height: Int { train.height }
  package var width: Int { train.width }
  package var channels: Int { train.channels }

  /// - Throws: `DatasetError` for the first of the checks that fails.
  package init(
    name: String, origin: String, classNames: [String], train: ImageSet, test: ImageSet
  ) throws(DatasetError) {
    guard classNames.count >= 2 else { throw .tooFewClasses(classNames.count) }
    var seen: Set<String> = []
    for className in classNames {
      guard !className.isEmpty else { throw .emptyClassName }
      guard seen.insert(className).inserted else { throw .repeatedClassName(className) }
    }
    guard train.shape.dropFirst() == test.shape.dropFirst() else {
      throw .partsDiffer(train: Array(train.shape.dropFirst()), test: Array(test.shape.dropFirst()))
    }
    for (part, images) in [("training", train), ("test", test)] {
      if let label = images.labels.first(where: { $0 >= classNames.count }) {
        throw .labelOutOfRange(label: label, classes: classNames.count, part: part)
      }
    }
    self.name = name
    self.origin = origin
    self.classNames = classNames
    self.train = train
    self.test = test
    digest = Self.digest(classNames: classNames, parts: [train, test])
  }

  private static func digest(classNames: [String], parts: [ImageSet]) -> String {
    var hash = SHA256Stream()
    // Lengths go before contents, so that no two different datasets feed the same bytes.
    hash.update(littleEndian([classNames.count]))
    for className in classNames {
      let bytes = Array(className.utf8)
      hash.update(littleEndian([bytes.count]))
      hash.update(bytes)
    }
    for part in parts {
      hash.update(littleEndian(part.shape))
      hash.update(part.pixels)
      hash.update(littleEndian(part.labels))
    }
    return hash.finish()
  }

  /// Eight bytes a number.
  private static func littleEndian(_ numbers: [Int]) -> [UInt8] {
    numbers.map { UInt64(bitPattern: Int64($0)).littleEndian }.withUnsafeBytes { Array($0) }
  }
}

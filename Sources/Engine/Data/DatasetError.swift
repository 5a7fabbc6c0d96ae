/// What can be wrong with images and labels as a classification task.
package enum DatasetError: Error, Sendable, Equatable {
  // Image sets.
  case noImages
  case imageSizeOutOfRange(height: Int, width: Int)
  case unsupportedChannels(Int)
  /// `shape` is N, H, W, C; `found` the number of bytes there are.
  case pixelCountMismatch(shape: [Int], found: Int)
  case labelCountMismatch(images: Int, labels: Int)
  case negativeLabel(Int)

  // Datasets.
  case tooFewClasses(Int)
  case emptyClassName
  case repeatedClassName(String)
  /// The sizes are H, W, C.
  case partsDiffer(train: [Int], test: [Int])
  case labelOutOfRange(label: Int, classes: Int, part: String)

  // Making one dataset from another.
  case unknownClass(String, known: [String])
  case splitOutOfRange(part: Int, parts: Int)
  case tooFewClassesToSplit(classes: Int, parts: Int)
  case classWithoutImages(String, part: String)
}

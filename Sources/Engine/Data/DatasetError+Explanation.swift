extension DatasetError: ExplainedError {
  package var problem: String {
    switch self {
    case .noImages: "a set without images"
    case .imageSizeOutOfRange(let height, let width):
      "images of \(height) x \(width) pixels; sides of 1 to \(ImageSet.largestSide) are possible"
    case .unsupportedChannels(let channels): "images with \(channels) channels; 1 or 3 are possible"
    case .pixelCountMismatch(let shape, let found):
      "\(found) bytes of pixels do not make \(shape.first ?? 0) images of "
        + shape.dropFirst().map(String.init).joined(separator: " x ")
    case .labelCountMismatch(let images, let labels): "\(images) images but \(labels) labels"
    case .negativeLabel(let label): "the label \(label) is negative"
    case .tooFewClasses(let count):
      "\(count == 1 ? "one class" : "\(count) classes"); a task needs at least two"
    case .emptyClassName: "a class without a name"
    case .repeatedClassName(let name): "two classes are called “\(name)”"
    case .partsDiffer(let train, let test):
      "training images are \(Self.size(train)), but test images are \(Self.size(test))"
    case .labelOutOfRange(let label, let classes, let part):
      "the label \(label) in the \(part) part; with \(classes) classes, labels are 0 to \(classes - 1)"
    case .unknownClass(let name, _): "no class is called “\(name)”"
    case .splitOutOfRange(let part, let parts):
      parts < 1 ? "a split into \(parts) parts" : "part \(part) of a split into \(parts) parts"
    case .tooFewClassesToSplit(let classes, let parts):
      "\(classes) classes cannot be split into \(parts) parts of at least two classes"
    case .classWithoutImages(let name, let part): "the class “\(name)” has no images in the \(part) part"
    }
  }

  package var advice: String? {
    switch self {
    case .partsDiffer: "Give a size, so that all images are brought to it"
    case .unknownClass(_, let known):
      "The classes are " + known.prefix(12).joined(separator: ", ") + (known.count > 12 ? ", ..." : "")
    case .splitOutOfRange(_, let parts) where parts >= 1: "Parts are numbered 0 to \(parts - 1)"
    case .tooFewClassesToSplit: "Split into fewer parts"
    default: nil
    }
  }

  private static func size(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: " x ") }
}

/// What can be wrong with a NumPy file.
package enum NPYError: Error, Sendable, Equatable {
  case notNPY
  case unsupportedVersion(Int)
  case damagedHeader
  case unsupportedType(String)
  /// `expected` is nil where the shape holds more than a machine can count.
  case wrongSize(shape: [Int], expected: Int?, found: Int)
}

extension NPYError: ExplainedError {
  package var problem: String {
    switch self {
    case .notNPY: "the content is no NumPy array (.npy)"
    case .unsupportedVersion(let version): "version \(version) of the NumPy format"
    case .damagedHeader: "the header of the NumPy array is damaged or describes a record"
    case .unsupportedType(let type):
      type.hasSuffix("O")
        ? "the NumPy array holds Python objects" : "the NumPy array holds numbers of type “\(type)”"
    case .wrongSize(let shape, let expected, let found):
      "an array of shape \(shape) takes \(expected.map(String.init) ?? "too many") bytes, but \(found) are there"
    }
  }

  package var advice: String? {
    switch self {
    case .unsupportedType:
      "Types that are read: " + NPYArray.Element.allCases.map(\.rawValue).joined(separator: ", ")
    default: "Save the array again with numpy.save"
    }
  }
}

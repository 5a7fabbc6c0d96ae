/// What can be wrong with a safetensors file, or with tensors to be written to one.
package enum SafeTensorsError: Error, Sendable, Equatable {
  case truncated(bytes: Int)
  case headerTooLarge(UInt64)
  case headerBeyondEnd(header: Int, file: Int)
  /// `reason` comes from the JSON parser.
  case headerNotJSON(_ reason: String)
  case headerNotObject
  case metadataNotStrings
  case malformedEntry(_ tensor: String, field: String)
  case unsupportedType(_ tensor: String, type: String)
  case sizeMismatch(tensor: String, shape: [Int], type: String, bytes: Int)
  case gapOrOverlap(tensor: String, expected: Int, found: Int)
  case bodySizeMismatch(expected: Int, found: Int)

  // Writing.
  case reservedName
  case repeatedName(String)
  case valueCountMismatch(tensor: String, shape: [Int], values: Int)
}

extension SafeTensorsError: ExplainedError {
  package var problem: String {
    switch self {
    case .truncated(let bytes): "a safetensors file of only \(bytes) bytes"
    case .headerTooLarge(let size): "a safetensors header of \(size) bytes"
    case .headerBeyondEnd(let header, let file):
      "a safetensors header of \(header) bytes in a file of \(file) bytes"
    case .headerNotJSON(let reason): "the safetensors header is not JSON: \(reason)"
    case .headerNotObject: "the safetensors header is not a JSON object"
    case .metadataNotStrings: "“__metadata__” is not an object of strings"
    case .malformedEntry(let tensor, let field): "the tensor “\(tensor)” has no valid “\(field)”"
    case .unsupportedType(let tensor, let type): "the tensor “\(tensor)” holds numbers of type “\(type)”"
    case .sizeMismatch(let tensor, let shape, let type, let bytes):
      "the tensor “\(tensor)” of shape \(shape) and type \(type) has \(bytes) bytes"
    case .gapOrOverlap(let tensor, let expected, let found):
      "the tensor “\(tensor)” starts at byte \(found), where byte \(expected) follows the one before it"
    case .bodySizeMismatch(let expected, let found):
      "\(found) bytes of numbers, where the header describes \(expected)"
    case .reservedName: "a tensor called “__metadata__”"
    case .repeatedName(let name): "two tensors are called “\(name)”"
    case .valueCountMismatch(let tensor, let shape, let values):
      "the tensor “\(tensor)” of shape \(shape) has \(values) values"
    }
  }

  package var advice: String? {
    switch self {
    case .unsupportedType:
      "Types that are read: " + SafeTensors.ElementType.allCases.map(\.rawValue).joined(separator: ", ")
    case .reservedName, .repeatedName, .valueCountMismatch: nil
    default: "The file is damaged or not a safetensors file; copy or save it again"
    }
  }
}

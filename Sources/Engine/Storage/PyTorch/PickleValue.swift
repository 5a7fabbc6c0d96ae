/// What a pickle describes. Nothing of it is executed: names of classes and functions are words, and only those that
/// PyTorch needs for tensors and dictionaries mean something here.
enum PickleValue {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case bytes([UInt8])
  case tuple([PickleValue])
  /// Also sets.
  case list(PickleList)
  /// Also ordered ones.
  case dictionary(PickleDictionary)
  /// A class or function by its name, `torch._utils._rebuild_tensor_v2`.
  case global(String)
  case storage(TorchStorageReference)
  case tensor(TorchTensorReference)
  /// An object of a class that means nothing here.
  case foreign(String)

  var textValue: String? { if case .text(let text) = self { text } else { nil } }
  var integerValue: Int? { if case .integer(let value) = self { value } else { nil } }
  var tupleValue: [PickleValue]? { if case .tuple(let elements) = self { elements } else { nil } }
  var dictionaryValue: PickleDictionary? { if case .dictionary(let members) = self { members } else { nil } }
}

/// A list that is filled after others may already refer to it.
final class PickleList {
  var elements: [PickleValue] = []
}

/// A dictionary that is filled after others may already refer to it; in the order of the file.
final class PickleDictionary {
  var members: [(key: PickleValue, value: PickleValue)] = []

  subscript(key: String) -> PickleValue? { members.last { $0.key.textValue == key }?.value }
}

/// Numbers that lie elsewhere in the file.
struct TorchStorageReference {
  /// The name under which they lie.
  var key: String
  /// As PyTorch calls it, `FloatStorage`.
  var type: String
  var count: Int
}

/// A view of a storage.
struct TorchTensorReference {
  var storage: TorchStorageReference
  var offset: Int
  var shape: [Int]
  var strides: [Int]
}

/// The few classes and functions that PyTorch's files need.
enum TorchObjects {
  /// What a call would give; calls of unknown names give a value that tells only their name.
  ///
  /// - Throws: `PyTorchFileError` if a tensor is described in a way that makes no sense.
  static func made(
    by callee: PickleValue, _ arguments: [PickleValue]
  ) throws(PyTorchFileError) -> PickleValue {
    guard case .global(let name) = callee else {
      if case .foreign(let name) = callee { return .foreign(name) }
      throw .notCallable
    }
    switch name {
    case "collections.OrderedDict": return try dictionary(arguments.first)
    case "torch.Size": return arguments.first ?? .tuple([])
    case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2": return try tensor(arguments)
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
      return arguments.first ?? .none
    // Numbers of NumPy, such as accuracies: the type's letter and the bytes.
    case "numpy.dtype": return arguments.first ?? .none
    case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar": return number(arguments)
    case "_codecs.encode":
      guard let text = arguments.first?.textValue else { return .foreign(name) }
      return .bytes(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
    default: return .foreign(name)
    }
  }

  /// An ordered dictionary, empty or of a list of pairs.
  private static func dictionary(_ pairs: PickleValue?) throws(PyTorchFileError) -> PickleValue {
    let dictionary = PickleDictionary()
    guard case .list(let list) = pairs else { return .dictionary(dictionary) }
    for pair in list.elements {
      var elements = pair.tupleValue ?? []
      if case .list(let inner) = pair { elements = inner.elements }
      guard elements.count == 2 else { throw .badTensor }
      dictionary.members.append((elements[0], elements[1]))
    }
    return .dictionary(dictionary)
  }

  /// Arguments: the storage, the offset, the shape, the strides.
  private static func tensor(_ arguments: [PickleValue]) throws(PyTorchFileError) -> PickleValue {
    guard arguments.count >= 4, case .storage(let storage) = arguments[0],
      let offset = arguments[1].integerValue, let sizes = arguments[2].tupleValue,
      let steps = arguments[3].tupleValue
    else { throw .badTensor }
    let (shape, strides) = (sizes.compactMap(\.integerValue), steps.compactMap(\.integerValue))
    guard shape.count == sizes.count, strides.count == steps.count, shape.count == strides.count,
      shape.count <= 32
    else { throw .badTensor }
    return .tensor(TorchTensorReference(storage: storage, offset: offset, shape: shape, strides: strides))
  }

  private static func number(_ arguments: [PickleValue]) -> PickleValue {
    guard arguments.count == 2, let type = arguments[0].textValue, case .bytes(let bytes) = arguments[1]
    else {
      return .foreign("numpy.scalar")
    }
    let bits = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    switch (type, bytes.count) {
    case ("f8", 8): return .number(Double(bitPattern: bits))
    case ("f4", 4): return .number(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
    case ("i8", 8): return .integer(Int(Int64(bitPattern: bits)))
    default: return .foreign("numpy.scalar")
    }
  }
}

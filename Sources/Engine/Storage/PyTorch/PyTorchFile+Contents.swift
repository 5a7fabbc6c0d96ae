extension PyTorchFile {
  /// Where checkpoints keep their weights, in the order in which they are looked for.
  private static let weightKeys = ["state_dict", "model_state_dict", "model", "net", "teacher"]
  /// Where checkpoints written here keep the inner rates of a predictor; they come under names with this before them.
  private static let rateKey = "inner_rates"
  /// How deep lists and dictionaries are followed: they may hold themselves.
  private static let largestDepth = 16

  /// The weights of a checkpoint: the dictionary `state_dict`, or the file's own if that holds the tensors. The prefix
  /// `module.`, which parallel training adds, is left out. The checkpoint's numbers and texts become metadata.
  ///
  /// - Throws: `PyTorchFileError`.
  package func weights() throws(PyTorchFileError) -> SafeTensors {
    guard let top = root.dictionaryValue else { throw .noWeights }
    let nested = Self.weightKeys.lazy.compactMap { top[$0]?.dictionaryValue }.first
    var tensors: [SafeTensors.Tensor] = []
    var seen: Set<String> = []
    for member in (nested ?? top).members {
      guard var name = member.key.textValue, case .tensor(let tensor) = member.value else { continue }
      if name.hasPrefix("module.") { name.removeFirst("module.".count) }
      guard seen.insert(name).inserted else { continue }
      tensors.append(try values(of: tensor, named: name))
    }
    guard !tensors.isEmpty else { throw .noWeights }
    for member in top[Self.rateKey]?.dictionaryValue?.members ?? [] {
      guard let name = member.key.textValue, case .tensor(let tensor) = member.value else { continue }
      let full = "\(Self.rateKey).\(name)"
      if seen.insert(full).inserted { tensors.append(try values(of: tensor, named: full)) }
    }
    var metadata: [String: String] = [:]
    for member in top.members {
      guard let key = member.key.textValue else { continue }
      switch member.value {
      case .integer(let value): metadata[key] = String(value)
      case .number(let value): metadata[key] = "\(value)"
      case .text(let text): metadata[key] = text
      default: continue
      }
    }
    return SafeTensors(tensors: tensors, metadata: metadata)
  }

  /// Everything in the file by its path, such as `acc` or `net_info/3/arch`: tensors, and lists of numbers as tensors of
  /// one axis. This is the form of the authors' preprocessed features.
  ///
  /// - Throws: `PyTorchFileError`.
  package func arrays() throws(PyTorchFileError) -> [SafeTensors.Tensor] {
    var found: [SafeTensors.Tensor] = []
    try collect(root, path: "", depth: 0, into: &found)
    return found
  }

  private func collect(
    _ value: PickleValue, path: String, depth: Int, into found: inout [SafeTensors.Tensor]
  ) throws(PyTorchFileError) {
    guard depth < Self.largestDepth, found.count < 1_000_000 else { throw .tooDeep }
    func below(_ key: String) -> String { path.isEmpty ? key : path + "/" + key }
    switch value {
    case .tensor(let tensor): found.append(try values(of: tensor, named: path.isEmpty ? "data" : path))
    case .list(let list): try collect(list.elements, path: path, depth: depth, into: &found)
    case .tuple(let elements): try collect(elements, path: path, depth: depth, into: &found)
    case .dictionary(let dictionary):
      for member in dictionary.members {
        switch member.key {
        case .text(let key): try collect(member.value, path: below(key), depth: depth + 1, into: &found)
        case .integer(let key):
          try collect(member.value, path: below(String(key)), depth: depth + 1, into: &found)
        default: continue
        }
      }
    case .integer(let number):
      found.append(SafeTensors.Tensor(name: path, shape: [], values: [Float(number)], storedType: .int64))
    case .number(let number):
      found.append(SafeTensors.Tensor(name: path, shape: [], values: [Float(number)], storedType: .float64))
    default: break
    }
  }

  private func collect(
    _ elements: [PickleValue], path: String, depth: Int, into found: inout [SafeTensors.Tensor]
  ) throws(PyTorchFileError) {
    let numbers = elements.compactMap { element -> Float? in
      switch element {
      case .integer(let value): Float(value)
      case .number(let value): Float(value)
      default: nil
      }
    }
    if numbers.count == elements.count, !numbers.isEmpty {
      found.append(
        SafeTensors.Tensor(
          name: path.isEmpty ? "data" : path, shape: [numbers.count], values: numbers, storedType: .float64))
      return
    }
    for (index, element) in elements.enumerated() {
      try collect(
        element, path: path.isEmpty ? String(index) : "\(path)/\(index)", depth: depth + 1, into: &found)
    }
  }
}

/// What can be wrong with a file of PyTorch.
package enum PyTorchFileError: Error, Sendable, Equatable {
  case notPyTorch
  case noPickle
  case truncated
  case bigEndian
  case unknownOpcode(UInt8, at: Int)
  case damagedPickle(at: Int)
  /// Something other than a name is called.
  case notCallable
  case badTensor
  case unsupportedType(String, type: String)
  case missingStorage(String)
  case outsideStorage(String)
  case tooDeep
  case noWeights
}

extension PyTorchFileError: ExplainedError {
  package var problem: String {
    switch self {
    case .notPyTorch: "the content was not written by torch.save"
    case .noPickle: "the archive holds no data.pkl, so torch.save did not write it"
    case .truncated: "the PyTorch file ends too early"
    case .bigEndian: "the PyTorch file was written on a big-endian machine"
    case .unknownOpcode(let code, let place): "byte \(place) of the pickle, \(code), is no instruction"
    case .damagedPickle(let place): "the pickle is damaged near byte \(place)"
    case .notCallable: "the pickle calls something that is no name"
    case .badTensor: "the pickle describes a tensor in an unknown way"
    case .unsupportedType(let tensor, let type): "the tensor “\(tensor)” is a \(type)"
    case .missingStorage(let tensor): "the numbers of the tensor “\(tensor)” are not in the file"
    case .outsideStorage(let tensor): "the tensor “\(tensor)” reaches beyond its numbers"
    case .tooDeep: "the PyTorch file holds lists within lists without end"
    case .noWeights: "the PyTorch file holds no dictionary of tensors"
    }
  }

  package var advice: String? {
    switch self {
    case .notPyTorch: "Give a .pth.tar, .pth or .pt file, or safetensors"
    case .noWeights: "Save the weights with torch.save(model.state_dict(), path)"
    case .unsupportedType: "Convert it to float32 and save again"
    case .bigEndian: "Save it again on a machine of today"
    default: "The file is damaged; fetch or copy it again"
    }
  }
}

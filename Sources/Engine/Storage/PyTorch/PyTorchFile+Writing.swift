extension PyTorchFile {
  /// A checkpoint that `torch.load` reads with `weights_only=True`: dictionaries of tensors by name, and texts.
  ///
  /// Beside every running variance comes the count of batches that a strict `load_state_dict` asks for, as zero.
  package static func checkpoint(
    _ dictionaries: [(name: String, tensors: [SafeTensors.Tensor])], texts: [String: String] = [:]
  ) -> [UInt8] {
    var pickle = PickleWriter()
    var zip = ZipWriter()
    var storages: [[UInt8]] = []
    pickle.begin()
    for (name, tensors) in dictionaries {
      pickle.text(name)
      pickle.beginOrderedDictionary()
      for tensor in tensors {
        pickle.tensor(tensor.name, shape: tensor.shape, storage: storages.count, type: "FloatStorage")
        storages.append(tensor.values.withUnsafeBytes { Array($0) })
        guard tensor.name.hasSuffix(".running_var") else { continue }
        let counter = tensor.name.dropLast("running_var".count) + "num_batches_tracked"
        pickle.tensor(String(counter), shape: [], storage: storages.count, type: "LongStorage")
        storages.append([UInt8](repeating: 0, count: 8))
      }
      pickle.endDictionary()
    }
    for (key, text) in texts.sorted(by: { $0.key < $1.key }) {
      pickle.text(key)
      pickle.text(text)
    }
    pickle.end()
    zip.add("dass/data.pkl", pickle.bytes)
    zip.add("dass/byteorder", Array("little".utf8))
    for (index, storage) in storages.enumerated() { zip.add("dass/data/\(index)", storage) }
    zip.add("dass/version", Array("3\n".utf8))
    return zip.archive
  }
}

/// Writes the few instructions of pickle's protocol 2 that a checkpoint needs.
private struct PickleWriter {
  private(set) var bytes: [UInt8] = [0x80, 2]

  mutating func begin() { code("}(") }

  mutating func end() { code("u.") }

  mutating func beginOrderedDictionary() {
    global("collections", "OrderedDict")
    code(")R(")
  }

  mutating func endDictionary() { code("u") }

  mutating func text(_ text: String) {
    code("X")
    number(text.utf8.count)
    bytes += Array(text.utf8)
  }

  /// A dense tensor that takes a storage of its own.
  mutating func tensor(_ name: String, shape: [Int], storage: Int, type: String) {
    text(name)
    global("torch._utils", "_rebuild_tensor_v2")
    code("((")
    text("storage")
    global("torch", type)
    text(String(storage))
    text("cpu")
    integer(shape.reduce(1, *))
    code("tQ")
    integer(0)
    tuple(shape)
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    tuple(strides)
    bytes.append(0x89)  // does not require gradients
    global("collections", "OrderedDict")
    code(")RtR")
  }

  private mutating func tuple(_ integers: [Int]) {
    code("(")
    for value in integers { integer(value) }
    code("t")
  }

  private mutating func integer(_ value: Int) {
    code("J")
    number(value)
  }

  private mutating func global(_ module: String, _ name: String) { code("c\(module)\n\(name)\n") }

  private mutating func code(_ text: String) { bytes += Array(text.utf8) }

  private mutating func number(_ value: Int) {
    withUnsafeBytes(of: Int32(clamping: value).littleEndian) { bytes += $0 }
  }
}

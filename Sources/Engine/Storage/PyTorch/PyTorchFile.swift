/// A file that `torch.save` wrote: the ZIP form of PyTorch 1.6 and later, and the form before it.
///
/// Nothing in it is executed. Tensors, dictionaries, lists, numbers and texts are read; objects of other classes are
/// passed over.
package struct PyTorchFile {
  let root: PickleValue
  private let storages: [String: [UInt8]]

  /// The same bound as for any file; a storage cannot be longer than its file.
  private static let largestTensor = 1 << 31

  /// - Throws: `FileError`, or `FileContentError` with a `PyTorchFileError` or a `ZipError`.
  package init(contentsOf path: String) throws {
    let bytes = try FileBytes.read(path)
    self = try FileContentError.naming(path) { try PyTorchFile(parsing: bytes) }
  }

  /// - Throws: `PyTorchFileError`, `ZipError`.
  package init(parsing bytes: [UInt8]) throws {
    if bytes.starts(with: Array("PK".utf8)) {
      try self.init(archive: try ZipArchive(bytes))
    } else {
      try self.init(legacy: bytes)
    }
  }

  private init(archive: ZipArchive) throws {
    let ending = "/data.pkl"
    guard let member = archive.members.first(where: { $0.name.hasSuffix(ending) }) else {
      throw PyTorchFileError.noPickle
    }
    let folder = member.name.dropLast(ending.count)
    if let order = archive.members.first(where: { $0.name == folder + "/byteorder" }),
      try String(decoding: archive.read(order.name), as: UTF8.self) != "little"
    {
      throw PyTorchFileError.bigEndian
    }
    var reader = PickleReader(try archive.read(member.name), resolve: Self.storage)
    root = try reader.read()
    var storages: [String: [UInt8]] = [:]
    for member in archive.members where member.name.hasPrefix(folder + "/data/") {
      storages[String(member.name.dropFirst(folder.count + 6))] = try archive.read(member.name)
    }
    self.storages = storages
  }

  /// Five pickles one after the other (a magic number, a version, facts about the machine, the value, the storages'
  /// names), then each storage: its count in eight bytes and its numbers.
  private init(legacy bytes: [UInt8]) throws {
    // LONG1 of the ten bytes of the magic number.
    let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    var position = 0
    func next() throws -> PickleValue {
      var reader = PickleReader(bytes, at: position, resolve: Self.storage)
      let value = try reader.read()
      position = reader.position
      return value
    }
    guard bytes.first == 0x80, case .bytes(magic) = try next() else { throw PyTorchFileError.notPyTorch }
    guard case .integer(1001) = try next() else { throw PyTorchFileError.notPyTorch }
    guard let facts = try next().dictionaryValue, case .bool(true) = facts["little_endian"] else {
      throw PyTorchFileError.bigEndian
    }
    var types: [String: String] = [:]
    var reader = PickleReader(bytes, at: position) { identifier throws(PyTorchFileError) in
      let value = try Self.storage(identifier)
      if case .storage(let reference) = value { types[reference.key] = reference.type }
      return value
    }
    root = try reader.read()
    position = reader.position
    guard case .list(let keys) = try next() else { throw PyTorchFileError.truncated }
    var storages: [String: [UInt8]] = [:]
    let numbers = LittleEndianReader(bytes)
    for key in keys.elements {
      guard let key = key.textValue, let count = numbers.integer(at: position, bytes: 8),
        let size = types[key].flatMap(Self.elementType)?.size
      else { throw PyTorchFileError.truncated }
      let length = count.multipliedReportingOverflow(by: size)
      guard !length.overflow, length.partialValue <= bytes.count - position - 8 else {
        throw PyTorchFileError.truncated
      }
      storages[key] = Array(bytes[position + 8..<position + 8 + length.partialValue])
      position += 8 + length.partialValue
    }
    self.storages = storages
  }

  /// What a persistent identifier stands for: ('storage', type, key, device, count).
  private static func storage(_ identifier: PickleValue) throws(PyTorchFileError) -> PickleValue {
    guard let parts = identifier.tupleValue, parts.count >= 5, parts[0].textValue == "storage",
      case .global(let type) = parts[1], let key = parts[2].textValue, let count = parts[4].integerValue,
      let name = type.split(separator: ".").last
    else { throw .badTensor }
    return .storage(TorchStorageReference(key: key, type: String(name), count: count))
  }

  private static func elementType(_ storage: String) -> SafeTensors.ElementType? {
    switch storage {
    case "DoubleStorage": .float64
    case "FloatStorage": .float32
    case "HalfStorage": .float16
    case "BFloat16Storage": .bfloat16
    case "LongStorage": .int64
    case "IntStorage": .int32
    case "ByteStorage", "BoolStorage": .uint8
    default: nil
    }
  }

  /// The tensor in row-major order.
  ///
  /// - Throws: `PyTorchFileError`.
  func values(of tensor: TorchTensorReference, named name: String) throws(PyTorchFileError)
    -> SafeTensors.Tensor
  {
    guard let type = Self.elementType(tensor.storage.type) else {
      throw .unsupportedType(name, type: tensor.storage.type)
    }
    guard let bytes = storages[tensor.storage.key] else { throw .missingStorage(name) }
    guard let count = SafeTensors.elementCount(of: tensor.shape), count <= Self.largestTensor else {
      throw .outsideStorage(name)
    }
    // The first and the last place that is looked at; strides of tensors are never negative.
    var last = tensor.offset
    guard last >= 0 else { throw .outsideStorage(name) }
    for (size, stride) in zip(tensor.shape, tensor.strides) where count > 0 {
      let step = (size - 1).multipliedReportingOverflow(by: stride)
      let sum = last.addingReportingOverflow(step.partialValue)
      guard stride >= 0, !step.overflow, !sum.overflow else { throw .outsideStorage(name) }
      last = sum.partialValue
    }
    let available = bytes.count / type.size
    // An expanded tensor repeats numbers; one far larger than its file is made to exhaust memory.
    guard count == 0 || last < available, count <= max(available, 1 << 20) else {
      throw .outsideStorage(name)
    }
    let numbers = bytes.withUnsafeBytes {
      SafeTensors.floats(in: UnsafeRawBufferPointer(rebasing: $0[..<(available * type.size)]), of: type)
    }
    var values: [Float] = []
    values.reserveCapacity(count)
    var index = [Int](repeating: 0, count: tensor.shape.count)
    var place = tensor.offset
    for _ in 0..<count {
      values.append(numbers[place])
      // Counts on like an odometer.
      for axis in tensor.shape.indices.reversed() {
        index[axis] += 1
        place += tensor.strides[axis]
        if index[axis] < tensor.shape[axis] { break }
        place -= tensor.shape[axis] * tensor.strides[axis]
        index[axis] = 0
      }
    }
    return SafeTensors.Tensor(name: name, shape: tensor.shape, values: values, storedType: type)
  }
}

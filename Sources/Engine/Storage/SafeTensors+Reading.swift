extension SafeTensors {
  /// The header's key that is no tensor.
  static let metadataKey = "__metadata__"

  /// The reference implementation's own bound, against headers made to exhaust memory.
  private static let largestHeader = 100_000_000

  /// One entry of the header, checked by itself.
  private struct Entry {
    var name: String
    var type: ElementType
    var shape: [Int]
    var range: Range<Int>
  }

  /// Reads a file's bytes. Every byte of it must be accounted for: no gaps, no overlaps, nothing left over.
  ///
  /// - Throws: `SafeTensorsError`.
  package init(parsing bytes: [UInt8]) throws(SafeTensorsError) {
    guard bytes.count >= 8 else { throw .truncated(bytes: bytes.count) }
    let declared = bytes[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard declared <= UInt64(Self.largestHeader) else { throw .headerTooLarge(declared) }
    let bodyStart = 8 + Int(declared)
    guard bodyStart <= bytes.count else { throw .headerBeyondEnd(header: Int(declared), file: bytes.count) }

    let header = try Self.header(in: bytes[8..<bodyStart])
    var metadata: [String: String] = [:]
    var entries: [Entry] = []
    for (name, value) in header {
      if name == Self.metadataKey {
        metadata = try Self.metadata(from: value)
      } else {
        entries.append(try Self.entry(name: name, value: value))
      }
    }
    // By name where two are empty, so that the order never depends on a dictionary's.
    entries.sort {
      ($0.range.lowerBound, $0.range.upperBound, $0.name) < (
        $1.range.lowerBound, $1.range.upperBound, $1.name
      )
    }
    var end = 0
    for entry in entries {
      guard entry.range.lowerBound == end else {
        throw .gapOrOverlap(tensor: entry.name, expected: end, found: entry.range.lowerBound)
      }
      end = entry.range.upperBound
    }
    let bodySize = bytes.count - bodyStart
    guard end == bodySize else { throw .bodySizeMismatch(expected: end, found: bodySize) }

    var tensors: [Tensor] = []
    tensors.reserveCapacity(entries.count)
    bytes.withUnsafeBytes { buffer in
      for entry in entries {
        let start = bodyStart + entry.range.lowerBound
        let slice = UnsafeRawBufferPointer(rebasing: buffer[start..<start + entry.range.count])
        tensors.append(
          Tensor(
            name: entry.name, shape: entry.shape, values: Self.floats(in: slice, of: entry.type),
            storedType: entry.type))
      }
    }
    self.init(tensors: tensors, metadata: metadata)
  }

  /// The product of `shape`, or nil if a size is negative or the product overflows.
  static func elementCount(of shape: [Int]) -> Int? {
    var count = 1
    for size in shape {
      guard size >= 0 else { return nil }
      let product = count.multipliedReportingOverflow(by: size)
      guard !product.overflow else { return nil }
      count = product.partialValue
    }
    return count
  }

  private static func header(in bytes: ArraySlice<UInt8>) throws(SafeTensorsError) -> [String: JSON] {
    let value: JSON
    do {
      value = try JSON(parsing: Array(bytes))
    } catch {
      throw .headerNotJSON(error.problem)
    }
    guard let object = value.objectValue else { throw .headerNotObject }
    return object
  }

  private static func metadata(from value: JSON) throws(SafeTensorsError) -> [String: String] {
    guard let object = value.objectValue else { throw .metadataNotStrings }
    var metadata: [String: String] = [:]
    for (key, word) in object {
      guard let text = word.stringValue else { throw .metadataNotStrings }
      metadata[key] = text
    }
    return metadata
  }

  private static func entry(name: String, value: JSON) throws(SafeTensorsError) -> Entry {
    guard let typeName = value["dtype"]?.stringValue else { throw .malformedEntry(name, field: "dtype") }
    guard let type = ElementType(rawValue: typeName) else { throw .unsupportedType(name, type: typeName) }
    guard let sizes = value["shape"]?.arrayValue else { throw .malformedEntry(name, field: "shape") }
    let shape = sizes.compactMap(\.intValue)
    guard shape.count == sizes.count, let count = elementCount(of: shape) else {
      throw .malformedEntry(name, field: "shape")
    }
    let offsets = value["data_offsets"]?.arrayValue?.compactMap(\.intValue) ?? []
    guard offsets.count == 2, value["data_offsets"]?.arrayValue?.count == 2, offsets[0] >= 0,
      offsets[1] >= offsets[0]
    else { throw .malformedEntry(name, field: "data_offsets") }
    let size = count.multipliedReportingOverflow(by: type.size)
    guard !size.overflow, size.partialValue == offsets[1] - offsets[0] else {
      throw .sizeMismatch(tensor: name, shape: shape, type: typeName, bytes: offsets[1] - offsets[0])
    }
    return Entry(name: name, type: type, shape: shape, range: offsets[0]..<offsets[1])
  }

  /// `bytes` holds a whole number of values of `type`, at any alignment.
  static func floats(in bytes: UnsafeRawBufferPointer, of type: ElementType) -> [Float] {
    func map<Stored>(_: Stored.Type, _ convert: (Stored) -> Float) -> [Float] where Stored: BitwiseCopyable {
      let size = MemoryLayout<Stored>.size
      return (0..<bytes.count / size).map {
        convert(bytes.loadUnaligned(fromByteOffset: $0 * size, as: Stored.self))
      }
    }
    switch type {
    case .float32:
      return [Float](unsafeUninitializedCapacity: bytes.count / 4) { buffer, count in
        UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
        count = bytes.count / 4
      }
    case .float64: return map(Double.self) { Float($0) }
    case .float16: return map(UInt16.self) { Float(Float16(bitPattern: $0)) }
    case .bfloat16: return map(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .int64: return map(Int64.self) { Float($0) }
    case .int32: return map(Int32.self) { Float($0) }
    case .uint8: return bytes.map { Float($0) }
    }
  }
}

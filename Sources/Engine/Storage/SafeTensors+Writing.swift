extension SafeTensors {
  /// The bytes of the file: the same for the same tensors in the same order.
  ///
  /// - Throws: `SafeTensorsError` if names repeat or shapes do not fit the values.
  package func encoded() throws(SafeTensorsError) -> [UInt8] {
    var header: [String: JSON] = [:]
    if !metadata.isEmpty { header[Self.metadataKey] = .object(metadata.mapValues { .string($0) }) }
    var offset = 0
    for tensor in tensors {
      guard tensor.name != Self.metadataKey else { throw .reservedName }
      guard header[tensor.name] == nil else { throw .repeatedName(tensor.name) }
      guard Self.elementCount(of: tensor.shape) == tensor.values.count else {
        throw .valueCountMismatch(tensor: tensor.name, shape: tensor.shape, values: tensor.values.count)
      }
      let end = offset + tensor.values.count * MemoryLayout<Float>.size
      header[tensor.name] = [
        "dtype": .string(ElementType.float32.rawValue),
        "shape": .array(tensor.shape.map { .integer($0) }),
        "data_offsets": [.integer(offset), .integer(end)],
      ]
      offset = end
    }
    var text = JSON.object(header).encoded()
    // Readers that map the file want the numbers aligned; the format allows spaces after the header.
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }

    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + text.count + offset)
    withUnsafeBytes(of: UInt64(text.count).littleEndian) { bytes.append(contentsOf: $0) }
    bytes += text
    for tensor in tensors {
      // x86-64 is little-endian, as the format is.
      tensor.values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    return bytes
  }
}

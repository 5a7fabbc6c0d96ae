import Engine

/// JSON with bytes beside it, as the Python program reads and writes it: the length of the JSON (8 bytes), the JSON,
/// whose `sizes` are those of the parts, and the parts.
struct PythonParcel: Sendable {
  var content: [String: JSON]
  var parts: [[UInt8]]
}

extension PythonParcel {
  private static let lengthSize = 8

  func encoded() -> [UInt8] {
    var content = content
    content["sizes"] = .array(parts.map { .integer($0.count) })
    let text = JSON.object(content).encoded()
    let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) }
    return length + text + parts.joined()
  }

  /// Nil for bytes that are no parcel.
  init?(parsing bytes: [UInt8]) {
    guard bytes.count >= Self.lengthSize else { return nil }
    let length = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    var rest = bytes.dropFirst(Self.lengthSize)
    guard length <= rest.count, let content = try? JSON(parsing: Array(rest.prefix(Int(length)))).objectValue
    else { return nil }
    rest = rest.dropFirst(Int(length))
    parts = []
    for size in content["sizes"]?.arrayValue ?? [] {
      guard let count = size.intValue, (0...rest.count).contains(count) else { return nil }
      parts.append(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    self.content = content
  }
}

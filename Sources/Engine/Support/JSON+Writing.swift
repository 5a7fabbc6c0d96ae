extension JSON {
  /// The document as UTF-8, keys sorted; `pretty` puts every member on a line of its own, two spaces deeper.
  ///
  /// Equal values give equal bytes, so the bytes can be hashed.
  package func encoded(pretty: Bool = false) -> [UInt8] {
    var writer = JSONWriter(isPretty: pretty)
    writer.write(self, depth: 0)
    return writer.bytes
  }

  /// The compact document as text.
  package var text: String { String(decoding: encoded(), as: UTF8.self) }
}

extension JSON {
  /// The first position from `start` on of a byte that cannot stand for itself in a string: a quotation mark, a
  /// backslash or a control character; the end if there is none.
  static func plainEnd(of bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let (quotes, backslashes) = (ones &* UInt64(UInt8(ascii: "\"")), ones &* UInt64(UInt8(ascii: "\\")))
    let raw = UnsafeRawBufferPointer(bytes)
    var index = start
    // Eight bytes at a time. A byte below n borrows from its highest bit when n is taken off.
    while index + 8 <= raw.count {
      let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      let lows = (word &- ones &* 0x20) | ((word ^ quotes) &- ones) | ((word ^ backslashes) &- ones)
      if lows & ~word & (ones &* 0x80) != 0 { break }
      index += 8
    }
    while index < raw.count, raw[index] >= 0x20, raw[index] != UInt8(ascii: "\""),
      raw[index] != UInt8(ascii: "\\")
    {
      index += 1
    }
    return index
  }
}

private struct JSONWriter {
  let isPretty: Bool
  var bytes: [UInt8] = []

  init(isPretty: Bool) { self.isPretty = isPretty }

  mutating func write(_ value: JSON, depth: Int) {
    switch value {
    case .null: append("null")
    case .bool(let flag): append(flag ? "true" : "false")
    case .integer(let integer): append(String(integer))
    case .number(let number): append(number.isFinite ? number.description : "null")
    case .string(let text): string(text)
    case .array(let elements):
      list(elements, between: "[", "]", depth: depth) { writer, element in
        writer.write(element, depth: depth + 1)
      }
    case .object(let members):
      list(members.sorted { $0.key < $1.key }, between: "{", "}", depth: depth) { writer, member in
        writer.string(member.key)
        writer.append(writer.isPretty ? ": " : ":")
        writer.write(member.value, depth: depth + 1)
      }
    }
  }

  mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func list<Element>(
    _ elements: [Element], between open: String, _ close: String, depth: Int,
    write: (inout JSONWriter, Element) -> Void
  ) {
    append(open)
    var isFirst = true
    for element in elements {
      if !isFirst { append(",") }
      isFirst = false
      newLine(depth: depth + 1)
      write(&self, element)
    }
    if !isFirst { newLine(depth: depth) }
    append(close)
  }

  mutating func newLine(depth: Int) {
    guard isPretty else { return }
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
  }

  mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      // A message may hold megabytes of base64, for which the array would otherwise grow twice.
      if utf8.count > bytes.capacity {
        bytes.reserveCapacity(bytes.count + utf8.count + utf8.count / 64 + 256)
      }
      var start = 0
      while true {
        let index = JSON.plainEnd(of: utf8, from: start)
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<index]))
        if index == utf8.count { break }
        escape(utf8[index])
        start = index + 1
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): append("\\\"")
    case UInt8(ascii: "\\"): append("\\\\")
    case 0x0A: append("\\n")
    case 0x0D: append("\\r")
    case 0x09: append("\\t")
    default: append((byte < 16 ? "\\u000" : "\\u00") + String(byte, radix: 16))
    }
  }
}

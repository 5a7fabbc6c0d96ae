extension JSON {
  /// Parses one document: UTF-8, with white space round the value and nothing else.
  ///
  /// A repeated key keeps its last value. An integer that does not fit `Int` becomes a `number`. Half of a
  /// surrogate pair becomes U+FFFD, because Python programs do send them.
  /// - Throws: `JSONError`, with the place.
  package init(parsing bytes: some Sequence<UInt8>) throws(JSONError) {
    var parser = JSONParser(bytes: Array(bytes))
    self = try parser.document()
  }

  /// Parses the document in `text`.
  /// - Throws: `JSONError`, with the place in the UTF-8 of `text`.
  package init(parsing text: String) throws(JSONError) {
    try self.init(parsing: text.utf8)
  }
}

private struct JSONParser {
  let bytes: [UInt8]
  var position = 0
  var depth = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// The byte at the current position; nil at the end.
  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func document() throws(JSONError) -> JSON {
    skipSpace()
    let result = try value()
    skipSpace()
    if position < bytes.count { throw .trailingContent(offset: position) }
    return result
  }

  mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  func unexpected() -> JSONError {
    if let byte = next { .unexpectedByte(byte, offset: position) } else { .unexpectedEnd(offset: position) }
  }

  mutating func value() throws(JSONError) -> JSON {
    guard let byte = next else { throw .unexpectedEnd(offset: position) }
    switch byte {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw unexpected()
    }
  }

  mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    for index in 0..<word.utf8CodeUnitCount {
      guard next == word.utf8Start[index] else { throw unexpected() }
      position += 1
    }
    return value
  }

  mutating func enter() throws(JSONError) {
    depth += 1
    if depth > JSON.maximumDepth { throw .tooDeep(limit: JSON.maximumDepth, offset: position) }
    position += 1
    skipSpace()
  }

  /// Skips a comma and says whether another element follows; leaves after the closing bracket `end`.
  mutating func continues(until end: UInt8) throws(JSONError) -> Bool {
    skipSpace()
    switch next {
    case UInt8(ascii: ","):
      position += 1
      skipSpace()
      return true
    case end:
      position += 1
      depth -= 1
      return false
    default:
      throw unexpected()
    }
  }

  mutating func array() throws(JSONError) -> JSON {
    try enter()
    var elements: [JSON] = []
    if next == UInt8(ascii: "]") {
      position += 1
      depth -= 1
      return .array(elements)
    }
    repeat {
      elements.append(try value())
    } while try continues(until: UInt8(ascii: "]"))
    return .array(elements)
  }

  mutating func object() throws(JSONError) -> JSON {
    try enter()
    var members: [String: JSON] = [:]
    if next == UInt8(ascii: "}") {
      position += 1
      depth -= 1
      return .object(members)
    }
    repeat {
      guard next == UInt8(ascii: "\"") else { throw unexpected() }
      let key = try string()
      skipSpace()
      guard next == UInt8(ascii: ":") else { throw unexpected() }
      position += 1
      skipSpace()
      members[key] = try value()
    } while try continues(until: UInt8(ascii: "}"))
    return .object(members)
  }

  mutating func number() throws(JSONError) -> JSON {
    let start = position
    let isNegative = next == UInt8(ascii: "-")
    if isNegative { position += 1 }
    var magnitude = 0
    var fits = true
    let digitsStart = position
    while let byte = next, isDigit(byte) {
      let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
      let digit = Int(byte - UInt8(ascii: "0"))
      // Negative numbers are summed downwards, so that Int.min needs no special case.
      let (sum, sumOverflow) =
        isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
      fits = fits && !overflow && !sumOverflow
      magnitude = sum
      position += 1
    }
    if position == digitsStart { throw unexpected() }
    if bytes[digitsStart] == UInt8(ascii: "0"), position > digitsStart + 1 {
      throw .unexpectedByte(bytes[digitsStart + 1], offset: digitsStart + 1)
    }
    var isInteger = true
    if next == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      try digits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      isInteger = false
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      try digits()
    }
    if isInteger, fits { return .integer(magnitude) }
    let spelling = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Double(spelling), value.isFinite else { throw .numberOutOfRange(offset: start) }
    return .number(value)
  }

  func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  mutating func digits() throws(JSONError) {
    guard let first = next, isDigit(first) else { throw unexpected() }
    while let byte = next, isDigit(byte) { position += 1 }
  }

  mutating func string() throws(JSONError) -> String {
    let start = position
    position += 1
    let textStart = position
    position = bytes.withUnsafeBufferPointer { JSON.plainEnd(of: $0, from: textStart) }
    if next == UInt8(ascii: "\"") {
      position += 1
      guard let text = String(validating: bytes[textStart..<position - 1], as: UTF8.self) else {
        throw .invalidUTF8(offset: start)
      }
      return text
    }
    return try escapedString(from: start, unescaped: bytes[textStart..<position])
  }

  /// The slow way, from the first escape on.
  mutating func escapedString(from start: Int, unescaped: ArraySlice<UInt8>) throws(JSONError) -> String {
    var text = Array(unescaped)
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard let result = String(validating: text, as: UTF8.self) else { throw .invalidUTF8(offset: start) }
        return result
      case UInt8(ascii: "\\"):
        try escape(into: &text)
      case 0..<0x20:
        throw .unexpectedByte(byte, offset: position)
      default:
        text.append(byte)
        position += 1
      }
    }
    throw .unexpectedEnd(offset: position)
  }

  mutating func escape(into text: inout [UInt8]) throws(JSONError) {
    let start = position
    position += 1
    guard let kind = next else { throw .unexpectedEnd(offset: position) }
    position += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text.append(contentsOf: Array(String(try unicodeEscape(from: start)).utf8))
    default: throw .invalidEscape(offset: start)
    }
  }

  mutating func unicodeEscape(from start: Int) throws(JSONError) -> Unicode.Scalar {
    let unit = try hexadecimalUnit(from: start)
    if let scalar = Unicode.Scalar(unit) { return scalar }
    let afterFirst = position
    if unit < 0xDC00, next == UInt8(ascii: "\\"), position + 1 < bytes.count,
      bytes[position + 1] == UInt8(ascii: "u")
    {
      position += 2
      let second = try hexadecimalUnit(from: afterFirst)
      if (0xDC00...0xDFFF).contains(second) {
        let code = 0x10000 + ((unit & 0x3FF) << 10) + (second & 0x3FF)
        return Unicode.Scalar(code) ?? "\u{FFFD}"
      }
      position = afterFirst
    }
    return "\u{FFFD}"
  }

  mutating func hexadecimalUnit(from start: Int) throws(JSONError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next else { throw .unexpectedEnd(offset: position) }
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw .invalidEscape(offset: start)
      }
      unit = unit << 4 | UInt32(digit)
      position += 1
    }
    return unit
  }
}

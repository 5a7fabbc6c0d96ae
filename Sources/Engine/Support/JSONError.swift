/// Why some bytes are not a JSON document. Every `offset` counts bytes from the start of the document.
package enum JSONError: Error, Sendable, Equatable {
  /// The document stops inside a value.
  case unexpectedEnd(offset: Int)
  case unexpectedByte(UInt8, offset: Int)
  /// A string holds bytes that are not UTF-8; the offset is that of the string.
  case invalidUTF8(offset: Int)
  /// A backslash is followed by something that is no escape.
  case invalidEscape(offset: Int)
  /// The number does not fit a double precision number.
  case numberOutOfRange(offset: Int)
  case tooDeep(limit: Int, offset: Int)
  /// Something other than white space follows the value.
  case trailingContent(offset: Int)

  package var offset: Int {
    switch self {
    case .unexpectedEnd(let offset), .unexpectedByte(_, let offset), .invalidUTF8(let offset),
      .invalidEscape(let offset), .numberOutOfRange(let offset), .tooDeep(_, let offset),
      .trailingContent(let offset):
      offset
    }
  }
}

extension JSONError: ExplainedError {
  package var problem: String {
    switch self {
    case .unexpectedEnd(let offset):
      "the JSON text stops too early, at byte \(offset)"
    case .unexpectedByte(let byte, let offset):
      "the JSON text has an unexpected \(Self.name(of: byte)) at byte \(offset)"
    case .invalidUTF8(let offset):
      "the JSON string at byte \(offset) is not UTF-8"
    case .invalidEscape(let offset):
      "the JSON text has an unknown escape at byte \(offset)"
    case .numberOutOfRange(let offset):
      "the JSON number at byte \(offset) is too large"
    case .tooDeep(let limit, let offset):
      "the JSON text is nested more than \(limit) levels deep at byte \(offset)"
    case .trailingContent(let offset):
      "the JSON text goes on after its value, at byte \(offset)"
    }
  }

  package var advice: String? {
    switch self {
    case .unexpectedEnd: "Check that the file or message is whole"
    case .invalidUTF8: "Save the text as UTF-8"
    case .numberOutOfRange: "Numbers go up to about 1.8e308"
    case .unexpectedByte, .invalidEscape, .tooDeep, .trailingContent: nil
    }
  }

  private static func name(of byte: UInt8) -> String {
    switch byte {
    case 0x21...0x7E: "'\(Character(Unicode.Scalar(byte)))'"
    case 0x20: "space"
    case 0x0A, 0x0D: "end of line"
    default: "byte 0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
  }
}

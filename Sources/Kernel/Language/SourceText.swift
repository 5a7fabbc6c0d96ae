/// A half-open part of a source text, in UTF-8 offsets from its start.
struct SourceSpan: Sendable, Hashable {
  var start: Int
  var end: Int

  init(_ start: Int, _ end: Int) {
    self.start = start
    self.end = end
  }

  /// The smallest span that covers both.
  func joined(with other: SourceSpan) -> SourceSpan {
    SourceSpan(min(start, other.start), max(end, other.end))
  }
}

/// The text of a cell, with the three ways of counting in it.
///
/// The lexer counts UTF-8 bytes, Jupyter counts Unicode scalars, and people count lines and columns.
struct SourceText: Sendable {
  let text: String
  let bytes: [UInt8]
  /// The offset of the first byte of every line.
  private let lineStarts: [Int]

  init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
    var starts = [0]
    for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(offset + 1) }
    lineStarts = starts
  }

  /// The text of `span`; what lies outside the source is left out.
  func text(in span: SourceSpan) -> String {
    let start = min(max(span.start, 0), bytes.count)
    let end = min(max(span.end, start), bytes.count)
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  /// The line that holds `offset`, from 0.
  func lineIndex(at offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low
  }

  /// The span of the line with index `index` without its line end.
  func lineSpan(_ index: Int) -> SourceSpan {
    guard lineStarts.indices.contains(index) else { return SourceSpan(bytes.count, bytes.count) }
    let start = lineStarts[index]
    var end = index + 1 < lineStarts.count ? lineStarts[index + 1] - 1 : bytes.count
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return SourceSpan(start, end)
  }

  /// The number of Unicode scalars before the UTF-8 offset `offset`.
  func scalarOffset(ofByte offset: Int) -> Int {
    var count = 0
    for byte in bytes[..<min(max(offset, 0), bytes.count)] where byte & 0xC0 != 0x80 { count += 1 }
    return count
  }

  /// The UTF-8 offset of the scalar with index `index`; the end of the text when there is none.
  func byteOffset(ofScalar index: Int) -> Int {
    var remaining = index
    for (offset, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 {
      if remaining <= 0 { return offset }
      remaining -= 1
    }
    return bytes.count
  }
}

import CZlib

/// Why compressed bytes could not be expanded.
package enum CompressionError: Error, Sendable, Equatable {
  case damaged
  case truncated
  case tooLarge(limit: Int)
}

extension CompressionError: ExplainedError {
  package var problem: String {
    switch self {
    case .damaged: "the compressed data is damaged"
    case .truncated: "the compressed data ends too early"
    case .tooLarge(let limit): "the compressed data expands to more than \(limit) bytes"
    }
  }

  package var advice: String? {
    self == .damaged || self == .truncated ? "Fetch or copy the file again" : nil
  }
}

/// Expansion of deflated data with a limit, and checksums, by zlib.
enum Zlib {
  /// Expands a gzip file (RFC 1952), all of its members.
  static func gunzip(_ bytes: [UInt8], limit: Int) throws(CompressionError) -> [UInt8] {
    var output: [UInt8] = []
    var rest = bytes[...]
    repeat {
      // 16 asks for the gzip header and trailer, whose checksum zlib verifies.
      let used = try expand(rest, windowBits: 16 + MAX_WBITS, limit: limit, into: &output)
      rest = rest.dropFirst(used)
    } while !rest.isEmpty
    return output
  }

  /// Expands a bare deflate stream (RFC 1951), as in ZIP files, to exactly `size` bytes.
  static func inflate(_ bytes: ArraySlice<UInt8>, size: Int) throws(CompressionError) -> [UInt8] {
    var output: [UInt8] = []
    _ = try expand(bytes, windowBits: -MAX_WBITS, limit: size, into: &output)
    guard output.count == size else { throw .truncated }
    return output
  }

  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count)) }
  }

  /// Appends what one stream at the start of `bytes` expands to; returns how many bytes the stream took.
  private static func expand(
    _ bytes: ArraySlice<UInt8>, windowBits: Int32, limit: Int, into output: inout [UInt8]
  ) throws(CompressionError) -> Int {
    var stream = z_stream()
    guard inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw .damaged
    }
    defer { inflateEnd(&stream) }
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    var position = bytes.startIndex
    while true {
      // zlib counts in 32 bits, so longer input goes in pieces.
      let piece = bytes[position..<min(bytes.endIndex, position + (1 << 24))]
      var result = Z_OK
      var produced = 0
      piece.withUnsafeBufferPointer { input in
        chunk.withUnsafeMutableBufferPointer { room in
          // zlib reads through this pointer only; its type merely lacks the const.
          stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
          stream.avail_in = UInt32(input.count)
          stream.next_out = room.baseAddress
          stream.avail_out = UInt32(room.count)
          result = CZlib.inflate(&stream, Z_NO_FLUSH)
          produced = room.count - Int(stream.avail_out)
          position += input.count - Int(stream.avail_in)
        }
      }
      guard output.count + produced <= limit else { throw .tooLarge(limit: limit) }
      output += chunk[..<produced]
      switch result {
      case Z_STREAM_END: return position - bytes.startIndex
      case Z_OK: continue
      case Z_BUF_ERROR where produced == 0 && position == bytes.endIndex: throw .truncated
      case Z_BUF_ERROR: continue
      default: throw .damaged
      }
    }
  }
}

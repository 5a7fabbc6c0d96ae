/// Makes ZIP archives of members that are stored as they are (APPNOTE.TXT 6.3.3, sections 4.3.6 to 4.3.16), without the
/// 64-bit sizes: for files under 4 GB.
struct ZipWriter {
  private var bytes: [UInt8] = []
  private var directory: [UInt8] = []
  private var count = 0

  /// Contents start at multiples of this, as PyTorch writes them, so that a reader can map them.
  private static let alignment = 64
  /// 1 January 1980, the first day of the format, so that equal contents give equal files.
  private static let date: [UInt8] = [0, 0, 0x21, 0]

  mutating func add(_ name: String, _ content: [UInt8]) {
    let offset = bytes.count
    let nameBytes = Array(name.utf8)
    let start = offset + 30 + nameBytes.count + 4
    // An extra field of an unassigned kind fills up to the boundary.
    let padding = (Self.alignment - start % Self.alignment) % Self.alignment
    let extra = Self.number(0x4644, 2) + Self.number(padding, 2) + [UInt8](repeating: 0, count: padding)
    let facts =
      Self.number(0, 2) + Self.number(0, 2) + Self.date + Self.number(Int(Zlib.checksum(content)), 4)
      + Self.number(content.count, 4) + Self.number(content.count, 4) + Self.number(nameBytes.count, 2)
    bytes += Self.number(0x0403_4B50, 4) + Self.number(20, 2) + facts + Self.number(extra.count, 2)
    bytes += nameBytes + extra + content
    directory += Self.number(0x0201_4B50, 4) + Self.number(20, 2) + Self.number(20, 2) + facts
    // No extra field, no comment, first disk, no attributes.
    directory += [UInt8](repeating: 0, count: 12) + Self.number(offset, 4) + nameBytes
    count += 1
  }

  /// The archive with what was added.
  var archive: [UInt8] {
    bytes + directory + Self.number(0x0605_4B50, 4) + Self.number(0, 4) + Self.number(count, 2)
      + Self.number(count, 2) + Self.number(directory.count, 4) + Self.number(bytes.count, 4)
      + Self.number(0, 2)
  }

  private static func number(_ value: Int, _ size: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt64(truncatingIfNeeded: value).littleEndian) { Array($0.prefix(size)) }
  }
}

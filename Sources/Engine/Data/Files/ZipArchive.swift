/// A ZIP archive in memory (PKWARE's APPNOTE.TXT 6.3.3, sections 4.3 and 4.5.3): stored and deflated members, also
/// with the 64-bit sizes that NumPy and PyTorch write.
package struct ZipArchive: Sendable {
  /// One file inside.
  package struct Member: Sendable, Equatable {
    package let name: String
    /// Bytes when expanded.
    package let size: Int
    fileprivate let compressedSize: Int
    fileprivate let isDeflated: Bool
    fileprivate let checksum: UInt32
    fileprivate let headerOffset: Int
  }

  /// In the order of the archive's directory.
  package let members: [Member]
  private let bytes: [UInt8]

  /// - Throws: `ZipError`.
  package init(_ bytes: [UInt8]) throws(ZipError) {
    self.bytes = bytes
    members = try Self.directory(of: LittleEndianReader(bytes))
  }

  /// The content of the member called `name`.
  ///
  /// - Throws: `ZipError`.
  package func read(_ name: String) throws(ZipError) -> [UInt8] {
    guard let member = members.first(where: { $0.name == name }) else { throw .noSuchMember(name) }
    let reader = LittleEndianReader(bytes)
    // The local header repeats the directory's facts, with a length of its own for the extra field.
    guard reader.integer(at: member.headerOffset, bytes: 4) == 0x0403_4B50,
      let nameLength = reader.integer(at: member.headerOffset + 26, bytes: 2),
      let extraLength = reader.integer(at: member.headerOffset + 28, bytes: 2)
    else { throw .damagedMember(name) }
    let start = member.headerOffset + 30 + nameLength + extraLength
    guard start <= bytes.count, member.compressedSize <= bytes.count - start else {
      throw .damagedMember(name)
    }
    let stored = bytes[start..<start + member.compressedSize]
    let content: [UInt8]
    if member.isDeflated {
      // Deflate expands 1032 times at most; a directory that claims more is made to exhaust memory.
      guard member.size / 1032 <= stored.count + 1 else { throw .damagedMember(name) }
      do {
        content = try Zlib.inflate(stored, size: member.size)
      } catch {
        throw .damagedMember(name)
      }
    } else {
      guard member.size == member.compressedSize else { throw .damagedMember(name) }
      content = Array(stored)
    }
    guard Zlib.checksum(content) == member.checksum else { throw .damagedMember(name) }
    return content
  }

  private static func directory(of reader: LittleEndianReader) throws(ZipError) -> [Member] {
    // The end record is the last thing in the file but for a comment of up to 65,535 bytes.
    let size = reader.bytes.count
    var end = size - 22
    let earliest = max(0, end - 65_535)
    while end >= earliest, reader.integer(at: end, bytes: 4) != 0x0605_4B50 { end -= 1 }
    guard end >= earliest, var count = reader.integer(at: end + 10, bytes: 2),
      var offset = reader.integer(at: end + 16, bytes: 4)
    else { throw .notAnArchive }
    if count == 0xFFFF || offset == 0xFFFF_FFFF,
      reader.integer(at: end - 20, bytes: 4) == 0x0706_4B50,
      let record = reader.integer(at: end - 12, bytes: 8),
      reader.integer(at: record, bytes: 4) == 0x0606_4B50,
      let longCount = reader.integer(at: record, plus: 32, bytes: 8),
      let longOffset = reader.integer(at: record, plus: 48, bytes: 8)
    {
      (count, offset) = (longCount, longOffset)
    }
    // A directory entry takes 46 bytes.
    guard count <= size / 46 else { throw .damagedDirectory }
    var members: [Member] = []
    for _ in 0..<count {
      guard let (member, next) = try entry(at: offset, reader) else { throw .damagedDirectory }
      members.append(member)
      offset = next
    }
    return members
  }

  /// The entry at `offset` and where the next one starts; nil if it does not lie inside the file.
  private static func entry(
    at offset: Int, _ reader: LittleEndianReader
  ) throws(ZipError) -> (member: Member, next: Int)? {
    guard reader.integer(at: offset, bytes: 4) == 0x0201_4B50,
      let flags = reader.integer(at: offset + 8, bytes: 2),
      let method = reader.integer(at: offset + 10, bytes: 2),
      let checksum = reader.integer(at: offset + 16, bytes: 4),
      var compressedSize = reader.integer(at: offset + 20, bytes: 4),
      var size = reader.integer(at: offset + 24, bytes: 4),
      let nameLength = reader.integer(at: offset + 28, bytes: 2),
      let extraLength = reader.integer(at: offset + 30, bytes: 2),
      let commentLength = reader.integer(at: offset + 32, bytes: 2),
      var headerOffset = reader.integer(at: offset + 42, bytes: 4)
    else { return nil }
    let extraStart = offset + 46 + nameLength
    let next = extraStart + extraLength + commentLength
    guard next <= reader.bytes.count else { return nil }
    let name = String(decoding: reader.bytes[offset + 46..<extraStart], as: UTF8.self)
    guard flags & 1 == 0, method == 0 || method == 8 else { throw .unsupportedMember(name) }

    // Field 1 of the extra fields holds, in this order, those of the three numbers that did not fit 32 bits.
    var field = extraStart
    while field + 4 <= extraStart + extraLength, let kind = reader.integer(at: field, bytes: 2),
      let length = reader.integer(at: field + 2, bytes: 2)
    {
      if kind == 1 {
        var position = field + 4
        func long(_ value: inout Int) -> Bool {
          if value != 0xFFFF_FFFF { return true }
          guard position + 8 <= field + 4 + length, let number = reader.integer(at: position, bytes: 8) else {
            return false
          }
          value = number
          position += 8
          return true
        }
        guard long(&size), long(&compressedSize), long(&headerOffset) else { return nil }
      }
      field += 4 + length
    }
    guard headerOffset <= reader.bytes.count else { return nil }
    let member = Member(
      name: name, size: size, compressedSize: compressedSize, isDeflated: method == 8,
      checksum: UInt32(truncatingIfNeeded: checksum), headerOffset: headerOffset)
    return (member, next)
  }
}

/// Little-endian numbers at any place of some bytes.
struct LittleEndianReader {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The unsigned number of `count` bytes at `position`; nil if it reaches outside or does not fit `Int`.
  func integer(at position: Int, bytes count: Int) -> Int? {
    guard position >= 0, position <= bytes.count - count else { return nil }
    let value = bytes[position..<position + count].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(exactly: value)
  }

  /// The number `distance` bytes after `position`, where `position` came from the file and may be any number.
  func integer(at position: Int, plus distance: Int, bytes count: Int) -> Int? {
    let sum = position.addingReportingOverflow(distance)
    return sum.overflow ? nil : integer(at: sum.partialValue, bytes: count)
  }
}

/// What can be wrong with a ZIP archive.
package enum ZipError: Error, Sendable, Equatable {
  case notAnArchive
  case damagedDirectory
  case damagedMember(String)
  case unsupportedMember(String)
  case noSuchMember(String)
}

extension ZipError: ExplainedError {
  package var problem: String {
    switch self {
    case .notAnArchive: "the content is no ZIP archive"
    case .damagedDirectory: "the archive's directory is damaged"
    case .damagedMember(let name): "“\(name)” in the archive is damaged"
    case .unsupportedMember(let name): "“\(name)” in the archive is encrypted or compressed in an unusual way"
    case .noSuchMember(let name): "the archive holds no “\(name)”"
    }
  }

  package var advice: String? {
    switch self {
    case .notAnArchive, .damagedDirectory, .damagedMember: "Fetch or copy the file again"
    case .unsupportedMember, .noSuchMember: nil
    }
  }
}

import Testing

@testable import Engine

@Suite struct ZipArchiveTests {
  @Test func membersOfNumPyArchives() throws {
    let archive = try ZipArchive(FileFixtures.deflatedArchive)
    #expect(archive.members.map(\.name) == ["label_list.npy", "idx_train.npy", "idx_valid.npy"])
    #expect(try NPYArray(parsing: archive.read("label_list.npy")).integers == [3, 1])
    #expect(try NPYArray(parsing: archive.read("idx_train.npy")).integers == [0, 1, 2, 3, 4, 5])
    #expect(try NPYArray(parsing: archive.read("idx_valid.npy")).integers == [0, 2])
    let stored = try ZipArchive(FileFixtures.storedArchive)
    #expect(try NPYArray(parsing: stored.read("label_list.npy")).integers == [3, 1])
    #expect(throws: ZipError.noSuchMember("x")) { try stored.read("x") }
  }

  @Test func aWrongChecksumIsNoticed() throws {
    var bytes = FileFixtures.storedArchive
    // The last byte of the stored array, just before the directory.
    let position = try #require((0..<bytes.count).last { bytes[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
    bytes[position - 1] ^= 1
    let archive = try ZipArchive(bytes)
    #expect(throws: ZipError.damagedMember("label_list.npy")) { try archive.read("label_list.npy") }
  }

  @Test func whatIsNoArchive() {
    #expect(throws: ZipError.notAnArchive) { try ZipArchive([]) }
    #expect(throws: ZipError.notAnArchive) { try ZipArchive([UInt8](repeating: 0x50, count: 100)) }
  }

  @Test(arguments: [FileFixtures.storedArchive, FileFixtures.deflatedArchive])
  func damagedArchivesGiveErrorsOrValues(bytes: [UInt8]) {
    for copy in damagedCopies(of: bytes, count: 3000, seed: 3) {
      guard let archive = try? ZipArchive(copy) else { continue }
      for member in archive.members { _ = try? NPYArray(parsing: archive.read(member.name)) }
    }
  }

  @Test func gzipWithSeveralMembers() throws {
    #expect(try Zlib.gunzip(FileFixtures.gzip, limit: 100) == Array("0,1,2\n0,1,2\n".utf8))
    #expect(throws: CompressionError.tooLarge(limit: 11)) { try Zlib.gunzip(FileFixtures.gzip, limit: 11) }
    #expect(throws: CompressionError.truncated) {
      try Zlib.gunzip(Array(FileFixtures.gzip.dropLast()), limit: 100)
    }
    #expect(throws: CompressionError.truncated) { try Zlib.gunzip([], limit: 100) }
    for copy in damagedCopies(of: FileFixtures.gzip, count: 3000, seed: 4) {
      _ = try? Zlib.gunzip(copy, limit: 1000)
    }
  }
}

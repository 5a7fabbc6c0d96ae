import Foundation
import Testing

@testable import Engine

@Suite struct FileBytesTests {
  @Test func writingReplacesAndLeavesNothingBehind() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.bin"
    try AtomicFile.write([1, 2, 3], to: path)
    try AtomicFile.write([4], to: path)
    #expect(try FileBytes.read(path) == [4])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.bin"])
  }

  @Test func aFailedWriteKeepsTheOldFile() throws {
    let folder = try TemporaryFolder()
    // A folder cannot be replaced by a file, so the last step fails.
    try AtomicFile.createFolder(folder.path + "/a/b")
    #expect(
      words { try AtomicFile.write([1], to: folder.path + "/a") }.hasSuffix(
        "cannot be written (Is a directory)"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a"])
    #expect(
      words { try AtomicFile.write([1], to: folder.path + "/no/x") }
        == "“\(folder.path)/no/x” cannot be written (No such file or directory)")
  }

  @Test func onlyRegularFilesWithinTheLimitAreRead() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1, 2, 3], "a")
    #expect(throws: FileError.tooLarge(path: path, bytes: 3, limit: 2)) { try FileBytes.read(path, limit: 2) }
    #expect(throws: FileError.notARegularFile(path: folder.path)) { try FileBytes.read(folder.path) }
    #expect(throws: FileError.notARegularFile(path: "/dev/zero")) { try FileBytes.read("/dev/zero") }
    #expect(throws: FileError.invalidPath("")) { try FileBytes.read("") }
    #expect(throws: FileError.invalidPath("a\0b")) { try FileBytes.read("a\0b") }
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(throws: FileError.notARegularFile(path: pipe)) { try FileBytes.read(pipe) }
  }

  @Test func entriesAreSortedByBytes() throws {
    let folder = try TemporaryFolder()
    for name in ["b", "B", "ä", ".hidden", "a10", "a2"] { try folder.write([], name) }
    #expect(try FileBytes.entries(of: folder.path) == ["B", "a10", "a2", "b", "ä"])
    #expect(throws: FileError.notAFolder(path: folder.path + "/b")) {
      try FileBytes.entries(of: folder.path + "/b")
    }
  }
}

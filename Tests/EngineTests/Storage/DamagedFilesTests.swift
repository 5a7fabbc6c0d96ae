import Foundation
import Testing

@testable import Engine

/// Every reader against damaged copies of good files: an error with words, or a value, never a trap.
///
/// `DASS_FUZZ` multiplies the copies; `Scripts/fuzz-loaders` sets it.
@Suite("Damaged files") struct DamagedFilesTests {
  private static let copies =
    200 * (ProcessInfo.processInfo.environment["DASS_FUZZ"].flatMap { Int($0) } ?? 1)

  /// A good file with what reads it.
  private struct Reader: Sendable, CustomTestStringConvertible {
    var name: String
    var good: [UInt8]
    var read: @Sendable ([UInt8]) throws -> Void
    var testDescription: String { name }
  }

  private static let readers: [Reader] = [
    Reader(name: "safetensors", good: FileFixtures.safeTensors) { _ = try SafeTensors(parsing: $0) },
    Reader(name: "npy", good: FileFixtures.fortranArray) { _ = try NPYArray(parsing: $0) },
    Reader(name: "npz, stored", good: FileFixtures.storedArchive, read: npz),
    Reader(name: "npz, deflated", good: FileFixtures.deflatedArchive, read: npz),
    Reader(name: "pth.tar", good: PyTorchFixtures.checkpoint, read: torch),
    Reader(name: "pt before 1.6", good: PyTorchFixtures.legacy, read: torch),
    Reader(name: "pickle alone", good: pickle) { bytes in
      let storage = TorchStorageReference(key: "0", type: "FloatStorage", count: 4)
      var reader = PickleReader(bytes) { _ throws(PyTorchFileError) in .storage(storage) }
      _ = try reader.read()
    },
    Reader(name: "png, transparent", good: FileFixtures.transparentPNG) { _ = try RGBImage(decoding: $0) },
    Reader(name: "png, gray", good: FileFixtures.grayPNG) { _ = try RGBImage(decoding: $0) },
    Reader(name: "jpeg", good: FileFixtures.jpeg) { _ = try RGBImage(decoding: $0) },
    Reader(name: "gzip", good: FileFixtures.gzip) { _ = try Zlib.gunzip($0, limit: 1 << 20) },
    Reader(name: "pool", good: pool) { _ = try PoolFile(JSON(parsing: $0)).students(in: .onceForAll) },
    Reader(name: "results", good: results) { _ = try TaskResults.parse($0) },
  ]

  private static let npz: @Sendable ([UInt8]) throws -> Void = { bytes in
    let archive = try ZipArchive(bytes)
    for member in archive.members { _ = try NPYArray(parsing: archive.read(member.name)) }
  }

  private static let torch: @Sendable ([UInt8]) throws -> Void = { bytes in
    let file = try PyTorchFile(parsing: bytes)
    _ = try file.arrays()
    _ = try file.weights()
  }

  /// The pickle inside a checkpoint, which the archive's checksum would protect.
  private static let pickle =
    (try? ZipArchive(PyTorchFixtures.checkpoint)).flatMap { archive in
      archive.members.first { $0.name.hasSuffix("data.pkl") }.flatMap { try? archive.read($0.name) }
    } ?? []

  private static let pool = PoolFile.json(of: [ResNetSpace.onceForAll.teacher], space: .onceForAll).encoded()

  private static let results = Array(TaskResultsTests.task.lines.utf8)

  @Test(arguments: readers) private func `damage is told`(_ reader: Reader) throws {
    try reader.read(reader.good)
    for copy in damagedCopies(of: reader.good, count: Self.copies, seed: 1) {
      do {
        try reader.read(copy)
      } catch let error as any ExplainedError {
        #expect(!error.problem.isEmpty)
      } catch {
        Issue.record("an error without words: \(error)")
      }
    }
  }
}

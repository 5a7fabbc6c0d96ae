import Foundation

@testable import Engine

/// A fresh folder that disappears with this value.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "/dass-test-\(UUID().uuidString)"
    try AtomicFile.createFolder(path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file, with the folders above it; returns its path.
  @discardableResult
  func write(_ bytes: [UInt8], _ name: String) throws -> String {
    let file = path + "/" + name
    try AtomicFile.createFolder(String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)]))
    try AtomicFile.write(bytes, to: file)
    return file
  }
}

/// Damaged copies of `bytes`, drawn by a seed: flipped bytes, cut ends, and stretches overwritten with values that
/// sizes and offsets break on.
func damagedCopies(of bytes: [UInt8], count: Int, seed: UInt64) -> [[UInt8]] {
  var random = RandomSource(seed: seed)
  return (0..<count).map { _ in
    var copy = bytes
    switch random.integer(below: 4) {
    case 0: copy = Array(copy.prefix(random.integer(below: copy.count)))
    case 1:
      let start = random.integer(below: copy.count)
      for position in start..<min(copy.count, start + 8) {
        copy[position] = random.uniform() < 0.5 ? 0xFF : 0x7F
      }
    default:
      for _ in 0...random.integer(below: 4) {
        copy[random.integer(below: copy.count)] = UInt8(random.integer(below: 256))
      }
    }
    return copy
  }
}

/// The words of the error that `body` throws; empty if it throws none.
func words(_ body: () throws -> Void) -> String {
  do {
    try body()
    return ""
  } catch let error as any ExplainedError {
    return error.problem
  } catch {
    return "\(error)"
  }
}

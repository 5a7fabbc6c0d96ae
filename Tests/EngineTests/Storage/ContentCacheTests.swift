import Foundation
import Testing

@testable import Engine

@Suite struct ContentCacheTests {
  @Test func keysDependOnInputsAndVersionOnly() {
    let key = ContentCache.key(["seed": 1, "set": "greek"], engineVersion: "1")
    #expect(key == ContentCache.key(["set": "greek", "seed": 1], engineVersion: "1"))
    #expect(key != ContentCache.key(["set": "greek", "seed": 2], engineVersion: "1"))
    #expect(key != ContentCache.key(["set": "greek", "seed": 1], engineVersion: "2"))
    #expect(key.count == 64)
  }

  @Test func storedBytesComeBack() throws {
    let folder = try TemporaryFolder()
    let cache = ContentCache(folder: folder.path + "/deep/cache")
    let key = ContentCache.key("x")
    #expect(cache.get(key) == nil)
    try cache.put([], for: key)
    #expect(cache.get(key) == [])
    try cache.put([1, 2, 3], for: key)
    #expect(cache.get(key) == [1, 2, 3])
    #expect(cache.get(key) { String(decoding: $0, as: UTF8.self) } == "\u{1}\u{2}\u{3}")
    #expect(cache.get(key) { _ in throw Cancelled() } == Int?.none)
    cache.remove(key)
    #expect(cache.get(key) == nil)
  }

  @Test func damagedEntriesAreAbsentAndReplaced() throws {
    let folder = try TemporaryFolder()
    let cache = ContentCache(folder: folder.path)
    let key = ContentCache.key("x")
    try cache.put(Array("a result".utf8), for: key)
    let path = folder.path + "/\(key.prefix(2))/\(key)"
    let intact = try FileBytes.read(path)
    for position in intact.indices {
      var damaged = intact
      damaged[position] ^= 1
      // The line feed between checksum and content is not looked at.
      if position == 77 { continue }
      try AtomicFile.write(damaged, to: path)
      #expect(cache.get(key) == nil, "byte \(position)")
    }
    for length in [0, 12, 50, 78, intact.count - 1] {
      try AtomicFile.write(Array(intact.prefix(length)), to: path)
      #expect(cache.get(key) == nil, "\(length) bytes")
    }
    try cache.put([7], for: key)
    #expect(cache.get(key) == [7])
  }

  @Test func onlyDigestsAreKeys() throws {
    let folder = try TemporaryFolder()
    let cache = ContentCache(folder: folder.path)
    #expect(throws: FileError.invalidPath("../../etc/passwd")) { try cache.put([1], for: "../../etc/passwd") }
    #expect(cache.get("") == nil)
  }
}

import Foundation

/// Results on disk, found again by the content of what they were computed from.
///
/// Losing the folder costs time only. An entry that cannot be read, or whose checksum is wrong, counts as absent
/// and is replaced by the next `put`. Several processes may use one folder.
package struct ContentCache: Sendable {
  package let folder: String

  /// Opens a file of the cache: 13 bytes, then the SHA-256 of the content in 64 digits and a line feed.
  private static let signature = Array("dass-cache 1\n".utf8)
  private static let headerSize = signature.count + 65

  /// - Parameter folder: Made when first needed; nil stands for `defaultFolder`.
  package init(folder: String? = nil) { self.folder = folder ?? Self.defaultFolder }

  /// `$XDG_CACHE_HOME/dass`, or `~/.cache/dass` where the variable is unset or relative (XDG Base Directory
  /// Specification 0.8).
  package static var defaultFolder: String {
    if let base = ProcessInfo.processInfo.environment["XDG_CACHE_HOME"], base.hasPrefix("/") {
      return base + "/dass"
    }
    return NSHomeDirectory() + "/.cache/dass"
  }

  /// The key of a result: SHA-256 of the canonical JSON of its inputs and the engine's version.
  package static func key(_ inputs: JSON, engineVersion: String = EngineVersion.current) -> String {
    Digest.sha256(JSON.object(["engine": .string(engineVersion), "inputs": inputs]).encoded())
  }

  /// The bytes stored under `key`, or nil.
  package func get(_ key: String) -> [UInt8]? {
    guard let path = path(of: key), let bytes = try? FileBytes.read(path), bytes.count >= Self.headerSize,
      bytes.starts(with: Self.signature)
    else { return nil }
    let content = bytes[Self.headerSize...]
    let checksum = String(decoding: bytes[Self.signature.count..<Self.headerSize - 1], as: UTF8.self)
    return Digest.sha256(content) == checksum ? Array(content) : nil
  }

  /// What `decode` makes of the bytes stored under `key`; nil if there are none or it throws.
  package func get<Value>(_ key: String, decode: ([UInt8]) throws -> Value) -> Value? {
    get(key).flatMap { try? decode($0) }
  }

  /// Stores `bytes` under `key` in one step, replacing what was there.
  ///
  /// - Throws: `FileError`.
  package func put(_ bytes: [UInt8], for key: String) throws(FileError) {
    guard let path = path(of: key) else { throw .invalidPath(key) }
    try AtomicFile.createFolder(folder + "/" + key.prefix(2))
    let header = Self.signature + Array(Digest.sha256(bytes).utf8) + [UInt8(ascii: "\n")]
    try AtomicFile.write(header + bytes, to: path)
  }

  /// Forgets what is stored under `key`, if anything is.
  package func remove(_ key: String) {
    if let path = path(of: key) { unlink(path) }
  }

  /// Folders by the first two digits keep each of them small. Nil unless `key` is a digest: nothing else may
  /// become part of a path.
  private func path(of key: String) -> String? {
    let digits = Set("0123456789abcdef")
    guard key.count == 64, key.allSatisfy(digits.contains) else { return nil }
    return folder + "/" + key.prefix(2) + "/" + key
  }
}

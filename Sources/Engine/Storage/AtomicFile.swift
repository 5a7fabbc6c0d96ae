import Foundation

/// Writing a file so that a reader, or a crash at any moment, sees the old content or the new, never a part.
package enum AtomicFile {
  /// Writes to a temporary file in the same folder, flushes it to disk and renames it to `path`.
  ///
  /// - Throws: `FileError`; `path` is then as it was before.
  package static func write(
    _ bytes: [UInt8], to path: String, permissions: UInt32 = 0o644
  ) throws(FileError) {
    try FileBytes.check(path)
    let name = ".\(UInt64.random(in: .min ... .max)).partial"
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
    let temporary = folder + name
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions)
    guard descriptor >= 0 else { throw .unwritable(path: path, reason: FileBytes.systemReason()) }
    do throws(FileError) {
      try fill(descriptor, with: bytes, path: path)
      guard rename(temporary, path) == 0 else {
        throw .unwritable(path: path, reason: FileBytes.systemReason())
      }
    } catch {
      unlink(temporary)
      throw error
    }
    // The rename itself is on disk once the folder is. A folder that cannot be opened is no reason to fail:
    // the file is there.
    let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folderDescriptor >= 0 {
      fsync(folderDescriptor)
      close(folderDescriptor)
    }
  }

  /// Makes the folder and those above it where they do not exist.
  ///
  /// - Throws: `FileError`.
  package static func createFolder(_ path: String) throws(FileError) {
    try FileBytes.check(path)
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .unwritable(path: path, reason: error.localizedDescription)
    }
  }

  /// Writes all of `bytes`, flushes and closes `descriptor`; closes it on failure too.
  private static func fill(_ descriptor: Int32, with bytes: [UInt8], path: String) throws(FileError) {
    var failure: String?
    bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        let count = Foundation.write(
          descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else {
          failure = FileBytes.systemReason()
          return
        }
        written += count
      }
    }
    if failure == nil && fsync(descriptor) != 0 { failure = FileBytes.systemReason() }
    // Some file systems report a full disk only here.
    if close(descriptor) != 0 && failure == nil { failure = FileBytes.systemReason() }
    if let failure { throw .unwritable(path: path, reason: failure) }
  }
}

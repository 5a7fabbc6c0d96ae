import Foundation

/// Reading whole files with a limit. Only regular files: a pipe or a device could block for ever.
package enum FileBytes {
  /// Enough for the paper's largest set (CUB at 64 x 64) many times over, and safely inside memory.
  package static let defaultLimit = 4 << 30

  /// - Throws: `FileError`.
  package static func read(_ path: String, limit: Int = defaultLimit) throws(FileError) -> [UInt8] {
    try check(path)
    // Non-blocking, so that opening a pipe without a writer returns and is then refused.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { throw .missing(path: path) }
      throw .unreadable(path: path, reason: systemReason())
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, reason: systemReason()) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile(path: path) }
    let size = Int(status.st_size)
    guard size <= limit else { throw .tooLarge(path: path, bytes: size, limit: limit) }
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = 0
      while count < size {
        let received = Foundation.read(descriptor, buffer.baseAddress?.advanced(by: count), size - count)
        if received < 0 && errno == EINTR { continue }
        if received < 0 { failure = .unreadable(path: path, reason: systemReason()) }
        // Zero: the file became shorter meanwhile; what was read is what it holds.
        if received <= 0 { break }
        count += received
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Names of the entries of a folder, sorted by their bytes; names that start with a dot are left out.
  ///
  /// - Throws: `FileError`.
  package static func entries(of folder: String) throws(FileError) -> [String] {
    try check(folder)
    var status = stat()
    guard stat(folder, &status) == 0 else { throw .missing(path: folder) }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw .notAFolder(path: folder) }
    do {
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      return names.filter { !$0.hasPrefix(".") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } catch {
      throw .unreadable(path: folder, reason: error.localizedDescription)
    }
  }

  package static func isFolder(_ path: String) -> Bool { mode(of: path) == S_IFDIR }

  package static func isRegularFile(_ path: String) -> Bool { mode(of: path) == S_IFREG }

  /// A path that C functions see as Swift does: not empty, no zero character inside.
  static func check(_ path: String) throws(FileError) {
    guard !path.isEmpty, !path.utf8.contains(0) else { throw .invalidPath(path) }
  }

  /// The phrase of the C library for the last failed call.
  static func systemReason() -> String { String(cString: strerror(errno)) }

  private static func mode(of path: String) -> mode_t? {
    var status = stat()
    guard (try? check(path)) != nil, stat(path, &status) == 0 else { return nil }
    return status.st_mode & S_IFMT
  }
}

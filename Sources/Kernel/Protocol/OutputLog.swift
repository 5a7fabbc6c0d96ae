import Engine
import Foundation

/// The file with the whole text of a cell that wrote more than a notebook can hold.
///
/// Used under its cell's lock, one call at a time.
final class OutputLog {
  let path: String
  private let descriptor: Int32
  private var room = OutputLog.limit

  /// Bytes beyond which a log is cut as well: a cell without end must not fill the disk.
  static let limit = 1 << 30
  /// How long logs are kept.
  static let lifetime: TimeInterval = 7 * 24 * 3600

  /// Makes a file in `folder` and removes the old ones there; nil if that cannot be.
  init?(in folder: String) {
    guard (try? AtomicFile.createFolder(folder)) != nil else { return nil }
    OldFiles.remove(from: folder, suffix: ".log", olderThan: Self.lifetime)
    path = "\(folder)/cell-\(UUID().uuidString.lowercased().prefix(8)).log"
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if descriptor < 0 { return nil }
  }

  deinit { close(descriptor) }

  func append(_ text: String) {
    let bytes = Array(text.utf8.prefix(room))
    room -= bytes.count
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      // A full disk costs the log, not the cell.
      if count <= 0 { room = 0 }
      guard count > 0 else { return }
      written += count
    }
  }
}

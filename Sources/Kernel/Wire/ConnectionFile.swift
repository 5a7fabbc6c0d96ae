import Engine
import Foundation

extension ConnectionInfo {
  /// Reads the connection file at `path`.
  /// - Throws: `ConnectionError`.
  init(contentsOfFile path: String) throws(ConnectionError) {
    try self.init(parsing: Self.contents(of: path))
  }

  /// Puts the ports into the file at `path`, so that other clients find a kernel that chose them itself.
  /// - Throws: `ConnectionError`, `FileError`.
  func writePorts(to path: String) throws {
    var members = (try? JSON(parsing: Self.contents(of: path)))?.objectValue ?? [:]
    members.merge(portFields) { _, port in port }
    // The file holds the key: nobody else may read it.
    try AtomicFile.write(JSON.object(members).encoded(pretty: true), to: path, permissions: 0o600)
  }

  private static func contents(of path: String) throws(ConnectionError) -> [UInt8] {
    do {
      return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw .unreadable(path: path, reason: error.localizedDescription)
    }
  }
}

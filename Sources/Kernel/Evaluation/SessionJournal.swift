import Engine
import Foundation

/// What a kernel writes down before it runs code that can end the whole process, so that the next kernel of the same
/// notebook can tell what happened and make the session again.
///
/// The file is there only while such code runs: Python's modules in C may crash, or use up the memory.
final class SessionJournal: Sendable {
  struct Entry: Sendable, Equatable {
    /// The cell that ran, with the number of its prompt.
    var cell: String
    var executionCount: Int
    /// The statements that make the names of the session again.
    var statements: [String]
    /// How many names there were in all, and those that no statement makes again.
    var nameCount: Int
    var lost: [String]
    /// Python's own report, when it had the time to write one.
    var fault: String
  }

  private let path: String
  /// Where Python reports crashes.
  var faultPath: String { path + ".fault" }

  init(path: String) { self.path = path }

  /// The journal of a notebook; for a client without one, of a connection, which restarted kernels keep.
  convenience init(historyPath: String, connectionFile: String, environment: [String: String]) {
    let files = FileManager.default
    let notebook = environment["JPY_SESSION_NAME"].map { files.currentDirectoryPath + "\n" + $0 }
    let key = notebook ?? URL(fileURLWithPath: connectionFile).standardizedFileURL.path
    let folder = (historyPath as NSString).deletingLastPathComponent + "/running"
    self.init(path: folder + "/" + Digest.sha256(Array(key.utf8)).prefix(32) + ".json")
  }

  /// Writes down the session as it is before `cell` runs. What cannot be written is no reason not to run it.
  func begin(_ cell: String, executionCount: Int, session: Session) {
    let (statements, lost) = session.scriptOfAllNames
    let entry: JSON = [
      "process": .integer(Int(getpid())), "cell": .string(cell), "executionCount": .integer(executionCount),
      "statements": .array(statements.map { .string($0) }), "lost": .array(lost.map { .string($0) }),
      "nameCount": .integer(session.all.count { $0.record != nil }),
    ]
    let file = URL(fileURLWithPath: path)
    try? FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try? Data(entry.encoded()).write(to: file, options: .atomic)
  }

  /// The cell has ended.
  func end() { unlink(path) }

  /// The process is about to end in an orderly way.
  func close() {
    end()
    unlink(faultPath)
  }

  /// Takes away and returns what a kernel left that ended while a cell ran.
  func takeLeftover() -> Entry? {
    guard let data = FileManager.default.contents(atPath: path), let entry = try? JSON(parsing: data) else {
      return nil
    }
    // Two kernels may serve one notebook; the other one is alive and well.
    if let process = entry["process"]?.intValue, process != Int(getpid()), kill(pid_t(process), 0) == 0 {
      return nil
    }
    end()
    let fault = FileManager.default.contents(atPath: faultPath).map { String(decoding: $0, as: UTF8.self) }
    unlink(faultPath)
    return Entry(
      cell: entry["cell"]?.stringValue ?? "", executionCount: entry["executionCount"]?.intValue ?? 0,
      statements: entry["statements"]?.arrayValue?.compactMap(\.stringValue) ?? [],
      nameCount: entry["nameCount"]?.intValue ?? 0,
      lost: entry["lost"]?.arrayValue?.compactMap(\.stringValue) ?? [], fault: fault ?? "")
  }
}

extension SessionJournal.Entry {
  /// What a person is told in the first cell after the crash.
  var notice: String {
    var lines = [
      "The kernel ended in the %%python cell [\(executionCount)], and its session with it:",
      "",
    ]
    let shown = cell.split(separator: "\n", omittingEmptySubsequences: false).prefix(6)
    lines += shown.map { "    " + $0 }
    let report = fault.split(separator: "\n")
    if let title = report.first {
      let place = report.first { $0.contains("File \"<cell") }?.trimmingPrefix { $0 == " " }
      lines += ["", title + (place.map { ", in " + $0 } ?? "")]
    }
    let kept = nameCount - lost.count
    if kept > 0 {
      let names = kept == 1 ? "1 name" : "\(kept) names"
      lines += ["", "`recover` makes \(names) again; what took long comes from the cache."]
    }
    if !lost.isEmpty { lines.append("Made in Python, and gone: \(lost.joined(separator: ", ")).") }
    return lines.joined(separator: "\n") + "\n"
  }
}

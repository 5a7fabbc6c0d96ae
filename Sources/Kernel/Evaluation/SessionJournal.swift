import Engine
import Foundation
import Synchronization

/// What a kernel writes down while cells run that may end the whole process, so that the next kernel of the same
/// notebook can tell what happened and make the session again.
///
/// Python's modules in C may crash, and where memory runs out Linux ends a process without a word. A `%%python` cell
/// is written down before it runs, any other once it has run for a moment: writing takes longer than most cells.
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
    /// The file with the report of a crash; nil without one.
    var report: String?
    /// Whether Linux has ended a process of this machine since, because there was no memory left.
    var ranOutOfMemory: Bool
  }

  private struct Cell: Sendable {
    var source: String
    var executionCount: Int
    var session: Session
    var start = ContinuousClock.now
    var isWritten = false
    /// Whether the session has changed since the cell was written down.
    var isStale = false
  }

  private struct State: Sendable {
    /// By a number of their own, because cells of several shells may run.
    var cells: [Int: Cell] = [:]
    var cellCount = 0
    var isLookDue = false
    /// Before this moment nothing is written because of a change: see `change`.
    var restsUntil = ContinuousClock.now
  }

  /// How long a cell runs before it is written down.
  static let delay = DispatchTimeInterval.milliseconds(200)
  /// How long reports of crashes are kept.
  private static let reportLifetime: TimeInterval = 30 * 24 * 3600
  private static let queue = DispatchQueue(label: "dass.journal")

  private let path: String
  private let state = Mutex(State())
  /// Where Python reports crashes.
  var faultPath: String { path + ".fault" }
  /// Where a crash of this process is reported.
  let reportPath: String

  /// `name` tells notebooks apart. The folder `running` takes journals, and `crashes` reports.
  init(folder: String, name: String) {
    path = "\(folder)/running/\(name).json"
    let crashes = folder + "/crashes"
    reportPath = "\(crashes)/\(Int(Date.now.timeIntervalSince1970))-\(getpid()).txt"
    for folder in [folder + "/running", crashes] {
      try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    Self.queue.async { OldFiles.remove(from: crashes, suffix: ".txt", olderThan: Self.reportLifetime) }
  }

  /// The journal of a notebook; for a client without one, of a connection, which restarted kernels keep.
  convenience init(historyPath: String, connectionFile: String, environment: [String: String]) {
    let files = FileManager.default
    let notebook = environment["JPY_SESSION_NAME"].map { files.currentDirectoryPath + "\n" + $0 }
    let key = notebook ?? URL(fileURLWithPath: connectionFile).standardizedFileURL.path
    let folder = (historyPath as NSString).deletingLastPathComponent
    self.init(folder: folder, name: String(Digest.sha256(Array(key.utf8)).prefix(32)))
  }

  // MARK: Writing

  /// A cell begins to run; the answer is its number here.
  func begin(_ source: String, executionCount: Int, session: Session) -> Int {
    let (number, isLookDue) = state.withLock { state in
      state.cellCount += 1
      state.cells[state.cellCount] = Cell(
        source: Self.beginning(of: source), executionCount: executionCount, session: session)
      defer { state.isLookDue = true }
      return (state.cellCount, state.isLookDue)
    }
    if !isLookDue { look(after: Self.delay) }
    return number
  }

  /// Writes the cell down now, because what it does next may end the process.
  func writeDown(_ number: Int) { state.withLock { write(number, in: &$0) } }

  /// A statement of the cell has changed the session.
  ///
  /// It is written at once, unless the cell changes its session so often that most of the time would go to
  /// writing: then a look that comes soon does it.
  func change(_ number: Int, session: Session) {
    let needsLook = state.withLock { state in
      state.cells[number]?.session = session
      guard state.cells[number]?.isWritten == true else { return false }
      let start = ContinuousClock.now
      if start >= state.restsUntil {
        write(number, in: &state)
        // A tenth of the time at most goes to writing.
        state.restsUntil = .now + start.duration(to: .now) * 9
        return false
      }
      state.cells[number]?.isStale = true
      defer { state.isLookDue = true }
      return !state.isLookDue
    }
    if needsLook { look(after: Self.delay) }
  }

  /// The cell has ended.
  func end(_ number: Int) {
    state.withLock { state in
      guard let cell = state.cells.removeValue(forKey: number), cell.isWritten else { return }
      if let other = state.cells.first(where: \.value.isWritten)?.key {
        write(other, in: &state)
      } else {
        unlink(path)
      }
    }
  }

  /// The process is about to end in an orderly way.
  func close() {
    state.withLock { $0.cells = [:] }
    unlink(path)
    unlink(faultPath)
  }

  /// Looks for cells that run long, as long as any run.
  private func look(after delay: DispatchTimeInterval) {
    Self.queue.asyncAfter(deadline: .now() + delay) { [self] in
      let goesOn = state.withLock { state in
        for (number, cell) in state.cells {
          let runsLong = !cell.isWritten && cell.start.duration(to: .now) >= .milliseconds(150)
          if runsLong || cell.isStale { write(number, in: &state) }
        }
        state.isLookDue = state.cells.values.contains { !$0.isWritten || $0.isStale }
        return state.isLookDue
      }
      if goesOn { look(after: Self.delay) }
    }
  }

  /// What a notice may show of a cell, and a little more: a cell may be megabytes of text.
  private static func beginning(of source: String) -> String {
    source.prefix(10_000).split(separator: "\n", maxSplits: 10, omittingEmptySubsequences: false).prefix(10)
      .joined(separator: "\n")
  }

  /// What cannot be written is no reason not to run the cell.
  private func write(_ number: Int, in state: inout State) {
    guard let cell = state.cells[number] else { return }
    state.cells[number]?.isWritten = true
    state.cells[number]?.isStale = false
    let (statements, lost) = cell.session.scriptOfAllNames
    let entry: JSON = [
      "process": .integer(Int(getpid())), "cell": .string(cell.source),
      "executionCount": .integer(cell.executionCount), "report": .string(reportPath),
      "statements": .array(statements.map { .string($0) }), "lost": .array(lost.map { .string($0) }),
      "nameCount": .integer(cell.session.all.count { $0.record != nil }),
      "memoryKills": ProcessTable.memoryKills().map { .integer($0) } ?? .null,
    ]
    try? Data(entry.encoded()).write(to: URL(fileURLWithPath: path), options: .atomic)
  }

  // MARK: Reading

  /// Takes away and returns what a kernel left that ended while a cell ran.
  ///
  /// - Parameter memoryKills: how often the machine has run out of memory so far.
  func takeLeftover(memoryKills: Int? = ProcessTable.memoryKills()) -> Entry? {
    guard let data = FileManager.default.contents(atPath: path), let entry = try? JSON(parsing: data) else {
      return nil
    }
    // Two kernels may serve one notebook; the other one is alive and well.
    if let process = entry["process"]?.intValue, process != Int(getpid()), kill(pid_t(process), 0) == 0 {
      return nil
    }
    unlink(path)
    let fault = FileManager.default.contents(atPath: faultPath).map { String(decoding: $0, as: UTF8.self) }
    unlink(faultPath)
    let report = entry["report"]?.stringValue.flatMap {
      FileManager.default.fileExists(atPath: $0) ? $0 : nil
    }
    let earlierKills = entry["memoryKills"]?.intValue ?? Int.max
    return Entry(
      cell: entry["cell"]?.stringValue ?? "", executionCount: entry["executionCount"]?.intValue ?? 0,
      statements: entry["statements"]?.arrayValue?.compactMap(\.stringValue) ?? [],
      nameCount: entry["nameCount"]?.intValue ?? 0,
      lost: entry["lost"]?.arrayValue?.compactMap(\.stringValue) ?? [], fault: fault ?? "", report: report,
      ranOutOfMemory: (memoryKills ?? 0) > earlierKills)
  }
}

extension SessionJournal.Entry {
  /// What a person is told in the first cell after the crash.
  var notice: String {
    let kind = cell.hasPrefix("%%python") ? "%%python cell" : "cell"
    // What a widget called has no number.
    let number = executionCount > 0 ? " [\(executionCount)]" : ""
    var lines = ["The kernel ended in the \(kind)\(number), and its session with it:", ""]
    let source = cell.split(separator: "\n", omittingEmptySubsequences: false)
    lines += source.prefix(6).map { "    " + $0 }
    if source.count > 6 { lines.append("    ...") }
    var causes: [String] = []
    let told = fault.split(separator: "\n")
    if let title = told.first {
      let place = told.first { $0.contains("File \"<cell") }?.trimmingPrefix { $0 == " " }
      causes.append(title + (place.map { ", in " + $0 } ?? ""))
    }
    if ranOutOfMemory { causes.append("The machine ran out of memory, and Linux ended a process.") }
    if let report { causes.append("The report of the crash is in \(report).") }
    if !causes.isEmpty { lines += [""] + causes }
    let kept = nameCount - lost.count
    if kept > 0 {
      let names = kept == 1 ? "1 name" : "\(kept) names"
      lines += ["", "`recover` makes \(names) again; what took long comes from the cache."]
    }
    if !lost.isEmpty { lines.append("Made in Python, and gone: \(lost.joined(separator: ", ")).") }
    return lines.joined(separator: "\n") + "\n"
  }
}

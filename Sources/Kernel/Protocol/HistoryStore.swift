import Engine
import Foundation
import GRDB
import Synchronization

/// One cell of the history.
struct HistoryEntry: Sendable, Equatable {
  var session: Int
  /// The execution count of the cell.
  var line: Int
  var source: String
  /// The plain text of its result, if it had one.
  var output: String?
}

/// The three ways to ask for history (Jupyter messaging, "History").
enum HistoryQuery: Sendable, Equatable {
  /// The last cells of all sessions.
  case tail(count: Int)
  /// Lines `start ..< stop` of a session: 0 is this one, -1 the one before, a positive number as it is stored.
  case range(session: Int, start: Int, stop: Int?)
  /// Cells that match a pattern with `*` and `?`; the last `count` of them. `isUnique` keeps the last of equals.
  case search(pattern: String, count: Int?, isUnique: Bool)
}

/// The cells that were run, in an SQLite file with the tables of IPython's history, which other tools can read.
///
/// Everything happens on one queue: appending returns at once, and reading sees all that was appended before. What is
/// appended waits for a moment, so that writing does not take the processor from the cell that has just begun.
/// `@unchecked Sendable`: the fields below `queue` are only touched on it.
final class HistoryStore: @unchecked Sendable {
  private struct Row: Sendable {
    var sql: String
    var arguments: @Sendable (_ session: Int) -> StatementArguments
  }

  /// How long a row waits at most for being written.
  private static let delay = DispatchTimeInterval.milliseconds(10)

  private let waiting = Mutex<[Row]>([])
  private let queue = DispatchQueue(label: "dass.history")
  private var database: DatabaseQueue?
  private var session = 0
  private let path: String?
  private let log: KernelLog

  /// Opens `path` in the background, or, where that fails or `path` is nil, a store in memory.
  init(path: String?, log: KernelLog) {
    self.path = path
    self.log = log
    queue.async { self.open(path) }
  }

  /// A store for another session in the same file.
  func another() -> HistoryStore { HistoryStore(path: path, log: log) }

  /// `$DASS_HISTORY`, or a file in the user's data folder (XDG base directory specification).
  static func defaultPath(environment: [String: String]) -> String {
    if let path = environment["DASS_HISTORY"], !path.isEmpty { return path }
    return UserFolders(environment: environment).data + "/dass/history.sqlite"
  }

  func append(source: String, line: Int) {
    append("INSERT OR REPLACE INTO history (session, line, source, source_raw) VALUES (?, ?, ?, ?)") {
      [$0, line, source, source]
    }
  }

  func append(output: String, line: Int) {
    append("INSERT OR REPLACE INTO output_history (session, line, output) VALUES (?, ?, ?)") {
      [$0, line, output]
    }
  }

  /// Returns when everything that was appended is on its way to the disk.
  func write() { queue.sync { writeWaiting() } }

  /// Writes the end of the session, and returns when everything is on its way to the disk.
  func close() {
    append(
      """
      UPDATE sessions SET "end" = ?, num_cmds = (SELECT count(*) FROM history WHERE session = ?) WHERE session = ?
      """
    ) { [Self.timestamp(), $0, $0] }
    queue.sync {
      writeWaiting()
      database = nil
    }
  }

  /// The cells that `query` asks for, oldest first.
  func entries(_ query: HistoryQuery) -> [HistoryEntry] {
    queue.sync {
      writeWaiting()
      guard let database else { return [] }
      do {
        let (sql, arguments) = statement(for: query)
        let rows = try database.read { try GRDB.Row.fetchAll($0, sql: sql, arguments: arguments) }
        return rows.reversed().map {
          HistoryEntry(
            session: $0["session"], line: $0["line"], source: $0["source_raw"], output: $0["output"])
        }
      } catch {
        log.write("cannot read the history: \(error)")
        return []
      }
    }
  }

  /// A statement whose rows come newest first.
  private func statement(for query: HistoryQuery) -> (String, StatementArguments) {
    let columns = "SELECT session, line, source_raw, output"
    let tables = "FROM history LEFT JOIN output_history USING (session, line)"
    let order = "ORDER BY session DESC, line DESC"
    switch query {
    case .tail(let count):
      return ("\(columns) \(tables) \(order) LIMIT ?", [max(0, count)])
    case .range(let asked, let start, let stop):
      return (
        "\(columns) \(tables) WHERE session = ? AND line >= ? AND line < ? \(order)",
        [asked > 0 ? asked : session &+ asked, start, stop ?? Int.max]
      )
    case .search(let pattern, let count, let isUnique):
      // SQLite reads a negative limit as none.
      let limit = count.map { max(0, $0) } ?? -1
      if !isUnique {
        return ("\(columns) \(tables) WHERE source_raw GLOB ? \(order) LIMIT ?", [pattern, limit])
      }
      let ranked = "\(columns), row_number() OVER (PARTITION BY source_raw \(order)) AS place \(tables)"
      return (
        "\(columns) FROM (\(ranked) WHERE source_raw GLOB ?) WHERE place = 1 \(order) LIMIT ?",
        [pattern, limit]
      )
    }
  }

  private func append(
    _ sql: String, arguments: @escaping @Sendable (_ session: Int) -> StatementArguments
  ) {
    let isFirst = waiting.withLock { waiting in
      defer { waiting.append(Row(sql: sql, arguments: arguments)) }
      return waiting.isEmpty
    }
    // The others are written along with the first.
    if isFirst { queue.asyncAfter(deadline: .now() + Self.delay) { self.writeWaiting() } }
  }

  private func writeWaiting() {
    let rows = waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
    guard !rows.isEmpty else { return }
    do {
      try database?.write { database in
        for row in rows {
          try database.cachedStatement(sql: row.sql).execute(arguments: row.arguments(session))
        }
      }
    } catch {
      log.write("cannot write the history: \(error)")
    }
  }

  private func open(_ path: String?) {
    do {
      try openSession(in: path)
    } catch {
      log.write("the history stays in memory, because \(path ?? "") cannot be opened: \(error)")
      try? openSession(in: nil)
    }
  }

  private func openSession(in path: String?) throws {
    var configuration = Configuration()
    // Several kernels share the file.
    configuration.busyMode = .timeout(2)
    let opened: DatabaseQueue
    if let path {
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      configuration.journalMode = .wal
      opened = try DatabaseQueue(path: path, configuration: configuration)
    } else {
      opened = try DatabaseQueue(configuration: configuration)
    }
    session = try opened.write { database in
      try database.execute(sql: Self.schema)
      try database.execute(sql: "INSERT INTO sessions (start) VALUES (?)", arguments: [Self.timestamp()])
      return Int(database.lastInsertedRowID)
    }
    database = opened
  }

  private static func timestamp() -> String {
    Date.now.formatted(.iso8601.dateSeparator(.dash).timeSeparator(.colon).dateTimeSeparator(.space))
  }

  private static let schema = """
    CREATE TABLE IF NOT EXISTS sessions (session INTEGER PRIMARY KEY AUTOINCREMENT, start TIMESTAMP,
      "end" TIMESTAMP, num_cmds INTEGER, remark TEXT);
    CREATE TABLE IF NOT EXISTS history (session INTEGER, line INTEGER, source TEXT, source_raw TEXT,
      PRIMARY KEY (session, line));
    CREATE TABLE IF NOT EXISTS output_history (session INTEGER, line INTEGER, output TEXT,
      PRIMARY KEY (session, line));
    """
}

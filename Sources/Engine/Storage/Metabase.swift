import Foundation
import GRDB

/// Measured students in a SQLite file: the ground truth that predictors learn from and are judged by.
///
/// Every result is one transaction, on disk when `insert` returns, so a run that was killed goes on with the jobs
/// that `missing` names. Several threads and processes may use one file (write-ahead log).
package final class Metabase: Sendable {
  package let path: String
  private let queue: DatabaseQueue

  /// Opens the file, or makes it.
  ///
  /// - Throws: `MetabaseError`; a file that is no metabase is left as it is.
  package init(path: String) throws(MetabaseError) {
    guard (try? FileBytes.check(path)) != nil else { throw .invalidPath(path) }
    self.path = path
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    // Another process may be in the middle of inserting its own result.
    configuration.busyMode = .timeout(10)
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      try Self.prepare(queue, path: path)
    } catch {
      throw Self.explained(error, path: path)
    }
  }

  /// Keeps a dataset; does nothing if it is known.
  ///
  /// - Throws: `MetabaseError`.
  package func insert(_ dataset: DatasetRecord) throws(MetabaseError) {
    try write { try MetabaseRows.insert(dataset, $0) }
  }

  /// Keeps a teacher, whose dataset must be known; does nothing if it is known itself.
  ///
  /// - Throws: `MetabaseError`.
  package func insert(_ teacher: TeacherRecord) throws(MetabaseError) {
    try write { try MetabaseRows.insert(teacher, $0) }
  }

  /// Keeps the result of a job, whose dataset and teacher must be known. The first result of a job stays.
  ///
  /// - Returns: Whether the job was new.
  /// - Throws: `MetabaseError`.
  @discardableResult
  package func insert(_ student: MeasuredStudent) throws(MetabaseError) -> Bool {
    try write { try MetabaseRows.insert(student, $0) }
  }

  /// Keeps results that came from elsewhere, all or none of them.
  ///
  /// - Returns: How many of the jobs were new.
  /// - Throws: `MetabaseError`.
  @discardableResult
  package func insert(_ tasks: [TaskResults]) throws(MetabaseError) -> Int {
    try write { database in
      var added = 0
      for task in tasks {
        try MetabaseRows.insert(task.dataset, database)
        try MetabaseRows.insert(task.teacher, database)
        for student in task.students where try MetabaseRows.insert(student, database) { added += 1 }
      }
      return added
    }
  }

  /// All results, a task for each teacher, in the order they were inserted.
  ///
  /// - Throws: `MetabaseError`.
  package func tasks() throws(MetabaseError) -> [TaskResults] {
    let datasets = Dictionary(try datasets().map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
    var tasks: [TaskResults] = []
    for teacher in try teachers() {
      guard let dataset = datasets[teacher.datasetDigest] else { throw .missingReference(path: path) }
      tasks.append(
        TaskResults(dataset: dataset, teacher: teacher, students: try students(teacher: teacher.digest)))
    }
    return tasks
  }

  /// The result of `job`, if it was measured.
  ///
  /// - Throws: `MetabaseError`.
  package func result(of job: DistillationJob) throws(MetabaseError) -> DistillationResult? {
    let digest = job.digest
    let rows = try read {
      try Row.fetchAll($0, sql: "SELECT * FROM results WHERE job_digest = ?", arguments: [digest])
    }
    return try rows.first.map { row throws(MetabaseError) in try student(row).result }
  }

  /// Those of `jobs` that were not measured yet, in the same order.
  ///
  /// - Throws: `MetabaseError`.
  package func missing(of jobs: [DistillationJob]) throws(MetabaseError) -> [DistillationJob] {
    let measured = try read { try Set(String.fetchAll($0, sql: "SELECT job_digest FROM results")) }
    return jobs.filter { !measured.contains($0.digest) }
  }

  /// Measured students in the order they were inserted.
  ///
  /// - Parameters:
  ///   - teacher: The digest of the teacher; nil takes all.
  ///   - dataset: The digest of the dataset; nil takes all.
  /// - Throws: `MetabaseError`.
  package func students(
    teacher: String? = nil, dataset: String? = nil
  ) throws(MetabaseError) -> [MeasuredStudent] {
    let rows = try read {
      try Row.fetchAll(
        $0,
        sql: """
          SELECT * FROM results
          WHERE (:teacher IS NULL OR teacher_digest = :teacher)
            AND (:dataset IS NULL OR dataset_digest = :dataset)
          ORDER BY rowid
          """,
        arguments: ["teacher": teacher, "dataset": dataset])
    }
    var students: [MeasuredStudent] = []
    for row in rows { students.append(try student(row)) }
    return students
  }

  /// All datasets in the order they were inserted.
  ///
  /// - Throws: `MetabaseError`.
  package func datasets() throws(MetabaseError) -> [DatasetRecord] {
    try read { try Row.fetchAll($0, sql: "SELECT * FROM datasets ORDER BY rowid") }
      .compactMap(MetabaseRows.dataset)
  }

  /// The teachers of a dataset, or all, in the order they were inserted.
  ///
  /// - Throws: `MetabaseError`.
  package func teachers(dataset: String? = nil) throws(MetabaseError) -> [TeacherRecord] {
    try read {
      try Row.fetchAll(
        $0,
        sql: "SELECT * FROM teachers WHERE :dataset IS NULL OR dataset_digest = :dataset ORDER BY rowid",
        arguments: ["dataset": dataset])
    }
    .compactMap(MetabaseRows.teacher)
  }

  private func student(_ row: Row) throws(MetabaseError) -> MeasuredStudent {
    guard let student = MetabaseRows.student(row) else {
      throw .damagedRow(path: path, job: MetabaseRows.text(row, "job_digest") ?? "")
    }
    return student
  }

  private func read<Value>(_ body: (GRDB.Database) throws -> Value) throws(MetabaseError) -> Value {
    do { return try queue.read(body) } catch { throw Self.explained(error, path: path) }
  }

  private func write<Value>(_ body: (GRDB.Database) throws -> Value) throws(MetabaseError) -> Value {
    do { return try queue.write(body) } catch { throw Self.explained(error, path: path) }
  }

  /// Checks whose file it is before anything is written, then makes the tables, or brings old ones up to date.
  private static func prepare(_ queue: DatabaseQueue, path: String) throws {
    let found = try queue.read { database in
      let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
      let application = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
      let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
      if tables == 0 && application == 0 { return 0 }
      guard application == MetabaseSchema.applicationID else {
        throw MetabaseError.foreignDatabase(path: path)
      }
      guard version <= MetabaseSchema.version else {
        throw MetabaseError.newerVersion(path: path, found: version)
      }
      return version
    }
    try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
    guard found < MetabaseSchema.version else { return }
    try queue.write { database in
      // Another process may have made or upgraded them since.
      let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
      let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
      if tables == 0 {
        try MetabaseSchema.create(in: database)
      } else if version < MetabaseSchema.version {
        try MetabaseSchema.upgrade(database)
      }
    }
  }

  private static func explained(_ error: any Error, path: String) -> MetabaseError {
    if let error = error as? MetabaseError { return error }
    guard let error = error as? DatabaseError else { return .failed(path: path, reason: "\(error)") }
    switch error.resultCode {
    case .SQLITE_NOTADB: return .notADatabase(path: path)
    case .SQLITE_CONSTRAINT where error.extendedResultCode == .SQLITE_CONSTRAINT_FOREIGNKEY:
      return .missingReference(path: path)
    default: return .failed(path: path, reason: error.message ?? "SQLite error \(error.resultCode.rawValue)")
    }
  }
}

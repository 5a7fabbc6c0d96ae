import Foundation
import GRDB

/// Rows of a metabase as values. SQLite keeps any kind of value in any column and other programs may have written
/// the file, so a row may fail to be one: nil then.
enum MetabaseRows {
  static func insert(_ dataset: DatasetRecord, _ database: GRDB.Database) throws {
    try database.execute(
      sql: "INSERT OR IGNORE INTO datasets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      arguments: [
        dataset.digest, dataset.name, dataset.origin, dataset.classCount, dataset.height, dataset.width,
        dataset.channels, dataset.trainCount, dataset.testCount,
      ])
  }

  static func insert(_ teacher: TeacherRecord, _ database: GRDB.Database) throws {
    try database.execute(
      sql: "INSERT OR IGNORE INTO teachers VALUES (?, ?, ?, ?, ?)",
      arguments: [teacher.digest, teacher.name, teacher.datasetDigest, teacher.space.text, teacher.accuracy])
  }

  /// Whether the job was new.
  static func insert(_ student: MeasuredStudent, _ database: GRDB.Database) throws -> Bool {
    let (job, result) = (student.job, student.result)
    try database.execute(
      sql: "INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      arguments: [
        job.digest, job.datasetDigest, job.teacherDigest, job.student, job.settings.text, String(job.seed),
        job.engineVersion, result.bestAccuracy, result.finalAccuracy, result.multiplyAdds, result.parameters,
        result.seconds, milliseconds(result.measuredAt), result.machine,
      ])
    return database.changesCount > 0
  }

  static func student(_ row: Row) -> MeasuredStudent? {
    guard let dataset = text(row, "dataset_digest"), let teacher = text(row, "teacher_digest"),
      let student = text(row, "student"), let settings = json(row, "settings"),
      let seed = text(row, "seed").flatMap({ UInt64($0) }), let engine = text(row, "engine_version"),
      let best = number(row, "best_accuracy"), let final = number(row, "final_accuracy"),
      let multiplyAdds = integer(row, "multiply_adds"), let parameters = integer(row, "parameters"),
      let seconds = number(row, "seconds"), let measuredAt = integer(row, "measured_at"),
      let machine = text(row, "machine")
    else { return nil }
    let job = DistillationJob(
      datasetDigest: dataset, teacherDigest: teacher, student: student, settings: settings, seed: seed,
      engineVersion: engine)
    let result = DistillationResult(
      bestAccuracy: best, finalAccuracy: final, multiplyAdds: multiplyAdds, parameters: parameters,
      seconds: seconds, measuredAt: Date(timeIntervalSince1970: Double(measuredAt) / 1000),
      machine: machine)
    return MeasuredStudent(job: job, result: result)
  }

  static func dataset(_ row: Row) -> DatasetRecord? {
    guard let digest = text(row, "digest"), let name = text(row, "name"), let origin = text(row, "origin"),
      let classCount = integer(row, "class_count"), let height = integer(row, "height"),
      let width = integer(row, "width"), let channels = integer(row, "channels"),
      let trainCount = integer(row, "train_count"), let testCount = integer(row, "test_count")
    else { return nil }
    return DatasetRecord(
      digest: digest, name: name, origin: origin, classCount: classCount, height: height, width: width,
      channels: channels, trainCount: trainCount, testCount: testCount)
  }

  static func teacher(_ row: Row) -> TeacherRecord? {
    guard let digest = text(row, "digest"), let name = text(row, "name"),
      let dataset = text(row, "dataset_digest"), let space = json(row, "space"),
      let accuracy = number(row, "accuracy")
    else { return nil }
    return TeacherRecord(
      digest: digest, name: name, datasetDigest: dataset, space: space, accuracy: accuracy)
  }

  /// Since 1970, UTC; dates out of all reason become the nearest that fits.
  static func milliseconds(_ date: Date) -> Int {
    let limit = 0x1p52
    return Int(min(limit, max(-limit, (date.timeIntervalSince1970 * 1000).rounded())))
  }

  static func text(_ row: Row, _ column: String) -> String? {
    if case .string(let value)? = storage(row, column) { value } else { nil }
  }

  private static func integer(_ row: Row, _ column: String) -> Int? {
    if case .int64(let value)? = storage(row, column) { Int(value) } else { nil }
  }

  private static func number(_ row: Row, _ column: String) -> Double? {
    switch storage(row, column) {
    case .double(let value): value
    case .int64(let value): Double(value)
    default: nil
    }
  }

  private static func json(_ row: Row, _ column: String) -> JSON? {
    text(row, column).flatMap { try? JSON(parsing: Array($0.utf8)) }
  }

  /// What SQLite holds. The typed accessors of a row would trap on a value of another kind.
  private static func storage(_ row: Row, _ column: String) -> DatabaseValue.Storage? {
    guard row.hasColumn(column) else { return nil }
    let value: DatabaseValue = row[column]
    return value.storage
  }
}

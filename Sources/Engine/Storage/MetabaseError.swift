/// What can be wrong with a metabase file. None of these changes the file.
package enum MetabaseError: Error, Sendable, Equatable {
  case invalidPath(String)
  case notADatabase(path: String)
  /// A SQLite database that some other program made.
  case foreignDatabase(path: String)
  case newerVersion(path: String, found: Int)
  /// A result or teacher refers to a teacher or dataset that was not inserted before.
  case missingReference(path: String)
  case damagedRow(path: String, job: String)
  /// `reason` is SQLite's own phrase.
  case failed(path: String, reason: String)
}

extension MetabaseError: ExplainedError {
  package var problem: String {
    switch self {
    case .invalidPath(let path): FileError.invalidPath(path).problem
    case .notADatabase(let path): "“\(path)” is not a metabase: it is no SQLite database"
    case .foreignDatabase(let path): "“\(path)” is not a metabase: it is another program's database"
    case .newerVersion(let path, let found):
      "“\(path)” has version \(found) of the tables; this program knows \(MetabaseSchema.version)"
    case .missingReference(let path): "a row for “\(path)” names a dataset or teacher that is not in it"
    case .damagedRow(let path, let job): "the result \(job.prefix(12)) in “\(path)” cannot be read"
    case .failed(let path, let reason): "the metabase “\(path)” failed (\(reason))"
    }
  }

  package var advice: String? {
    switch self {
    case .invalidPath: nil
    case .notADatabase, .foreignDatabase: "Give another path; the file was left as it is"
    case .newerVersion: "Use a newer version of this program"
    case .missingReference: "Insert the dataset first, then the teacher, then results"
    case .damagedRow: "Delete the row, so that the job runs again"
    case .failed: "Check that the folder exists and may be written to, and that the disk is not full"
    }
  }
}

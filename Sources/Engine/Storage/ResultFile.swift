/// Files of results: metabases and the forms for other programs, told apart by their endings.
package enum ResultFile {
  /// The endings that `write` takes.
  package static let forms = ["csv", "jsonl", "parquet", "sqlite"]

  /// Reads a metabase (`.sqlite`) or lines of results (`.jsonl`).
  ///
  /// - Throws: `MetabaseError`, `FileError`, `FileContentError`.
  package static func read(_ path: String) throws -> [TaskResults] {
    if form(of: path) == "sqlite" {
      // Opening would make an empty one.
      guard FileBytes.isRegularFile(path) else { throw FileError.missing(path: path) }
      return try Metabase(path: path).tasks()
    }
    return try FileContentError.naming(path) { try TaskResults.parse(FileBytes.read(path)) }
  }

  /// - Throws: `ResultFileError`, `FileError`, `MetabaseError`.
  package static func write(_ tasks: [TaskResults], to path: String) throws {
    switch form(of: path) {
    case "csv": try AtomicFile.write(Array(ResultColumns(tasks).csv.utf8), to: path)
    case "jsonl": try AtomicFile.write(Array(tasks.map(\.lines).joined().utf8), to: path)
    case "parquet": try AtomicFile.write(ParquetWriter.file(ResultColumns(tasks).columns), to: path)
    case "sqlite": try Metabase(path: path).insert(tasks)
    default: throw ResultFileError.unknownForm(path: path)
    }
  }

  private static func form(of path: String) -> String {
    path.split(separator: ".").last.map { $0.lowercased() } ?? ""
  }
}

/// Results as columns, one row a run.
struct ResultColumns {
  /// A column with its values.
  struct Column {
    enum Values {
      case texts([String])
      case integers([Int])
      case numbers([Double])
    }

    var name: String
    var values: Values
  }

  let columns: [Column]

  init(_ tasks: [TaskResults]) {
    let rows = tasks.flatMap { task in task.students.map { (task, $0) } }
    func texts(_ name: String, _ value: ((TaskResults, MeasuredStudent)) -> String) -> Column {
      Column(name: name, values: .texts(rows.map(value)))
    }
    func integers(_ name: String, _ value: ((TaskResults, MeasuredStudent)) -> Int) -> Column {
      Column(name: name, values: .integers(rows.map(value)))
    }
    func numbers(_ name: String, _ value: ((TaskResults, MeasuredStudent)) -> Double) -> Column {
      Column(name: name, values: .numbers(rows.map(value)))
    }
    columns = [
      texts("dataset") { $0.0.dataset.name },
      numbers("teacher_accuracy") { $0.0.teacher.accuracy },
      texts("student") { $0.1.job.student },
      texts("seed") { String($0.1.job.seed) },
      numbers("best_accuracy") { $0.1.result.bestAccuracy },
      numbers("final_accuracy") { $0.1.result.finalAccuracy },
      integers("multiply_adds") { $0.1.result.multiplyAdds },
      integers("parameters") { $0.1.result.parameters },
      numbers("seconds") { $0.1.result.seconds },
      integers("measured_at") { MetabaseRows.milliseconds($0.1.result.measuredAt) },
      texts("machine") { $0.1.result.machine },
      texts("engine_version") { $0.1.job.engineVersion },
      texts("settings") { $0.1.job.settings.text },
      texts("dataset_digest") { $0.1.job.datasetDigest },
      texts("teacher_digest") { $0.1.job.teacherDigest },
      texts("job_digest") { $0.1.job.digest },
    ]
  }

  /// RFC 4180, numbers with all digits.
  var csv: String {
    func field(_ text: String) -> String {
      text.contains { "\",\r\n".contains($0) } ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }
    let texts = columns.map { column in
      switch column.values {
      case .texts(let values): values.map(field)
      case .integers(let values): values.map(String.init)
      case .numbers(let values): values.map { "\($0)" }
      }
    }
    let header = columns.map(\.name).joined(separator: ",")
    let rows = (texts.first ?? []).indices.map { row in texts.map { $0[row] }.joined(separator: ",") }
    return ([header] + rows).joined(separator: "\r\n") + "\r\n"
  }
}

/// A file whose ending names no form of results.
package enum ResultFileError: Error, Sendable, Equatable {
  case unknownForm(path: String)
}

extension ResultFileError: ExplainedError {
  package var problem: String {
    switch self {
    case .unknownForm(let path): "the ending of “\(path)” names no form of results"
    }
  }

  package var advice: String? {
    "Endings are " + ResultFile.forms.map { ".\($0)" }.joined(separator: ", ")
  }
}

import Foundation

/// Results that other programs measured, as comma-separated values (RFC 4180): a line of names, then one run a line.
///
/// `student` holds the widths in the compact form, `best_accuracy` or `accuracy` a fraction; `final_accuracy`, `seed` and
/// `seconds` may be there. Other columns are left aside.
package enum ForeignResults {
  /// In place of the engine's version, since it was not this engine.
  package static let engineVersion = "elsewhere"

  /// - Parameters:
  ///   - teacher: which the students were distilled from.
  ///   - settings: how.
  /// - Throws: `ForeignResultsError` naming the line.
  package static func parse(
    _ bytes: [UInt8], teacher: Teacher, dataset: Dataset, settings: DistillationSettings
  ) throws(ForeignResultsError) -> TaskResults {
    let table = rows(String(decoding: bytes, as: UTF8.self))
    guard let names = table.first else { throw .missingColumn("student") }
    func column(_ choices: [String]) -> Int? { choices.lazy.compactMap { names.firstIndex(of: $0) }.first }
    guard let studentColumn = column(["student"]) else { throw .missingColumn("student") }
    guard let bestColumn = column(["best_accuracy", "accuracy"]) else {
      throw .missingColumn("best_accuracy")
    }
    let (finalColumn, seedColumn) = (column(["final_accuracy"]), column(["seed"]))
    let secondsColumn = column(["seconds"])

    var students: [MeasuredStudent] = []
    for (index, row) in table.enumerated().dropFirst() {
      let line = index + 1
      guard row.count == names.count else {
        throw .wrongLine(line, "it has \(row.count) values, not \(names.count)")
      }
      guard let student = Architecture(text: row[studentColumn]),
        (try? teacher.space.validate(student)) != nil
      else { throw .wrongLine(line, "“\(row[studentColumn])” is no student of the teacher's space") }
      func fraction(_ place: Int) throws(ForeignResultsError) -> Double {
        guard let value = Double(row[place]), (0...1).contains(value) else {
          throw .wrongLine(line, "“\(row[place])” is no fraction from 0 to 1")
        }
        return value
      }
      let best = try fraction(bestColumn)
      guard let seed = seedColumn.map({ UInt64(row[$0]) }) ?? 1 else {
        throw .wrongLine(line, "its seed is no number")
      }
      let cost = teacher.space.cost(of: student, classes: teacher.classes)
      students.append(
        MeasuredStudent(
          job: DistillationJob(
            datasetDigest: dataset.digest, teacherDigest: teacher.digest, student: student.text,
            settings: settings.json, seed: seed, engineVersion: engineVersion),
          result: DistillationResult(
            bestAccuracy: best,
            finalAccuracy: try finalColumn.map { column throws(ForeignResultsError) in try fraction(column) }
              ?? best,
            multiplyAdds: cost.multiplyAdds, parameters: cost.parameters,
            seconds: secondsColumn.flatMap { Double(row[$0]) } ?? 0, measuredAt: Date(),
            machine: engineVersion)))
    }
    guard !students.isEmpty else { throw .noRows }
    return TaskResults(
      dataset: DatasetRecord(dataset),
      teacher: TeacherRecord(
        digest: teacher.digest, name: teacher.datasetName, datasetDigest: dataset.digest,
        space: teacher.space.json, accuracy: teacher.accuracy), students: students)
  }

  /// Fields by lines; quotes are taken off, empty lines left out.
  private static func rows(_ text: String) -> [[String]] {
    var rows: [[String]] = []
    var (row, field, isQuoted) = ([String](), "", false)
    func end(_ row: inout [String], _ field: inout String) {
      row.append(field)
      if row != [""] { rows.append(row) }
      (row, field) = ([], "")
    }
    var rest = text.makeIterator()
    var next = rest.next()
    while let character = next {
      next = rest.next()
      switch character {
      case "\"" where isQuoted && next == "\"":
        field.append("\"")
        next = rest.next()
      case "\"": isQuoted.toggle()
      case "," where !isQuoted:
        row.append(field)
        field = ""
      // A line feed with a carriage return before it is one character in Swift.
      case "\n" where !isQuoted, "\r\n" where !isQuoted: end(&row, &field)
      default: field.append(character)
      }
    }
    end(&row, &field)
    return rows
  }
}

/// What can be wrong with results of other programs.
package enum ForeignResultsError: Error, Sendable, Equatable {
  case missingColumn(String)
  case wrongLine(Int, String)
  case noRows
}

extension ForeignResultsError: ExplainedError {
  package var problem: String {
    switch self {
    case .missingColumn(let name): "the first line names no column “\(name)”"
    case .wrongLine(let line, let reason): "line \(line): \(reason)"
    case .noRows: "the file names columns but holds no results"
    }
  }

  package var advice: String? {
    switch self {
    case .missingColumn, .noRows:
      "Expected are the columns student and best_accuracy, and final_accuracy and seed if known"
    case .wrongLine: nil
    }
  }
}

import Foundation

/// Everything that was measured with one teacher, and its form as lines of text.
///
/// A line that is an object tells of dataset, teacher, settings and machine; each line after it that is an array is one
/// run: student, seed, best and final accuracy, seconds, and when it ended (milliseconds since 1970). What follows from the
/// student, its cost and the job's digest, is not written. Such a file is small, and can be read and compared.
package struct TaskResults: Sendable, Equatable {
  package var dataset: DatasetRecord
  package var teacher: TeacherRecord
  package var students: [MeasuredStudent]

  package init(dataset: DatasetRecord, teacher: TeacherRecord, students: [MeasuredStudent]) {
    self.dataset = dataset
    self.teacher = teacher
    self.students = students
  }

  private static let format = "dass-results-1"

  /// The text: a block for each of the settings, engine versions and machines among the rows.
  package var lines: String {
    var text = ""
    var last: JSON?
    for student in students {
      let header = header(of: student)
      if header != last { text += header.text + "\n" }
      last = header
      let result = student.result
      let row: JSON = [
        .string(student.job.student), .string(String(student.job.seed)), .number(result.bestAccuracy),
        .number(result.finalAccuracy), .number((result.seconds * 1000).rounded() / 1000),
        .integer(MetabaseRows.milliseconds(result.measuredAt)),
      ]
      text += row.text + "\n"
    }
    return text
  }

  private func header(of student: MeasuredStudent) -> JSON {
    [
      "format": .string(Self.format), "dataset": dataset.json, "teacher": teacher.json,
      "settings": student.job.settings, "engine": .string(student.job.engineVersion),
      "machine": .string(student.result.machine),
    ]
  }

  /// Reads the text of one teacher or several.
  ///
  /// - Throws: `TaskResultsError` naming the line.
  package static func parse(_ bytes: [UInt8]) throws(TaskResultsError) -> [TaskResults] {
    var tasks: [TaskResults] = []
    var block: Block?
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
      guard let json = try? JSON(parsing: Array(line)) else { throw .notJSON(line: index + 1) }
      if json.arrayValue == nil {
        guard json["format"]?.stringValue == format, let next = Block(json) else {
          throw .badHeader(line: index + 1)
        }
        block = next
        if tasks.last?.teacher != next.teacher || tasks.last?.dataset != next.dataset {
          tasks.append(TaskResults(dataset: next.dataset, teacher: next.teacher, students: []))
        }
      } else {
        guard let student = block?.student(json), !tasks.isEmpty else { throw .badRow(line: index + 1) }
        tasks[tasks.count - 1].students.append(student)
      }
    }
    guard !tasks.isEmpty else { throw .empty }
    return tasks
  }

  /// A header with what it says of the rows after it.
  private struct Block {
    var dataset: DatasetRecord
    var teacher: TeacherRecord
    var space: ResNetSpace
    var settings: JSON
    var engine: String
    var machine: String

    init?(_ json: JSON) {
      guard let dataset = json["dataset"].flatMap(DatasetRecord.init(json:)),
        let teacher = json["teacher"].flatMap(TeacherRecord.init(json:)),
        let space = try? ResNetSpace(teacher.space), let settings = json["settings"],
        let engine = json["engine"]?.stringValue, let machine = json["machine"]?.stringValue,
        teacher.datasetDigest == dataset.digest
      else { return nil }
      self.dataset = dataset
      self.teacher = teacher
      self.space = space
      self.settings = settings
      self.engine = engine
      self.machine = machine
    }

    func student(_ row: JSON) -> MeasuredStudent? {
      guard row.arrayValue?.count == 6, let text = row[0]?.stringValue,
        let student = Architecture(text: text), (try? space.validate(student)) != nil,
        let seed = row[1]?.stringValue.flatMap({ UInt64($0) }),
        let best = row[2]?.doubleValue, let final = row[3]?.doubleValue, (0...1).contains(best),
        (0...1).contains(final), let seconds = row[4]?.doubleValue, let measuredAt = row[5]?.intValue
      else { return nil }
      let cost = space.cost(of: student, classes: dataset.classCount)
      return MeasuredStudent(
        job: DistillationJob(
          datasetDigest: dataset.digest, teacherDigest: teacher.digest, student: text, settings: settings,
          seed: seed, engineVersion: engine),
        result: DistillationResult(
          bestAccuracy: best, finalAccuracy: final, multiplyAdds: cost.multiplyAdds,
          parameters: cost.parameters,
          seconds: seconds, measuredAt: Date(timeIntervalSince1970: Double(measuredAt) / 1000),
          machine: machine))
    }
  }
}

extension DatasetRecord {
  var json: JSON {
    [
      "digest": .string(digest), "name": .string(name), "origin": .string(origin),
      "classes": .integer(classCount), "height": .integer(height), "width": .integer(width),
      "channels": .integer(channels), "train": .integer(trainCount), "test": .integer(testCount),
    ]
  }

  init?(json: JSON) {
    guard let digest = json["digest"]?.stringValue, let name = json["name"]?.stringValue,
      let origin = json["origin"]?.stringValue, let classes = json["classes"]?.intValue,
      (2...1_000_000).contains(classes), let height = json["height"]?.intValue,
      let width = json["width"]?.intValue, let channels = json["channels"]?.intValue,
      let train = json["train"]?.intValue, let test = json["test"]?.intValue
    else { return nil }
    self.init(
      digest: digest, name: name, origin: origin, classCount: classes, height: height, width: width,
      channels: channels, trainCount: train, testCount: test)
  }
}

extension TeacherRecord {
  var json: JSON {
    [
      "digest": .string(digest), "name": .string(name), "dataset": .string(datasetDigest), "space": space,
      "accuracy": .number(accuracy),
    ]
  }

  init?(json: JSON) {
    guard let digest = json["digest"]?.stringValue, let name = json["name"]?.stringValue,
      let dataset = json["dataset"]?.stringValue, let space = json["space"],
      let accuracy = json["accuracy"]?.doubleValue, (0...1).contains(accuracy)
    else { return nil }
    self.init(digest: digest, name: name, datasetDigest: dataset, space: space, accuracy: accuracy)
  }
}

/// What can be wrong with results as lines of text.
package enum TaskResultsError: Error, Sendable, Equatable {
  case empty
  case notJSON(line: Int)
  case badHeader(line: Int)
  case badRow(line: Int)
}

extension TaskResultsError: ExplainedError {
  package var problem: String {
    switch self {
    case .empty: "the file holds no results"
    case .notJSON(let line): "line \(line) is not JSON"
    case .badHeader(let line): "line \(line) is not about a dataset and its teacher"
    case .badRow(let line): "line \(line) is not a student of the task above it with its accuracies"
    }
  }

  package var advice: String? { "Use a file that was saved as `.jsonl`" }
}

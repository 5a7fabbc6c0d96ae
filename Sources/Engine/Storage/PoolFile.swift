/// Pools as JSON: `{"space": {...}, "students": [[[8, 8], [16], [12, 24], [32]], ...]}`, a student being the widths of its
/// blocks, stage by stage. A list of students alone is a pool too, and a student may be the text of its widths.
package struct PoolFile: Sendable {
  /// Of basic blocks where the file does not say otherwise.
  let students: [Architecture]
  /// The space that the file names; nil where it names none.
  package let space: ResNetSpace?

  /// - Throws: `FileError`, or `FileContentError` with a `JSONError` or a `PoolFileError`.
  package init(contentsOf path: String) throws {
    let bytes = try FileBytes.read(path)
    self = try FileContentError.naming(path) { try PoolFile(JSON(parsing: bytes)) }
  }

  /// - Throws: `PoolFileError`, and what a damaged space is told by.
  init(_ json: JSON) throws {
    guard let list = json.arrayValue ?? json["students"]?.arrayValue else { throw PoolFileError.noStudents }
    guard !list.isEmpty else { throw PoolFileError.empty }
    space = try json["space"].map { try ResNetSpace($0) }
    var students: [Architecture] = []
    students.reserveCapacity(list.count)
    for (place, entry) in list.enumerated() {
      guard let student = Self.student(entry) else { throw PoolFileError.notAStudent(place: place + 1) }
      students.append(student)
    }
    self.students = students
  }

  /// The students as networks of a space: lists of widths are of its kind of blocks.
  ///
  /// - Throws: `PoolFileError.outsideSpace` for the first student that the space does not have.
  package func students(in space: ResNetSpace) throws(PoolFileError) -> [Architecture] {
    let students = students.map { $0.kind == .basic ? Architecture(stages: $0.stages, kind: space.kind) : $0 }
    for (place, student) in students.enumerated() {
      do throws(SpaceError) {
        try space.validate(student)
      } catch {
        throw .outsideSpace(place: place + 1, student.text, error)
      }
    }
    return students
  }

  package static func json(of students: [Architecture], space: ResNetSpace) -> JSON {
    [
      "space": space.json,
      "students": .array(
        students.map { .array($0.stages.map { .array($0.map { .integer($0) }) }) }),
    ]
  }

  private static func student(_ json: JSON) -> Architecture? {
    if let text = json.stringValue { return Architecture(text: text) }
    guard let stages = json.arrayValue, !stages.isEmpty else { return nil }
    var widths: [[Int]] = []
    for stage in stages {
      guard let blocks = stage.arrayValue, !blocks.isEmpty else { return nil }
      let numbers = blocks.compactMap(\.intValue)
      guard numbers.count == blocks.count, numbers.allSatisfy({ (1...1 << 16).contains($0) }) else {
        return nil
      }
      widths.append(numbers)
    }
    return Architecture(stages: widths)
  }
}

/// What can be wrong with a file of students.
package enum PoolFileError: Error, Sendable, Equatable {
  case noStudents
  case empty
  case notAStudent(place: Int)
  case outsideSpace(place: Int, String, SpaceError)
}

extension PoolFileError: ExplainedError {
  package var problem: String {
    switch self {
    case .noStudents: "the file has no list “students”"
    case .empty: "the file's list of students is empty"
    case .notAStudent(let place): "entry \(place) of the students is no list of widths, stage by stage"
    case .outsideSpace(let place, let text, let error): "student \(place), \(text): \(error.problem)"
    }
  }

  package var advice: String? {
    switch self {
    case .noStudents, .notAStudent: "a student is for instance [[8, 8], [16], [12, 24], [32]]"
    case .empty: nil
    case .outsideSpace(_, _, let error): error.advice
    }
  }
}

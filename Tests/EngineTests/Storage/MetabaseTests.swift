import Foundation
import Testing

@testable import Engine

@Suite struct MetabaseTests {
  private let dataset = DatasetRecord(
    digest: "d1", name: "greek", origin: "fonts", classCount: 24, height: 32, width: 32, channels: 3,
    trainCount: 1440, testCount: 480)
  private let teacher = TeacherRecord(
    digest: "t1", name: "t", datasetDigest: "d1", space: ["name": "resnet"], accuracy: 0.93)

  private func job(_ student: String, seed: UInt64 = .max) -> DistillationJob {
    DistillationJob(
      datasetDigest: "d1", teacherDigest: "t1", student: student, settings: ["epochs": 8, "alpha": 0.5],
      seed: seed)
  }

  private func measured(_ student: String, accuracy: Double = 0.8) -> MeasuredStudent {
    MeasuredStudent(
      job: job(student),
      result: DistillationResult(
        bestAccuracy: accuracy, finalAccuracy: 0.79, multiplyAdds: 123_456_789_012, parameters: 7_457_056,
        seconds: 12.5, measuredAt: Date(timeIntervalSince1970: 1_700_000_000.125)))
  }

  private func filled(_ path: String) throws -> Metabase {
    let metabase = try Metabase(path: path)
    try metabase.insert(dataset)
    try metabase.insert(teacher)
    return metabase
  }

  @Test func rowsComeBack() throws {
    let folder = try TemporaryFolder()
    let metabase = try filled(folder.path + "/gt.db")
    let first = measured("d2-3-1-4")
    #expect(try metabase.insert(first))
    #expect(try metabase.insert(measured("d1-1-1-1")))
    #expect(try metabase.datasets() == [dataset])
    #expect(try metabase.teachers(dataset: "d1") == [teacher])
    #expect(try metabase.teachers(dataset: "d2") == [])
    #expect(try metabase.students(teacher: "t1").map(\.job.student) == ["d2-3-1-4", "d1-1-1-1"])
    #expect(try metabase.students(teacher: "t1").first == first)
    #expect(try metabase.students(dataset: "other") == [])
    #expect(try metabase.result(of: first.job) == first.result)
    #expect(try metabase.result(of: job("d9-9-9-9")) == nil)
  }

  @Test func theFirstResultOfAJobStays() throws {
    let folder = try TemporaryFolder()
    let metabase = try filled(folder.path + "/gt.db")
    #expect(try metabase.insert(measured("a", accuracy: 0.8)))
    #expect(try metabase.insert(measured("a", accuracy: 0.1)) == false)
    try metabase.insert(dataset)
    try metabase.insert(teacher)
    #expect(try metabase.students().map(\.result.bestAccuracy) == [0.8])
  }

  @Test func aKilledRunGoesOnWithTheMissingJobs() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/gt.db"
    let metabase = try filled(path)
    try metabase.insert(measured("a"))
    try metabase.insert(measured("c"))
    // Copies of the files while they are open are what a killed process leaves: results in the log only.
    let copy = folder.path + "/copy.db"
    for suffix in ["", "-wal"] { try AtomicFile.write(FileBytes.read(path + suffix), to: copy + suffix) }
    let resumed = try Metabase(path: copy)
    #expect(try resumed.missing(of: ["a", "b", "c", "d"].map { job($0) }).map(\.student) == ["b", "d"])
    try resumed.insert(measured("b"))
    #expect(try resumed.students().map(\.job.student) == ["a", "c", "b"])
  }

  @Test func twoConnectionsShareAFile() throws {
    let folder = try TemporaryFolder()
    let one = try filled(folder.path + "/gt.db")
    let other = try Metabase(path: folder.path + "/gt.db")
    try one.insert(measured("a"))
    try other.insert(measured("b"))
    #expect(try one.students() == other.students())
    #expect(try one.students().count == 2)
  }

  @Test func rowsNeedTheirDatasetAndTeacher() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/gt.db"
    let metabase = try Metabase(path: path)
    #expect(throws: MetabaseError.missingReference(path: path)) { try metabase.insert(teacher) }
    #expect(throws: MetabaseError.missingReference(path: path)) { try metabase.insert(measured("a")) }
  }

  @Test func otherFilesAreLeftAlone() throws {
    let folder = try TemporaryFolder()
    let text = try folder.write(Array(String(repeating: "not a database\n", count: 300).utf8), "notes.txt")
    let before = try FileBytes.read(text)
    #expect(words { _ = try Metabase(path: text) } == "“\(text)” is not a metabase: it is no SQLite database")
    #expect(try FileBytes.read(text) == before)
    #expect(try FileBytes.entries(of: folder.path) == ["notes.txt"])
    #expect(
      words { _ = try Metabase(path: folder.path + "/no/gt.db") }.contains("unable to open database file"))
  }

  @Test func foreignDatabasesAndNewerVersionsAreLeftAlone() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/gt.db"
    _ = try filled(path)
    // The log may hold the header: a database without it is the state after the last connection closed.
    var bytes = try FileBytes.read(path)
    bytes[63] = 9
    try AtomicFile.write(bytes, to: path)
    #expect(throws: MetabaseError.newerVersion(path: path, found: 9)) { try Metabase(path: path) }
    bytes[68] = 1
    try AtomicFile.write(bytes, to: path)
    #expect(throws: MetabaseError.foreignDatabase(path: path)) { try Metabase(path: path) }
    #expect(try FileBytes.read(path) == bytes)
  }

  @Test func damagedDatabasesGiveErrorsOrRows() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/gt.db"
    do {
      let metabase = try filled(path)
      for student in ["a", "b", "c"] { try metabase.insert(measured(student)) }
    }
    let intact = try FileBytes.read(path)
    for (number, bytes) in damagedCopies(of: intact, count: 150, seed: 2).enumerated() {
      let damaged = try folder.write(bytes, "damaged-\(number).db")
      guard let metabase = try? Metabase(path: damaged) else { continue }
      _ = try? metabase.students()
      _ = try? metabase.datasets()
      _ = try? metabase.teachers()
      _ = try? metabase.insert(measured("z"))
    }
  }

  @Test func jobsSurviveBeingWrittenDown() throws {
    let job = job("d2-3-1-4")
    #expect(try DistillationJob(json: JSON(parsing: job.json.encoded())) == job)
    #expect(job.digest == DistillationJob(json: job.json)?.digest)
    #expect(job.digest != self.job("d2-3-1-4", seed: 1).digest)
    #expect(DistillationJob(json: ["seed": 1]) == nil)
  }
}

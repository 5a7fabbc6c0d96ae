import Foundation
import GRDB
import Testing

@testable import Engine

@Suite("Results as lines") struct TaskResultsTests {
  static let task: TaskResults = {
    let space = SmallTask.tiny
    let dataset = DatasetRecord(
      digest: "d1", name: "stripes", origin: "made by a test", classCount: 2, height: 8, width: 8,
      channels: 1,
      trainCount: 96, testCount: 64)
    let teacher = TeacherRecord(
      digest: "t1", name: "stripes", datasetDigest: "d1", space: space.json, accuracy: 0.9375)
    let settings = DistillationSettings(optimization: SmallTask.optimization(epochs: 3)).json
    let students = ["4/4/8/8", "4/4/8/8"].enumerated().map { index, text in
      let student = Architecture(text: text) ?? space.teacher
      let cost = space.cost(of: student, classes: 2)
      return MeasuredStudent(
        job: DistillationJob(
          datasetDigest: "d1", teacherDigest: "t1", student: text, settings: settings, seed: UInt64(index + 1)
        ),
        result: DistillationResult(
          bestAccuracy: 0.1 + 0.2, finalAccuracy: 2.0 / 3, multiplyAdds: cost.multiplyAdds,
          parameters: cost.parameters, seconds: 1.25,
          measuredAt: Date(timeIntervalSince1970: 1_700_000_000.125),
          machine: index == 0 ? "x86-64 avx2" : "x86-64 avx512"))
    }
    return TaskResults(dataset: dataset, teacher: teacher, students: students)
  }()

  @Test func `lines give back every digit and every job`() throws {
    let again = try TaskResults.parse(Array(Self.task.lines.utf8))
    #expect(again == [Self.task])
    #expect(again[0].students.map(\.job.digest) == Self.task.students.map(\.job.digest))
    // Another machine is another block.
    #expect(Self.task.lines.split(separator: "\n").count == 4)
  }

  @Test func `settings come back from their JSON`() throws {
    var settings = DistillationSettings(
      optimization: SmallTask.optimization(epochs: 3, augmentation: .paper(imageSize: 8)))
    settings.form = .code
    settings.initialization = .random
    #expect(DistillationSettings(json: settings.json) == settings)
    #expect(settings.json["optimization"]?["selection"] == nil)
    settings.optimization.selection = .heldOut
    #expect(DistillationSettings(json: settings.json) == settings)
  }

  @Test func `wrong lines are numbered`() throws {
    var lines = Self.task.lines.split(separator: "\n").map(String.init)
    func problem(_ lines: [String]) -> String {
      words { _ = try TaskResults.parse(Array(lines.joined(separator: "\n").utf8)) }
    }
    #expect(problem([]) == "the file holds no results")
    #expect(problem(["{"]) == "line 1 is not JSON")
    #expect(problem([lines[1]]) == "line 1 is not a student of the task above it with its accuracies")
    lines[1] = lines[1].replacing("4/4/8/8", with: "4/4/8/9")
    #expect(problem(lines) == "line 2 is not a student of the task above it with its accuracies")
    lines[0] = lines[0].replacing("dass-results-1", with: "dass-results-9")
    #expect(problem(lines) == "line 1 is not about a dataset and its teacher")
  }

  @Test func `results from elsewhere are merged once`() throws {
    let folder = try TemporaryFolder()
    let metabase = try Metabase(path: folder.path + "/a.sqlite")
    #expect(try metabase.insert([Self.task]) == 2)
    #expect(try metabase.insert([Self.task]) == 0)
    #expect(try metabase.tasks() == [Self.task])
    for form in ["jsonl", "sqlite"] {
      let path = folder.path + "/copy." + form
      try ResultFile.write(metabase.tasks(), to: path)
      #expect(try ResultFile.read(path) == [Self.task])
    }
    #expect(
      words { try ResultFile.write([Self.task], to: folder.path + "/copy.xls") }
        == "the ending of “\(folder.path)/copy.xls” names no form of results")
    #expect(words { _ = try ResultFile.read(folder.path + "/no.sqlite") }.hasPrefix("there is no file"))
  }

  @Test func `comma-separated values hold all columns`() throws {
    let rows = ResultColumns([Self.task]).csv.split(separator: "\r\n")
    #expect(rows.count == 3)
    #expect(
      rows[0].hasPrefix("dataset,teacher_accuracy,student,seed,best_accuracy,final_accuracy,multiply_adds"))
    #expect(rows[1].hasPrefix("stripes,0.9375,4/4/8/8,1,0.30000000000000004,0.6666666666666666,"))
    #expect(rows[1].contains("\"{\"\"alpha\"\":0.5,"))
  }

  /// Files of version 1 had no machine.
  @Test func `older files are brought up to date`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/old.sqlite"
    do {
      let metabase = try Metabase(path: path)
      try metabase.insert([Self.task])
    }
    let queue = try DatabaseQueue(path: path)
    try queue.write {
      try $0.execute(sql: "ALTER TABLE results DROP COLUMN machine; PRAGMA user_version = 1")
    }
    try queue.close()
    let rows = try Metabase(path: path).students()
    #expect(rows.map(\.result.machine) == ["", ""])
    #expect(rows.map(\.job) == Self.task.students.map(\.job))
  }

  @Test func `results of other programs are read`() throws {
    let teacher = SmallTask.teacher(of: SmallTask.tiny, classes: 2)
    let dataset = try SmallTask.stripes()
    let settings = ExperimentProtocol.paper.distillationSettings(imageSize: 8)
    func parse(_ text: String) throws -> TaskResults {
      try ForeignResults.parse(Array(text.utf8), teacher: teacher, dataset: dataset, settings: settings)
    }
    let task = try parse(
      "note,student,best_accuracy,seed\r\n\"a, \"\"b\"\"\",4/4/8/8,0.75,7\r\n\r\nc,4/4/8/8,0.5,8\r\n")
    #expect(task.students.map(\.result.bestAccuracy) == [0.75, 0.5])
    #expect(task.students.map(\.result.finalAccuracy) == [0.75, 0.5])
    #expect(task.students.map(\.job.seed) == [7, 8])
    #expect(task.students[0].job.engineVersion == "elsewhere")
    let measured = try MeasuredTask(task, teacher: teacher, dataset: dataset, seed: 7)
    #expect(measured.settings == settings)
    #expect(words { _ = try parse("") } == "the first line names no column “student”")
    #expect(
      words { _ = try parse("student,x\n4/4/8/8,1\n") } == "the first line names no column “best_accuracy”")
    #expect(
      words { _ = try parse("student,accuracy\n4/4/8/8,75\n") } == "line 2: “75” is no fraction from 0 to 1")
    #expect(
      words { _ = try parse("student,accuracy\n4/4/8/9,0.5\n") }
        == "line 2: “4/4/8/9” is no student of the teacher's space")
    #expect(words { _ = try parse("student,accuracy\n4/4/8/8\n") } == "line 2: it has 1 values, not 2")
    #expect(words { _ = try parse("student,accuracy\n") } == "the file names columns but holds no results")
  }
}

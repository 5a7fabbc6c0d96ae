import Testing

@testable import Engine

@Suite("Pool files") struct PoolFileTests {
  private let students = SmallTask.students(5)

  @Test func `what is written is read back`() throws {
    let json = PoolFile.json(of: students, space: SmallTask.space)
    let file = try PoolFile(JSON(parsing: json.text))
    #expect(file.students == students)
    #expect(file.space == SmallTask.space)
    #expect(try file.students(in: SmallTask.space) == students)
  }

  @Test func `a list alone, and texts, are pools too`() throws {
    let file = try PoolFile(JSON(parsing: #"[[[4], [8], [2, 8], [16]], "4/8/8/16"]"#))
    #expect(file.students.map(\.text) == ["4/8/2-8/16", "4/8/8/16"])
    #expect(file.space == nil)
  }

  @Test(arguments: [
    ("7", "the file has no list “students”"), (#"{"students": []}"#, "the file's list of students is empty"),
    (#"["4/8/8/16", 3]"#, "entry 2 of the students is no list of widths, stage by stage"),
    ("[[[4], []]]", "entry 1 of the students is no list of widths, stage by stage"),
    ("[[[4.5]]]", "entry 1 of the students is no list of widths, stage by stage"),
    ("[[[0]]]", "entry 1 of the students is no list of widths, stage by stage"),
    (#"["04/8/8/16"]"#, "entry 1 of the students is no list of widths, stage by stage"),
    (#"{"students": ["4/8/8/16"], "space": 1}"#, "the file's entry `space` is missing or damaged"),
  ]) func `damage is told`(_ text: String, _ problem: String) {
    #expect(words { _ = try PoolFile(JSON(parsing: text)) } == problem)
  }

  @Test(arguments: [
    ("4/8/8", "student 2, 4/8/8: a network of this space has 4 stages, not 3"),
    ("4-4-4-4/8/8/16", "student 2, 4-4-4-4/8/8/16: stage 1 has 4 blocks, and this space allows 1 to 3"),
    ("4/8/5-8/16", "student 2, 4/8/5-8/16: stage 3 has a block of width 5, and this space allows 2, 4, 6, 8"),
    ("4/8/8/12", "student 2, 4/8/8/12: stage 4 ends with width 12, and must end with its full width 16"),
  ]) func `impossible students are told`(_ text: String, _ problem: String) throws {
    let file = try PoolFile(["4/8/8/16", .string(text)])
    #expect(words { _ = try file.students(in: SmallTask.space) } == problem)
  }
}

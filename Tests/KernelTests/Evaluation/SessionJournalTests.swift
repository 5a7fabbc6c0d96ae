import Engine
import Foundation
import Testing

@testable import Kernel

@Suite struct SessionJournalTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("journal-\(UUID())").path

  private func journal() -> SessionJournal { SessionJournal(folder: folder, name: "notebook") }

  private var session: Session {
    var session = Session()
    session.bind("x", to: .number(Quantity(3)), source: "x = 3", using: [])
    return session
  }

  @Test func aCellThatEndsLeavesNothing() {
    let journal = journal()
    let cell = journal.begin("x = 3", executionCount: 1, session: session)
    #expect(journal.takeLeftover() == nil)
    journal.writeDown(cell)
    journal.end(cell)
    #expect(journal.takeLeftover() == nil)
  }

  @Test func aCellThatDoesNotEndIsFoundWithTheSessionAsItLeftIt() throws {
    let journal = journal()
    var session = session
    let cell = journal.begin("y = 4\nsleep 1h", executionCount: 7, session: session)
    journal.writeDown(cell)
    session.bind("y", to: .number(Quantity(4)), source: "y = 4", using: [])
    journal.change(cell, session: session)
    let entry = try #require(self.journal().takeLeftover(memoryKills: nil))
    #expect(entry.statements == ["x = 3", "y = 4"])
    #expect(
      entry.notice == """
        The kernel ended in the cell [7], and its session with it:

            y = 4
            sleep 1h

        `recover` makes 2 names again; what took long comes from the cache.

        """)
    #expect(self.journal().takeLeftover() == nil)
  }

  @Test func aCellIsWrittenDownByItselfOnceItHasRunForAMoment() async throws {
    let journal = journal()
    _ = journal.begin("sleep 1h", executionCount: 1, session: session)
    var entry: SessionJournal.Entry?
    for _ in 0..<1000 where entry == nil {
      try await Task.sleep(for: .milliseconds(10))
      entry = journal.takeLeftover()
    }
    #expect(entry?.cell == "sleep 1h")
  }

  @Test func manyChangesAreWrittenLessOftenAndTheLastOneInTime() async throws {
    let journal = journal()
    var session = session
    let cell = journal.begin(
      String(repeating: "z = 1\n", count: 1_000_000), executionCount: 1, session: session)
    journal.writeDown(cell)
    let path = "\(folder)/running/notebook.json"
    var written: Set<Date> = []
    for number in 0..<2_000 {
      session.bind("z", to: .number(Quantity(Double(number))), source: "z = \(number)", using: [])
      journal.change(cell, session: session)
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      written.insert(try #require(attributes[.modificationDate] as? Date))
    }
    #expect(written.count < 2_000)
    var statements: [String]?
    for _ in 0..<1000 where statements?.last != "z = 1999" {
      try await Task.sleep(for: .milliseconds(10))
      let data = try #require(FileManager.default.contents(atPath: path))
      // A long cell is not written whole.
      #expect(data.count < 2_000)
      statements = try JSON(parsing: data)["statements"]?.arrayValue?.compactMap(\.stringValue)
    }
    #expect(statements == ["x = 3", "z = 1999"])
  }

  @Test func anotherCellThatStillRunsIsKept() {
    let journal = journal()
    let one = journal.begin("one", executionCount: 1, session: session)
    let two = journal.begin("two", executionCount: 1, session: session)
    journal.writeDown(one)
    journal.writeDown(two)
    journal.end(two)
    #expect(journal.takeLeftover()?.cell == "one")
  }

  @Test func memoryThatRanOutAndTheReportAreTold() throws {
    let journal = journal()
    journal.writeDown(journal.begin("x", executionCount: 1, session: Session()))
    try Data("trace".utf8).write(to: URL(fileURLWithPath: journal.reportPath))
    let kills = try #require(ProcessTable.memoryKills())
    let entry = try #require(self.journal().takeLeftover(memoryKills: kills + 1))
    #expect(
      entry.notice == """
        The kernel ended in the cell [1], and its session with it:

            x

        The machine ran out of memory, and Linux ended a process.
        The report of the crash is in \(journal.reportPath).

        """)
  }
}

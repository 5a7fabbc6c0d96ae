import Engine
import Synchronization
import Testing

@testable import Kernel

@Suite struct ScriptRunTests {
  private func run(_ script: String, json: Bool) -> (status: Int32, out: String, errors: String) {
    let out = Mutex("")
    let errors = Mutex("")
    let printer = ScriptPrinter(usesJSON: json, writesProgress: false) { text, stream in
      switch stream {
      case .stdout: out.withLock { $0 += text }
      case .stderr: errors.withLock { $0 += text }
      }
    }
    let status = ScriptRun(interpreter: ToyLanguage.interpreter(), printer: printer)
      .run(script, cancellation: CancellationToken())
    return (status, out.withLock { $0 }, errors.withLock { $0 })
  }

  @Test func textIsWhatANotebookShows() {
    let result = run("#!/usr/bin/env dass\npool p = sample 3 from resnet\nprint \"hi\"\np[1]\n2", json: false)
    #expect(result.status == 0)
    #expect(
      result.out == """
        pool p: 3 students of resnet, seed 0
        hi
        student 1 of 3 students of resnet, seed 0
        count  0
        2

        """)
  }

  @Test func jsonHasOneObjectALine() throws {
    let result = run(
      "\u{FEFF}teacher t = load \"a\" on \"b\"\npool p = sample 3 from resnet\nsearch p for t top 1",
      json: true)
    let lines = try result.out.split(separator: "\n").map { try JSON(parsing: String($0)) }
    #expect(lines.map { $0["kind"]?.stringValue } == ["object", "object", "table"])
    #expect(lines.last?["rows"] == [["rank": 1, "macs": 400_000_000]])
    #expect(lines.last?["notes"] == ["seed 7"])
  }

  @Test func anErrorEndsTheScript() throws {
    let result = run("x = 1\n  fial at 3\nprint 2", json: true)
    #expect(result.status == 1)
    #expect(result.errors.hasPrefix("NameError: there is no command `fial`\n 2 |   fial at 3\n   |   ^^^^"))
    let last = try #require(result.out.split(separator: "\n").last)
    let error = try JSON(parsing: String(last))
    #expect(error["kind"] == "error" && error["name"] == "NameError")
    #expect(error["line"] == 2 && error["column"] == 3)
  }
}

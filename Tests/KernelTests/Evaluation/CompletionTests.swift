import Engine
import Foundation
import Testing

@testable import Kernel

@Suite struct CompletionTests {
  private let interpreter = ToyLanguage.interpreter(
    "teacher t = load \"t\" on \"d\"", "pool p = sample 9 from resnet", "pool pq = sample 9 from resnet",
    "dass = load \"demo\"", "n = 3", "small = macs < 3M", "word = \"loss\"", "table r = search p for t")

  /// The proposals at `|`, and what they replace.
  private func complete(_ marked: String) -> (texts: [String], replaced: String) {
    let parts = marked.components(separatedBy: "|")
    let code = parts.joined()
    let cursor = parts[0].unicodeScalars.count
    let completion = interpreter.complete(code, cursor: cursor)
    let scalars = Array(code.unicodeScalars)
    var replaced = String.UnicodeScalarView()
    replaced.append(contentsOf: scalars[completion.start..<completion.end])
    return (completion.candidates.map(\.text), String(replaced))
  }

  @Test(arguments: [
    ("se|", ["search"]), ("help pl|", ["plot src", "plot pareto"]), ("x = 1\nsam|", ["sample"]),
    ("pool x = |", ["sample", "p", "pq"]),
    ("x = lo|", ["load"]), ("predictor x = l|", ["load"]), ("plo|", ["plot src", "plot pareto"]),
    ("plot |", ["src", "pareto"]), ("plot s|", ["src"]), ("plot src |", ["accuracy", "loss", "word"]),
    ("search |", ["p", "pq"]), ("search p|", ["p", "pq"]), ("search p |", ["for", "top", "quick", "as"]),
    ("search p for t |", ["top", "quick", "as"]), ("search p for |", ["t"]),
    ("search p for t quick |", ["top", "as"]),
    ("search p as |", ["json", "csv", "text", "dataresource"]), ("search p for t top |", ["n"]),
    ("search p top 3|", ["k", "M", "G"]),
    ("evaluate dass, |", ["dass"]), ("evaluate |", ["dass"]), ("evaluate dass on |", []),
    ("sample 3 from |", ["resnet"]), ("sample 3 where |", ["macs", "params", "depth", "not", "small"]),
    ("sample 3 where m|", ["macs"]), ("sample 3 where macs < |", ["n"]),
    ("sample 3 where macs < 4|", ["k", "M", "G"]),
    ("sample 3 where depth < 4|", []), ("sample 3 where macs < 4M |", ["from", "seed", "and", "or"]),
    ("sample 3 where macs < 4M and d|", ["depth"]),
    ("sample 3 where not (|", ["macs", "params", "depth", "not", "small"]),
    ("sleep 3|", ["ms", "s", "min", "h"]), ("sleep 3m|", ["ms", "min"]), ("count fast |", ["on", "off"]),
    ("count share 5|", ["%"]),
    ("forget p, |", ["resnet", "t", "p", "pq", "dass", "r", "n", "small", "word"]),
    ("p[|", ["n"]), ("r |", ["as"]), ("r as |", ["json", "csv", "text", "dataresource"]), ("# sea|", []),
    ("print 1 # |", []),
    ("search p \\\n  for |", ["t"]), ("search p fo|r t", ["for"]), ("%%python\npri|", []),
    ("x = \"a\" |", []),
    ("help plot |", ["src", "pareto"]), ("list po|", ["pool"]), ("da|", ["dass", "dataset"]),
    ("das|", ["dass"]), ("dass-|", []),
  ]) func proposalsAreExactlyWhatFits(marked: String, expected: [String]) {
    #expect(complete(marked).texts == expected)
  }

  @Test func proposalsReplaceWhatIsTyped() {
    #expect(complete("é = 1\nsea|").replaced == "sea")
    #expect(complete("sample 3 where macs < 400|").replaced == "")
    #expect(complete("sleep 3mi|").replaced == "mi")
  }

  @Test func proposalsCarryKindsAndSignatures() {
    let completion = interpreter.complete("search p ", cursor: 9)
    #expect(
      completion.candidates.first
        == CompletionCandidate(text: "for", kind: "keyword", signature: "TEACHER — the teacher"))
    #expect(
      interpreter.complete("sear", cursor: 4).candidates
        == [
          CompletionCandidate(
            text: "search", kind: "function",
            signature: "search POOL for TEACHER [top INTEGER] [quick] [as json|csv|text|dataresource]")
        ])
    #expect(interpreter.complete("search ", cursor: 7).candidates.map(\.kind) == ["instance", "instance"])
  }

  @Test func pathsAreCompletedInsideTexts() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("teachers"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data().write(to: folder.appendingPathComponent("teacher one.bin"))
    #expect(complete("load \"\(folder.path)/tea|").texts == ["teacher one.bin", "teachers/"])
    #expect(complete("load \"\(folder.path)/tea|").replaced == "tea")
    #expect(complete("print \"\(folder.path)/tea|").texts == [])
  }

  @Test func otherThreadsSeeTheSessionWhileACellRuns() async {
    let interpreter = interpreter
    let output = OutputRecorder()
    let token = CancellationToken()
    let cell = Task.detached {
      interpreter.execute("z = 1\nsleep 1h", executionCount: 1, output: output, cancellation: token)
    }
    while interpreter.session.value("z") == nil { await Task.yield() }
    #expect(interpreter.complete("search p for ", cursor: 13).candidates.map(\.text) == ["t"])
    token.cancel()
    guard case .failure(let failure) = await cell.value else {
      Issue.record("the sleep was not stopped")
      return
    }
    #expect(failure.name == "Interrupted")
  }
}

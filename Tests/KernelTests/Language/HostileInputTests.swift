import Engine
import Foundation
import Testing

@testable import Kernel

/// Random edits of real cells: nothing may trap, hang, or point outside the cell.
@Suite struct HostileInputTests {
  private static let cells = [
    "help\nepochs_short = 8\n\npool p = sample 3000 from resnet where macs < 400M and not (depth >= 8 or params == 4M) seed 7",
    "search p for t with dass top 5 as json\nfigure f = plot pareto of p # a comment",
    "metabase gt = distill 50 of p for t epochs epochs_short \\\n  seed 3\nevaluate dass, dass-unguided,\n  macs on gt",
    "x = [1, 2.5, \"a\\n\\\"b\", 'c', on, none, 1..4]\nx[2]\nprint x, 3 \"é日😀\"\nforget x, p",
    "count 1, 2, 3..9 within 2..4 share 5% fast on\nsleep 0ms\nlist pool as csv\ndescribe p",
    "%%python table\nimport numpy\nprint(1)\n",
  ]
  private static let pieces = [
    "[", "]", "(", ")", ",", "..", "=", "==", "<", "<=", "\"", "'", "\\", "\n", "\r\n", "#", " ", "\t", "-",
    "not ", "and", "or",
    "1e999", "9223372036854775808", "-1", "%", "M", "\u{0}", "\u{1}", "é", "😀", "\u{FEFF}", "\u{301}", "for",
    "where", "top",
    "p[", "as", "%%", "0..1e300", "-9e18..9e18", "resnet", "plot", "help", "\u{2028}", "1_", "_",
  ]

  private func edited(_ cell: String, _ random: inout RandomSource) -> String {
    var scalars = Array(cell.unicodeScalars)
    for _ in 0...random.integer(below: 6) {
      let place = random.integer(below: scalars.count + 1)
      switch random.integer(below: 4) {
      case 0:
        scalars.insert(
          contentsOf: Self.pieces[random.integer(below: Self.pieces.count)].unicodeScalars, at: place)
      case 1 where !scalars.isEmpty:
        let end = min(scalars.count, place + 1 + random.integer(below: 8))
        scalars.removeSubrange(min(place, end)..<end)
      case 2 where !scalars.isEmpty:
        let end = min(scalars.count, place + random.integer(below: 12))
        scalars.insert(contentsOf: scalars[place..<end], at: random.integer(below: scalars.count + 1))
      default: scalars = Array(scalars.prefix(max(place, 1)))
      }
    }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    return String(text)
  }

  @Test(arguments: 0..<10) func noTextTraps(part: Int) {
    var random = RandomSource(seed: UInt64(part))
    let interpreter = ToyLanguage.interpreter(
      "teacher t = load \"t\" on \"d\"", "pool p = sample 9 from resnet", "dass = load \"x\"")
    let session = interpreter.session
    let completer = Completer(commands: ToyLanguage.commands, session: session)
    let inspector = Inspector(commands: ToyLanguage.commands, session: session)
    for round in 0..<10_000 {
      let text = edited(Self.cells[random.integer(below: Self.cells.count)], &random)
      let source = SourceText(text)
      let cell = Parser.parse(source)
      for diagnostic in cell.diagnostics {
        let span = diagnostic.span ?? SourceSpan(0, 0)
        #expect(span.start >= 0 && span.start <= span.end && span.end <= source.bytes.count)
      }
      let count = text.unicodeScalars.count
      let cursor = random.integer(below: count + 1)
      let completion = completer.complete(text, cursor: cursor)
      #expect(completion.start <= completion.end && completion.end <= count)
      _ = inspector.inspect(text, cursor: cursor, detail: round % 2)
      _ = interpreter.completeness(of: text)
      // Statements are run too, without those that wait.
      if round % 4 == 0, !text.contains("sleep"), !text.contains("save") {
        _ = ToyLanguage.run(
          DassInterpreter(commands: ToyLanguage.commands, environment: .standard, session: session), text)
      }
    }
  }

  @Test func bytesThatAreNotTextAreTakenAsText() {
    var random = RandomSource(seed: 99)
    for _ in 0..<2000 {
      let bytes = (0..<random.integer(below: 60)).map { _ in UInt8(random.integer(below: 256)) }
      let text = String(decoding: bytes, as: UTF8.self)
      let source = SourceText(text)
      for diagnostic in Parser.parse(source).diagnostics {
        _ = DiagnosticRenderer(source: source, usesColor: true).text(diagnostic)
      }
    }
  }
}

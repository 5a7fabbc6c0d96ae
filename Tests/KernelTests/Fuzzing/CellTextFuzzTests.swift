import Engine
import Foundation
import Testing

@testable import Kernel

/// Random edits of real cells: nothing may trap, hang, or point outside the cell.
@Suite struct CellTextFuzzTests {
  /// Every example of every command, and cells that use all of the grammar.
  private static let cells: [[Unicode.Scalar]] =
    (CommandTable.standard.commands.flatMap { $0.examples.map(\.source) } + [
      "help\nepochs_short = 8\n\npool p = sample 3000 from resnet where macs < 400M and not (depth >= 8 or params == 4M) seed 7",
      "search p for t with dass top 5 as json\nfigure f = plot pareto of p # a comment",
      "metabase gt = distill 50 of p for t epochs epochs_short \\\n  seed 3\nevaluate dass, dass-unguided,\n  macs on gt",
      "x = [1, 2.5, \"a\\n\\\"b\", 'c', on, none, 1..4]\nx[2]\nprint x, 3 \"é日😀\"\nforget x, p",
      "count 1, 2, 3..9 within 2..4 share 5% fast on\nsleep 0ms\nlist pool as csv\ndescribe p",
      "%%python table\nimport numpy\nprint(1)\n",
    ]).map { Array($0.unicodeScalars) }

  private static let pieces: [[Unicode.Scalar]] =
    ([
      "[", "]", "(", ")", ",", "..", "=", "==", "<", "<=", "\"", "'", "\\", "\n", "\r\n", "#", " ", "\t", "-",
      "not ", "and", "or", "1e999", "9223372036854775808", "-1", "%", "M", "\u{0}", "\u{1}", "é", "😀",
      "\u{FEFF}",
      "\u{301}", "p[", "%%", "0..1e300", "-9e18..9e18", "resnet", "\u{2028}", "1_", "_", "\"/", "~/",
    ] + CommandTable.standard.firstWords.sorted()
    + Set(CommandTable.standard.commands.flatMap { $0.clauses.map(\.name) }).sorted().map { " \($0) " })
    .map { Array($0.unicodeScalars) }

  private func text(_ random: inout RandomSource) -> String {
    if random.integer(below: 20) == 0 {
      let bytes = (0..<random.integer(below: 60)).map { _ in UInt8(random.integer(below: 256)) }
      return String(decoding: bytes, as: UTF8.self)
    }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: random.edited(random.element(of: Self.cells), pieces: Self.pieces))
    return String(text)
  }

  private func isInside(_ diagnostic: Diagnostic, _ source: SourceText) -> Bool {
    guard let span = diagnostic.span else { return true }
    return span.start >= 0 && span.start <= span.end && span.end <= source.bytes.count
  }

  /// Lexer and parser, and the words for what is wrong.
  @Test(arguments: FuzzPlan.parts) func parsing(part: Int) {
    let slow = FuzzPlan.run("parse", part: part) { random in
      let text = text(&random)
      let source = SourceText(text)
      for token in Lexer.run(source).tokens where token.span.end > source.bytes.count {
        Issue.record("a token lies outside of \(text.debugDescription)")
      }
      for diagnostic in Parser.parse(source).diagnostics {
        if !isInside(diagnostic, source) {
          Issue.record("\(diagnostic) is outside of \(text.debugDescription)")
        }
        _ = DiagnosticRenderer(source: source, usesColor: true).lines(diagnostic)
      }
    }
    #expect(slow == [])
  }

  /// A session with a thing of most kinds, which takes no time to make.
  private static let session = ToyLanguage.interpreter(
    "teacher t = load \"t\" on \"d\"", "pool p = sample 9 from resnet", "dass = load \"x\"",
    "epochs_short = 8",
    "gt = search p for t", "limit = \"400M\""
  ).session

  @Test(arguments: FuzzPlan.parts) func completion(part: Int) {
    let completer = Completer(commands: .standard, session: Self.session)
    let slow = FuzzPlan.run("complete", part: part) { random in
      let text = text(&random)
      let count = text.unicodeScalars.count
      let cursor = random.integer(below: count + 1)
      let completion = completer.complete(text, cursor: cursor)
      if completion.start > completion.end || completion.end > count {
        Issue.record("\(completion) lies outside of \(text.debugDescription)")
      }
    }
    #expect(slow == [])
  }

  @Test(arguments: FuzzPlan.parts) func inspection(part: Int) {
    let inspector = Inspector(commands: .standard, session: Self.session)
    let interpreter = DassInterpreter(commands: .standard, environment: .standard, session: Self.session)
    let slow = FuzzPlan.run("inspect", part: part) { random in
      let text = text(&random)
      let cursor = random.integer(below: text.unicodeScalars.count + 1)
      _ = inspector.inspect(text, cursor: cursor, detail: random.integer(below: 2))
      _ = interpreter.completeness(of: text)
    }
    #expect(slow == [])
  }

  /// A tenth of the inputs is also run, in a language whose commands take no time.
  @Test(arguments: FuzzPlan.parts) func execution(part: Int) {
    let slow = FuzzPlan.run("execute", part: part) { random in
      let text = text(&random)
      guard random.integer(below: 10) == 0, !text.contains("sleep"), !text.contains("save") else { return }
      let interpreter = DassInterpreter(
        commands: ToyLanguage.commands, environment: .standard, session: Self.session)
      _ = ToyLanguage.run(interpreter, text)
    }
    #expect(slow == [])
  }
}

import Testing

@testable import Kernel

@Suite struct ParserTests {
  /// A statement written out with all its structure.
  private func shape(_ node: ExpressionNode) -> String {
    switch node.kind {
    case .number(let quantity): quantity.description
    case .text(let text): Value.quoted(text)
    case .word(let word): word
    case .list(let elements, let hasBrackets):
      (hasBrackets ? "[" : "<") + elements.map(shape).joined(separator: " ") + (hasBrackets ? "]" : ">")
    case .range(let low, let high): "(range \(shape(low)) \(shape(high)))"
    case .element(let base, let index): "(at \(shape(base)) \(shape(index)))"
    case .comparison(let operation, let left, let right):
      "(\(operation.rawValue) \(shape(left)) \(shape(right)))"
    case .not(let part): "(not \(shape(part)))"
    case .all(let parts): "(and " + parts.map(shape).joined(separator: " ") + ")"
    case .any(let parts): "(or " + parts.map(shape).joined(separator: " ") + ")"
    case .invalid: "?"
    }
  }

  private func shape(_ text: String) -> String {
    Parser.parse(text).statements.map { statement in
      let target = statement.target.map { [$0.noun?.text, $0.name.text, "="].compactMap(\.self) } ?? []
      return (target + statement.items.map(shape)).joined(separator: " ")
    }.joined(separator: "; ")
  }

  @Test(arguments: [
    ("search p for t with dass top 5", "search p for t with dass top 5"),
    (
      "pool p = sample 3000 from resnet where macs < 400M seed 7",
      "pool p = sample 3000 from resnet where (< macs 400M) seed 7"
    ),
    ("dataset = 3\npool = 4", "dataset = 3; pool = 4"),
    ("dataset dataset = files \"a\"", "dataset dataset = files \"a\""),
    ("evaluate dass, macs on gt", "evaluate <dass macs> on gt"),
    ("p[1] p [1]", "(at p 1) p [1]"),
    (
      "a where x < 1 and y > 2 or not (z == 3 or w = 4)",
      "a where (or (and (< x 1) (> y 2)) (not (or (== z 3) (== w 4))))"
    ),
    ("a 1..4 on", "a (range 1 4) on"), ("", ""), ("# only\n\n  # comments", ""),
    ("x = [[1, 2], []]", "x = [[1 2] []]"),
  ]) func statementsAreRowsOfItems(text: String, expected: String) {
    #expect(shape(text) == expected)
    #expect(Parser.parse(text).diagnostics.isEmpty)
  }

  @Test func aBrokenStatementDoesNotHideTheOthers() {
    let cell = Parser.parse("a = ]\nb = 2\nc == \nd = 4")
    #expect(cell.statements.compactMap(\.target?.name.text) == ["b", "d"])
    #expect(cell.diagnostics.map(\.message) == ["`]` cannot stand here", "something must follow `==`"])
  }

  @Test func deepNestingIsRefusedNotFollowed() {
    for opening in ["[", "(", "not ", "p["] {
      let cell = Parser.parse("x " + String(repeating: opening, count: 50_000))
      #expect(cell.diagnostics.map(\.message) == ["brackets are nested more than 100 deep"])
    }
    #expect(Parser.parse("x" + String(repeating: "[1]", count: 50_000)).diagnostics.count == 1)
    let long = "a where " + [String](repeating: "x < 1", count: 20_000).joined(separator: " and ")
    #expect(Parser.parse(long).diagnostics.isEmpty)
  }

  @Test func cellsInAnotherLanguageAreTakenWhole() {
    let cell = Parser.parse("\n%%python table pool\nx = [\n")
    #expect(
      cell.foreign
        == ForeignCell(
          language: "python", options: "table pool", body: "x = [\n", headSpan: SourceSpan(1, 20)))
    #expect(cell.diagnostics.isEmpty)
  }
}

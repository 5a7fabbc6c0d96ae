import Testing

@testable import Kernel

@Suite struct LexerTests {
  private func kinds(_ text: String) -> [Token.Kind] { Lexer.run(SourceText(text)).tokens.map(\.kind) }

  @Test func wordsHoldHyphensBetweenLetters() {
    #expect(
      kinds("dass-unguided d2-3-1 _x9") == [.word("dass-unguided"), .word("d2-3-1"), .word("_x9"), .end])
  }

  @Test func numbersKeepTheirUnit() {
    #expect(
      kinds("1300M 5% 30s 2min 100ms 1h 3k -2 1e3 2.5G") == [
        .number(Quantity(1300, .million)), .number(Quantity(5, .percent)), .number(Quantity(30, .second)),
        .number(Quantity(2, .minute)), .number(Quantity(100, .millisecond)), .number(Quantity(1, .hour)),
        .number(Quantity(3, .thousand)), .number(Quantity(-2)), .number(Quantity(1000)),
        .number(Quantity(2.5, .billion)), .end,
      ])
    #expect(Quantity(5, .percent).value == 0.05)
    #expect(Quantity(100, .millisecond).value == 0.1)
  }

  @Test func rangesAreNotFractions() {
    #expect(kinds("1..4") == [.number(Quantity(1)), .dotDot, .number(Quantity(4)), .end])
  }

  @Test func linesGoOnInBracketsAfterCommasAndBackslashes() {
    #expect(kinds("[1\n]").contains(.newline) == false)
    #expect(kinds("a,\n# c\n b").contains(.newline) == false)
    #expect(kinds("a \\  # why\n b") == [.word("a"), .word("b"), .end])
    #expect(kinds("a\r\nb") == [.word("a"), .newline, .word("b"), .end])
  }

  @Test func textsTakeEscapes() {
    #expect(kinds(#""a\n\t\\\"'" 'b"'"#) == [.text("a\n\t\\\"'"), .text("b\""), .end])
  }

  @Test func hugeNumbersAreErrorsNotInfinities() {
    let result = Lexer.run(SourceText("1e999 1e308G"))
    #expect(result.diagnostics.map(\.message) == ["the number is too large", "the number is too large"])
    #expect(result.tokens.map(\.kind) == [.invalid, .invalid, .end])
  }

  @Test func offsetsAreConvertedToLinesAndScalars() {
    let source = SourceText("é = 1\r\nx😀y")
    #expect(source.lineIndex(at: 0) == 0)
    #expect(source.lineIndex(at: 8) == 1)
    #expect(source.text(in: source.lineSpan(0)) == "é = 1")
    #expect(source.text(in: source.lineSpan(1)) == "x😀y")
    #expect(source.byteOffset(ofScalar: 9) == 13)
    #expect(source.scalarOffset(ofByte: 13) == 9)
    #expect(source.byteOffset(ofScalar: 99) == source.bytes.count)
  }
}

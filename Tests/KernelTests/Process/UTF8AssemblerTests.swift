import Testing

@testable import Kernel

@Suite struct UTF8AssemblerTests {
  @Test func charactersSurviveEverySplit() {
    let text = "aé€🎈z"
    let bytes = Array(text.utf8)
    for size in 1...bytes.count {
      var assembler = UTF8Assembler()
      var result = ""
      for start in stride(from: 0, to: bytes.count, by: size) {
        result += assembler.append(bytes[start..<min(start + size, bytes.count)])
      }
      #expect(result == text)
      #expect(assembler.finish() == "")
    }
  }

  @Test func bytesThatAreNoTextAreReplacedAtOnce() {
    var assembler = UTF8Assembler()
    #expect(assembler.append([0x61, 0xFF]) == "a\u{FFFD}")
    #expect(assembler.append([0x80, 0x80, 0x80, 0x80]) == "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}")
    #expect(assembler.append([0xE2, 0x82]) == "")
    #expect(assembler.finish() == "\u{FFFD}")
  }
}

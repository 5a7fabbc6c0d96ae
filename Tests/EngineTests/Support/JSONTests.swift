import Testing

@testable import Engine

@Suite struct JSONTests {
  @Test func everyKindOfValueIsParsed() throws {
    let value = try JSON(parsing: #" {"a": [1, -2.5, 1e3, true, false, null], "b": {"c": "d"}} "#)
    #expect(value["a"]?[0] == .integer(1))
    #expect(value["a"]?[1] == .number(-2.5))
    #expect(value["a"]?[2] == .number(1000))
    #expect(value["a"]?[3]?.boolValue == true)
    #expect(value["a"]?[5] == .null)
    #expect(value["a"]?[6] == nil)
    #expect(value["b"]?["c"]?.stringValue == "d")
    #expect(value["missing"] == nil)
  }

  @Test func accessorsRefuseOtherKindsAndConvertOnlyExactNumbers() {
    #expect(JSON.number(3).intValue == 3)
    #expect(JSON.number(3.5).intValue == nil)
    #expect(JSON.number(1e300).intValue == nil)
    #expect(JSON.integer(3).doubleValue == 3)
    #expect(JSON.string("3").intValue == nil)
    #expect(JSON.array([])["key"] == nil)
    #expect(JSON.object([:])[0] == nil)
    #expect(JSON.array([1])[-1] == nil)
  }

  @Test func literalsBuildValues() {
    let name = "x"
    let value: JSON = ["text": "a\(name)", "list": [1, 2.5, true], "nested": ["none": .null]]
    #expect(value.text == #"{"list":[1,2.5,true],"nested":{"none":null},"text":"ax"}"#)
  }

  @Test func writingSortsKeysAndEscapes() {
    let value: JSON = [
      "b": "quote \" slash \\ tab \t bell \u{7} é 🎈", "a": .number(.nan), "c": .number(.infinity),
    ]
    #expect(
      value.text
        == #"{"a":null,"b":"quote \" slash \\ tab \t bell \u0007 é 🎈","c":null}"#)
  }

  @Test func prettyWritingIndents() {
    let value: JSON = ["a": [1, 2], "b": [:], "c": []]
    let expected = """
      {
        "a": [
          1,
          2
        ],
        "b": {},
        "c": []
      }
      """
    #expect(String(decoding: value.encoded(pretty: true), as: UTF8.self) == expected)
  }

  @Test func numbersKeepTheirValue() throws {
    for spelling in ["0", "-7", "9223372036854775807", "-9223372036854775808", "0.1", "1e-07", "5e-324"] {
      #expect(try JSON(parsing: spelling).text == spelling)
    }
    #expect(try JSON(parsing: "9223372036854775808") == .number(9_223_372_036_854_775_808))
    #expect(try JSON(parsing: "-9223372036854775809") == .number(-9_223_372_036_854_775_808))
    #expect(try JSON(parsing: String(repeating: "9", count: 300)).doubleValue == 1e300)
    #expect(try JSON(parsing: "1E+2") == .number(100))
  }

  @Test func surrogatesAreJoinedAndLoneOnesReplaced() throws {
    #expect(try JSON(parsing: #""\ud83c\udf88""#) == "🎈")
    #expect(try JSON(parsing: #""\ud83c""#) == "\u{FFFD}")
    #expect(try JSON(parsing: #""\udf88x""#) == "\u{FFFD}x")
    #expect(try JSON(parsing: #""\ud83c\u0041""#) == "\u{FFFD}A")
    #expect(try JSON(parsing: #""\ud83c\ud83c\udf88""#) == "\u{FFFD}🎈")
    #expect(try JSON(parsing: #""\u00e9\n\/\b\f\r\t\"""#) == "é\n/\u{8}\u{C}\r\t\"")
  }

  @Test(arguments: [
    ("", JSONError.unexpectedEnd(offset: 0)),
    ("  ", .unexpectedEnd(offset: 2)),
    ("[1,", .unexpectedEnd(offset: 3)),
    ("[1 2]", .unexpectedByte(0x32, offset: 3)),
    ("[1,]", .unexpectedByte(0x5D, offset: 3)),
    ("{\"a\" 1}", .unexpectedByte(0x31, offset: 5)),
    ("{a: 1}", .unexpectedByte(0x61, offset: 1)),
    ("{\"a\":1,}", .unexpectedByte(0x7D, offset: 7)),
    ("tru", .unexpectedEnd(offset: 3)),
    ("nul1", .unexpectedByte(0x31, offset: 3)),
    ("NaN", .unexpectedByte(0x4E, offset: 0)),
    ("01", .unexpectedByte(0x31, offset: 1)),
    ("-", .unexpectedEnd(offset: 1)),
    ("1.", .unexpectedEnd(offset: 2)),
    ("1.e5", .unexpectedByte(0x65, offset: 2)),
    ("1e", .unexpectedEnd(offset: 2)),
    ("1e999", .numberOutOfRange(offset: 0)),
    ("1 2", .trailingContent(offset: 2)),
    ("\"abc", .unexpectedEnd(offset: 4)),
    ("\"a\\", .unexpectedEnd(offset: 3)),
    ("\"a\\x\"", .invalidEscape(offset: 2)),
    ("\"\\u12g4\"", .invalidEscape(offset: 1)),
    ("\"\\ud83c\\u", .unexpectedEnd(offset: 9)),
    ("\"a\nb\"", .unexpectedByte(0x0A, offset: 2)),
  ])
  func brokenDocumentsAreRefusedWithThePlace(text: String, expected: JSONError) {
    #expect(throws: expected) { try JSON(parsing: text) }
  }

  @Test func badUTF8IsRefused() {
    #expect(throws: JSONError.invalidUTF8(offset: 1)) { try JSON(parsing: [0x5B, 0x22, 0xFF, 0x22, 0x5D]) }
    #expect(throws: JSONError.invalidUTF8(offset: 0)) { try JSON(parsing: [0x22, 0x5C, 0x6E, 0xC3, 0x22]) }
    #expect(throws: JSONError.unexpectedByte(0xC3, offset: 0)) { try JSON(parsing: [0xC3, 0x28]) }
  }

  @Test func nestingIsBounded() throws {
    let limit = JSON.maximumDepth
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(try JSON(parsing: nested(limit)).text == nested(limit))
    #expect(throws: JSONError.tooDeep(limit: limit, offset: limit)) { try JSON(parsing: nested(limit + 1)) }
    #expect(throws: JSONError.tooDeep(limit: limit, offset: limit)) {
      try JSON(parsing: String(repeating: "[", count: 1_000_000))
    }
    #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "{\"a\":", count: 100_000)) }
    // Width is not depth.
    #expect(try JSON(parsing: "[" + String(repeating: "[],", count: 5000) + "[]]").arrayValue?.count == 5001)
  }

  @Test func randomBytesNeverTrap() {
    var random = RandomSource(seed: 1)
    let alphabet =
      Array(#"{}[]",:\u0123456789.eE+-dDcCtrufalsn"#.utf8) + [0x20, 0x0A, 0x00, 0xC3, 0xA9, 0xF0, 0xFF]
    var parsed = 0
    for run in 0..<100_000 {
      let length = random.integer(below: 24)
      let bytes = (0..<length).map { _ in
        run % 2 == 0
          ? UInt8(truncatingIfNeeded: random.next()) : alphabet[random.integer(below: alphabet.count)]
      }
      if let value = try? JSON(parsing: bytes) {
        parsed += 1
        let again = try? JSON(parsing: value.encoded())
        #expect(again == value)
      }
    }
    #expect(parsed > 100)
  }

  @Test func damagedDocumentsNeverTrap() {
    var random = RandomSource(seed: 2)
    let document = Array(
      #"{"header":{"id":"a-1","n":[1,2.5e-3,-9223372036854775808,true,null]},"text":"\ud83c\udf88 é\n"}"#.utf8
    )
    for _ in 0..<20_000 {
      var bytes = document
      for _ in 0...random.integer(below: 3) {
        let place = random.integer(below: bytes.count)
        switch random.integer(below: 3) {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1 where bytes.count > 1: bytes.remove(at: place)
        default: bytes.insert(bytes[random.integer(below: bytes.count)], at: place)
        }
      }
      if let value = try? JSON(parsing: bytes) {
        #expect((try? JSON(parsing: value.encoded(pretty: true))) == value)
      }
    }
  }

  @Test func errorsAreExplained() {
    #expect(
      JSONError.unexpectedByte(UInt8(ascii: "]"), offset: 4).problem
        == "the JSON text has an unexpected ']' at byte 4")
    #expect(
      JSONError.unexpectedByte(0x0A, offset: 4).problem
        == "the JSON text has an unexpected end of line at byte 4")
    #expect(
      JSONError.unexpectedByte(0x07, offset: 0).problem
        == "the JSON text has an unexpected byte 0x07 at byte 0")
    #expect(JSONError.unexpectedEnd(offset: 9).advice == "Check that the file or message is whole")
    #expect(
      JSONError.tooDeep(limit: 512, offset: 512).problem
        == "the JSON text is nested more than 512 levels deep at byte 512")
  }
}

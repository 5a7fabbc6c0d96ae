/// Cuts a source text into tokens; never fails, and collects what it could not read.
///
/// A line end becomes a `newline` token unless the statement goes on: inside brackets, after a comma, or after
/// a backslash at the end of the line.
struct Lexer {
  private let source: SourceText
  private var position = 0
  private var tokens: [Token] = []
  private var diagnostics: [Diagnostic] = []
  private var openBrackets: [SourceSpan] = []
  private var followsSpace = false
  private var endsWithBackslash = false

  /// What the lexer made of a text.
  struct Result: Sendable {
    /// Always ends with an `end` token.
    var tokens: [Token]
    var diagnostics: [Diagnostic]
    /// The text stops where more must follow: in brackets, after a comma or after a backslash.
    var isUnfinished: Bool
  }

  static func run(_ source: SourceText) -> Result {
    var lexer = Lexer(source: source)
    lexer.scan()
    let endsWithComma = lexer.tokens.last?.kind == .comma
    let isUnfinished = !lexer.openBrackets.isEmpty || endsWithComma || lexer.endsWithBackslash
    let end = source.bytes.count
    lexer.append(.end, from: end)
    return Result(tokens: lexer.tokens, diagnostics: lexer.diagnostics, isUnfinished: isUnfinished)
  }

  private init(source: SourceText) { self.source = source }

  private func byte(_ offset: Int) -> UInt8 { offset < source.bytes.count ? source.bytes[offset] : 0 }

  private mutating func append(_ kind: Token.Kind, from start: Int) {
    tokens.append(Token(kind: kind, span: SourceSpan(start, position), followsSpace: followsSpace))
    followsSpace = false
  }

  private mutating func report(
    _ message: String, from start: Int, next: String? = nil, replacement: String? = nil
  ) {
    diagnostics.append(
      Diagnostic(.syntax, message, at: SourceSpan(start, position), replacement: replacement, next: next))
    append(.invalid, from: start)
  }

  private mutating func scan() {
    while position < source.bytes.count {
      let start = position
      let next = byte(position)
      switch next {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
        position += 1
        followsSpace = true
      case UInt8(ascii: "\n"):
        position += 1
        lineEnd(from: start)
      case UInt8(ascii: "#"):
        while position < source.bytes.count, byte(position) != UInt8(ascii: "\n") { position += 1 }
        followsSpace = true
      case UInt8(ascii: "\\"):
        backslash()
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        text(quote: next)
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        number()
      case UInt8(ascii: "-") where isDigit(byte(position + 1)):
        number()
      default:
        if isWordStart(next) { word() } else { sign() }
      }
    }
  }

  private mutating func lineEnd(from start: Int) {
    followsSpace = true
    if !openBrackets.isEmpty || tokens.last?.kind == .comma { return }
    append(.newline, from: start)
    followsSpace = true
  }

  /// A backslash joins two lines when only white space or a comment stands between it and the line end.
  private mutating func backslash() {
    let start = position
    position += 1
    var ahead = position
    while byte(ahead) == UInt8(ascii: " ") || byte(ahead) == UInt8(ascii: "\t")
      || byte(ahead) == UInt8(ascii: "\r")
    {
      ahead += 1
    }
    if byte(ahead) == UInt8(ascii: "#") {
      while ahead < source.bytes.count, byte(ahead) != UInt8(ascii: "\n") { ahead += 1 }
    }
    if ahead >= source.bytes.count {
      position = source.bytes.count
      endsWithBackslash = true
    } else if byte(ahead) == UInt8(ascii: "\n") {
      position = ahead + 1
      followsSpace = true
    } else {
      report("a `\\` must be the last thing on its line", from: start)
    }
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private func isLetter(_ byte: UInt8) -> Bool {
    (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
  }

  private func isWordStart(_ byte: UInt8) -> Bool { isLetter(byte) || byte == UInt8(ascii: "_") }

  private mutating func word() {
    let start = position
    while true {
      let next = byte(position)
      let after = byte(position + 1)
      if isWordStart(next) || isDigit(next) {
        position += 1
      } else if next == UInt8(ascii: "-"), isLetter(after) || isDigit(after) {
        position += 2
      } else {
        break
      }
    }
    append(.word(source.text(in: SourceSpan(start, position))), from: start)
  }

  private mutating func digits() {
    while isDigit(byte(position)) || (byte(position) == UInt8(ascii: "_") && isDigit(byte(position + 1))) {
      position += 1
    }
  }

  private mutating func number() {
    let start = position
    if byte(position) == UInt8(ascii: "-") { position += 1 }
    digits()
    if byte(position) == UInt8(ascii: "."), isDigit(byte(position + 1)) {
      position += 1
      digits()
    }
    if byte(position) | 0x20 == UInt8(ascii: "e") {
      let hasSign = byte(position + 1) == UInt8(ascii: "+") || byte(position + 1) == UInt8(ascii: "-")
      if isDigit(byte(position + (hasSign ? 2 : 1))) {
        position += hasSign ? 2 : 1
        digits()
      }
    }
    let spelling = source.text(in: SourceSpan(start, position)).filter { $0 != "_" }
    let unitStart = position
    if byte(position) == UInt8(ascii: "%") {
      position += 1
    } else {
      while isLetter(byte(position)) { position += 1 }
    }
    let suffix = source.text(in: SourceSpan(unitStart, position))
    let unit = Unit(rawValue: suffix)
    if unit == nil, !suffix.isEmpty {
      unknownUnit(suffix, from: unitStart, numberStart: start)
    } else if let magnitude = Double(spelling), Quantity(magnitude, unit).value.isFinite {
      append(.number(Quantity(magnitude, unit)), from: start)
    } else {
      report("the number is too large", from: start, next: nil)
    }
  }

  private mutating func unknownUnit(_ suffix: String, from start: Int, numberStart: Int) {
    let known = Unit.allCases.map(\.rawValue)
    let aliases = [
      "K": "k", "m": "M", "g": "G", "B": "G", "b": "G", "sec": "s", "S": "s", "hr": "h", "hours": "h",
      "minutes": "min",
      "seconds": "s",
    ]
    diagnostics.append(
      Diagnostic(
        .syntax, "there is no unit `\(suffix)`", at: SourceSpan(start, position),
        notes: ["units are " + known.map { "`\($0)`" }.joined(separator: ", ")], replacement: aliases[suffix])
    )
    append(.invalid, from: numberStart)
  }

  private mutating func text(quote: UInt8) {
    let start = position
    position += 1
    var content: [UInt8] = []
    while position < source.bytes.count, byte(position) != UInt8(ascii: "\n") {
      let next = byte(position)
      position += 1
      if next == quote {
        append(.text(String(decoding: content, as: UTF8.self)), from: start)
        return
      }
      if next != UInt8(ascii: "\\") {
        content.append(next)
        continue
      }
      let escaped = byte(position)
      switch escaped {
      case UInt8(ascii: "n"): content.append(UInt8(ascii: "\n"))
      case UInt8(ascii: "t"): content.append(UInt8(ascii: "\t"))
      case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): content.append(escaped)
      default:
        diagnostics.append(
          Diagnostic(
            .syntax, "a `\\` in a text must be followed by `n`, `t`, `\\` or a quote",
            at: SourceSpan(position - 1, position), notes: ["write `\\\\` for a backslash"]))
        continue
      }
      position += 1
    }
    let mark = String(decoding: [quote], as: UTF8.self)
    report("the text has no closing \(mark)", from: start, next: "end the text with \(mark) on the same line")
  }

  private mutating func sign() {
    let start = position
    let next = byte(position)
    let after = byte(position + 1)
    position += 1
    switch (next, after) {
    case (UInt8(ascii: ","), _): append(.comma, from: start)
    case (UInt8(ascii: "["), _): open(.leftBracket, from: start)
    case (UInt8(ascii: "("), _): open(.leftParenthesis, from: start)
    case (UInt8(ascii: "]"), _): close(.rightBracket, from: start)
    case (UInt8(ascii: ")"), _): close(.rightParenthesis, from: start)
    case (UInt8(ascii: "."), UInt8(ascii: ".")): double(.dotDot, from: start)
    case (UInt8(ascii: "<"), UInt8(ascii: "=")): double(.comparison(.lessOrEqual), from: start)
    case (UInt8(ascii: ">"), UInt8(ascii: "=")): double(.comparison(.greaterOrEqual), from: start)
    case (UInt8(ascii: "="), UInt8(ascii: "=")): double(.comparison(.equal), from: start)
    case (UInt8(ascii: "!"), UInt8(ascii: "=")): double(.comparison(.notEqual), from: start)
    case (UInt8(ascii: "<"), _): append(.comparison(.less), from: start)
    case (UInt8(ascii: ">"), _): append(.comparison(.greater), from: start)
    case (UInt8(ascii: "="), _): append(.equals, from: start)
    default: unknownSign(from: start)
    }
  }

  private mutating func double(_ kind: Token.Kind, from start: Int) {
    position += 1
    append(kind, from: start)
  }

  private mutating func open(_ kind: Token.Kind, from start: Int) {
    append(kind, from: start)
    openBrackets.append(SourceSpan(start, position))
  }

  private mutating func close(_ kind: Token.Kind, from start: Int) {
    append(kind, from: start)
    _ = openBrackets.popLast()
  }

  private mutating func unknownSign(from start: Int) {
    while position < source.bytes.count, byte(position) & 0xC0 == 0x80 { position += 1 }
    let spelling = source.text(in: SourceSpan(start, position))
    switch spelling {
    case ";":
      report("statements are not separated by `;`", from: start, next: "start a new line")
    case "\u{201C}", "\u{201D}", "\u{201E}", "\u{2018}", "\u{2019}":
      report("a text stands between straight quotes", from: start, next: "write \" instead of \(spelling)")
    case "\u{2264}":
      report("there is no sign `\u{2264}`", from: start, replacement: "<=")
    case "\u{2265}":
      report("there is no sign `\u{2265}`", from: start, replacement: ">=")
    case "\u{A0}", "\u{200B}", "\u{FEFF}":
      // Spaces that browsers and word processors paste.
      followsSpace = true
    default:
      report("there is no sign `\(printable(spelling))`", from: start)
    }
  }

  /// Control characters would disturb the terminal that shows the diagnostic.
  private func printable(_ spelling: String) -> String {
    spelling.unicodeScalars.map { scalar in
      scalar.properties.generalCategory == .control
        ? "U+" + String(scalar.value, radix: 16, uppercase: true) : String(scalar)
    }.joined()
  }
}

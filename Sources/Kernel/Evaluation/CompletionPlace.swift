/// Where the cursor stands in the grammar.
///
/// A mark is put among the tokens in place of the word that is being typed, and the statement is parsed with the
/// ordinary parser: completion then knows exactly as much as execution does.
struct CompletionPlace {
  /// How the word at the cursor is being typed.
  enum Style: Hashable {
    case word, text
    /// Letters that directly follow a number.
    case unit
  }

  /// The statement with the mark in it.
  private(set) var statement: Statement
  /// What is typed so far of the word at the cursor.
  var prefix: String
  /// Where the typed part starts, in UTF-8 bytes.
  var start: Int
  var style: Style

  /// The word that marks the cursor; no source text can hold it as a word.
  static let mark = "\u{1}"

  /// Nil where nothing can be completed: in comments, and where the text before cannot be read.
  init?(_ source: SourceText) {
    let end = source.bytes.count
    var tokens = Lexer.run(source).tokens
    tokens.removeLast()
    if Self.isInComment(source, after: tokens.last?.span.end ?? 0) { return nil }
    let partial = Self.takePartial(&tokens, source)
    prefix = partial.text
    start = partial.start
    style = partial.style
    tokens = Self.lastStatement(tokens)
    let span = SourceSpan(start, end)
    tokens.append(Token(kind: .word(Self.mark), span: span, followsSpace: true))
    tokens += Self.closers(tokens).map { Token(kind: $0, span: SourceSpan(end, end), followsSpace: false) }
    guard let statement = Parser.parse(tokens, source: source).statements.last else { return nil }
    self.statement = statement
  }

  private static func isInComment(_ source: SourceText, after lastEnd: Int) -> Bool {
    // Outside tokens there is only white space, line ends, backslashes and comments.
    var isComment = false
    for byte in source.bytes[min(lastEnd, source.bytes.count)...] {
      if byte == UInt8(ascii: "\n") {
        isComment = false
      } else if byte == UInt8(ascii: "#") {
        isComment = true
      }
    }
    return isComment
  }

  /// What the token that the cursor touches says, and where it starts.
  private typealias Partial = (text: String, start: Int, style: Style)

  /// Removes the token that the cursor touches and keeps what it says.
  private static func takePartial(_ tokens: inout [Token], _ source: SourceText) -> Partial {
    let end = source.bytes.count
    guard let last = tokens.last, last.span.end == end else { return ("", end, .word) }
    let text = source.text(in: last.span)
    var partial: Partial?
    switch last.kind {
    case .word: partial = (text, last.span.start, .word)
    case .number(let quantity) where quantity.unit != .percent: partial = unit(text, last)
    case .invalid:
      if text.hasPrefix("\"") || text.hasPrefix("'") {
        partial = (String(text.dropFirst()), last.span.start + 1, .text)
      } else if text == "-", let before = tokens.dropLast().last, before.word != nil, !last.followsSpace {
        tokens.removeLast()
        partial = (source.text(in: before.span) + text, before.span.start, .word)
      } else if let first = text.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) {
        partial = unit(text, last)
      }
    default: break
    }
    guard let partial else { return ("", end, .word) }
    tokens.removeLast()
    return partial
  }

  /// The letters that directly follow a number.
  private static func unit(_ text: String, _ token: Token) -> Partial {
    let suffix = String(text.reversed().prefix { $0.isASCII && $0.isLetter }.reversed())
    return (suffix, token.span.end - suffix.utf8.count, .unit)
  }

  private static func lastStatement(_ tokens: [Token]) -> [Token] {
    guard let newline = tokens.lastIndex(where: { $0.kind == .newline }) else { return tokens }
    return Array(tokens[(newline + 1)...])
  }

  /// What closes the brackets that are open at the end.
  private static func closers(_ tokens: [Token]) -> [Token.Kind] {
    var open: [Token.Kind] = []
    for token in tokens {
      switch token.kind {
      case .leftBracket: open.append(.rightBracket)
      case .leftParenthesis: open.append(.rightParenthesis)
      case .rightBracket, .rightParenthesis: _ = open.popLast()
      default: break
      }
    }
    return open.reversed()
  }
}

extension ExpressionNode {
  /// What the mark of the cursor is inside of this expression.
  enum MarkRole {
    /// The expression itself, or an element of it.
    case value
    /// The place of a field in a condition.
    case field
    /// The limit that a field is compared with.
    case limit(field: String)
    /// The number in `[ ]`.
    case index
  }

  /// Nil when the mark is not in this expression.
  var markRole: MarkRole? {
    switch kind {
    case .word(CompletionPlace.mark): .value
    case .list(let elements, _): elements.lazy.compactMap(\.markRole).first
    case .range(let low, let high): low.markRole ?? high.markRole
    case .element(let base, let index): base.markRole ?? (index.markRole == nil ? nil : .index)
    case .not(let part): part.markRole == nil ? nil : part.markRole?.inCondition
    case .all(let parts), .any(let parts): parts.lazy.compactMap(\.markRole).first?.inCondition
    case .comparison(_, let left, let right):
      left.markRole == nil ? (right.markRole == nil ? nil : .limit(field: left.word ?? "")) : .field
    default: nil
    }
  }
}

extension ExpressionNode.MarkRole {
  /// A word alone in a condition is a field whose comparison is not typed yet.
  fileprivate var inCondition: ExpressionNode.MarkRole {
    if case .value = self { .field } else { self }
  }
}

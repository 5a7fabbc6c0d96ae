/// Turns the tokens of a cell into statements.
///
/// The grammar, with `{ }` for repetition and `[ ]` for what may be missing:
///
///     cell        = foreign | [ statement ] { newline [ statement ] }
///     foreign     = "%%" word options newline body            (only at the start of a cell)
///     statement   = [ [ noun ] name "=" ] item { item }
///     item        = disjunction { "," disjunction }
///     disjunction = conjunction { "or" conjunction }
///     conjunction = negation { "and" negation }
///     negation    = "not" negation | comparison
///     comparison  = range [ operator range ]
///     operator    = "<" | "<=" | ">" | ">=" | "==" | "=" | "!="
///     range       = element [ ".." element ]
///     element     = primary { "[" disjunction "]" }            (no space before the bracket)
///     primary     = number | text | word | "(" disjunction ")" | "[" [ item ] "]"
///
///     number      = [ "-" ] digits [ "." digits ] [ "e" [ sign ] digits ] [ unit ]
///     unit        = "k" | "M" | "G" | "%" | "ms" | "s" | "min" | "h"
///     text        = '"' characters '"' | "'" characters "'"    (escapes: \n \t \\ \" \')
///     word        = (letter | "_") { letter | digit | "_" | "-" before a letter or digit }
///     noun        = one of the names of `ObjectKind`
///
/// A statement ends with its line, except inside brackets, after a comma, or after a backslash that ends the
/// line. `#` starts a comment. Which words are commands, clauses, names or values is not the parser's business:
/// a statement is a row of items, and the command's declaration gives them their meaning.
struct Parser {
  /// Bounds the stack that a hostile cell can take.
  static let maximumDepth = 100

  private let source: SourceText
  private let tokens: [Token]
  private var position = 0
  private var depth = 0
  private var diagnostics: [Diagnostic] = []

  /// Thrown inside the parser once a diagnostic is recorded: the rest of the statement is skipped.
  private struct Abandon: Error {}

  static func parse(_ text: String) -> CellSyntax { parse(SourceText(text)) }

  static func parse(_ source: SourceText) -> CellSyntax {
    if let foreign = foreignCell(source) {
      return CellSyntax(foreign: foreign)
    }
    let lexed = Lexer.run(source)
    var cell = parse(lexed.tokens, source: source)
    cell.diagnostics = (lexed.diagnostics + cell.diagnostics)
      .sorted { ($0.span?.start ?? 0) < ($1.span?.start ?? 0) }
    cell.isUnfinished = lexed.isUnfinished
    return cell
  }

  /// Parses tokens that were cut, and perhaps changed, already; completion puts a mark among them.
  static func parse(_ tokens: [Token], source: SourceText) -> CellSyntax {
    var parser = Parser(source: source, tokens: tokens)
    let statements = parser.statements()
    return CellSyntax(statements: statements, diagnostics: parser.diagnostics)
  }

  private init(source: SourceText, tokens: [Token]) {
    self.source = source
    self.tokens = tokens
  }

  private static func foreignCell(_ source: SourceText) -> ForeignCell? {
    let text = source.text.drop(while: \.isWhitespace)
    guard text.hasPrefix("%%") else { return nil }
    let start = source.bytes.count - text.utf8.count
    let lineEnd = text.firstIndex(where: \.isNewline) ?? text.endIndex
    let head = text[..<lineEnd]
    let words = head.dropFirst(2).split(separator: " ", maxSplits: 1)
    return ForeignCell(
      language: words.first.map(String.init) ?? "",
      options: words.count > 1 ? words[1].trimmingPrefix(while: \.isWhitespace).description : "",
      body: lineEnd < text.endIndex ? String(text[text.index(after: lineEnd)...]) : "",
      headSpan: SourceSpan(start, start + head.utf8.count))
  }

  // MARK: Tokens

  private var token: Token {
    position < tokens.count
      ? tokens[position]
      : Token(kind: .end, span: SourceSpan(source.bytes.count, source.bytes.count), followsSpace: false)
  }

  private func kind(ahead count: Int) -> Token.Kind {
    position + count < tokens.count ? tokens[position + count].kind : .end
  }

  private var isAtStatementEnd: Bool { token.kind == .newline || token.kind == .end }

  private var lastEnd: Int { position > 0 ? tokens[position - 1].span.end : 0 }

  private mutating func fail(
    _ message: String, at span: SourceSpan, label: String? = nil, next: String? = nil,
    replacement: String? = nil
  ) -> Abandon {
    diagnostics.append(
      Diagnostic(.syntax, message, at: span, label: label, replacement: replacement, next: next))
    return Abandon()
  }

  // MARK: Statements

  private mutating func statements() -> [Statement] {
    var result: [Statement] = []
    while token.kind != .end {
      if token.kind == .newline {
        position += 1
        continue
      }
      do {
        result.append(try statement())
      } catch {
        depth = 0
        while !isAtStatementEnd { position += 1 }
      }
    }
    return result
  }

  private mutating func statement() throws(Abandon) -> Statement {
    let start = token.span.start
    let target = try target()
    if isAtStatementEnd {
      throw fail(
        "nothing stands after `=`", at: SourceSpan(lastEnd - 1, lastEnd),
        next: "give a value or a command, such as \(target?.name.text ?? "x") = 3")
    }
    var items: [ExpressionNode] = []
    while !isAtStatementEnd { items.append(try item()) }
    return Statement(target: target, items: items, span: SourceSpan(start, lastEnd))
  }

  private mutating func target() throws(Abandon) -> Statement.Target? {
    guard case .word(let first) = token.kind else { return nil }
    let firstWord = NamedWord(text: first, span: token.span)
    if kind(ahead: 1) == .equals {
      position += 2
      return Statement.Target(noun: nil, name: firstWord)
    }
    guard case .word(let second) = kind(ahead: 1), kind(ahead: 2) == .equals else { return nil }
    let secondWord = NamedWord(text: second, span: tokens[position + 1].span)
    guard ObjectKind(rawValue: first) != nil else {
      let nouns = ObjectKind.allCases.map(\.rawValue)
      let close = Suggestion.closest(to: first, among: nouns)
      throw fail(
        "`\(first)` is not a noun that can stand before a name", at: firstWord.span,
        next: close == nil ? "leave it out, or write one of \(nouns.joined(separator: ", "))" : nil,
        replacement: close)
    }
    position += 3
    return Statement.Target(noun: firstWord, name: secondWord)
  }

  // MARK: Values

  private mutating func deeper<Result>(
    _ parse: (inout Parser) throws(Abandon) -> Result
  ) throws(Abandon) -> Result {
    depth += 1
    defer { depth -= 1 }
    if depth > Self.maximumDepth {
      throw fail("brackets are nested more than \(Self.maximumDepth) deep", at: token.span)
    }
    return try parse(&self)
  }

  private mutating func item() throws(Abandon) -> ExpressionNode {
    let first = try disjunction()
    guard token.kind == .comma else { return first }
    var elements = [first]
    while token.kind == .comma {
      position += 1
      elements.append(try disjunction())
    }
    return ExpressionNode(
      kind: .list(elements, hasBrackets: false), span: SourceSpan(first.span.start, lastEnd))
  }

  private mutating func disjunction() throws(Abandon) -> ExpressionNode {
    let first = try conjunction()
    guard token.word == "or" else { return first }
    var parts = [first]
    while token.word == "or" {
      position += 1
      parts.append(try conjunction())
    }
    return ExpressionNode(kind: .any(parts), span: SourceSpan(first.span.start, lastEnd))
  }

  private mutating func conjunction() throws(Abandon) -> ExpressionNode {
    let first = try negation()
    guard token.word == "and" else { return first }
    var parts = [first]
    while token.word == "and" {
      position += 1
      parts.append(try negation())
    }
    return ExpressionNode(kind: .all(parts), span: SourceSpan(first.span.start, lastEnd))
  }

  private mutating func negation() throws(Abandon) -> ExpressionNode {
    guard token.word == "not" else { return try comparison() }
    let start = token.span.start
    position += 1
    let operand = try deeper { parser throws(Abandon) in try parser.negation() }
    return ExpressionNode(kind: .not(operand), span: SourceSpan(start, lastEnd))
  }

  private mutating func comparison() throws(Abandon) -> ExpressionNode {
    let left = try range()
    let operation: ComparisonOperator
    switch token.kind {
    case .comparison(let written): operation = written
    case .equals: operation = .equal
    default: return left
    }
    position += 1
    let right = try range()
    if case .comparison = token.kind {
      throw fail(
        "comparisons cannot be chained", at: token.span, next: "join two comparisons with `and`")
    }
    return ExpressionNode(
      kind: .comparison(operation, left, right), span: left.span.joined(with: right.span))
  }

  private mutating func range() throws(Abandon) -> ExpressionNode {
    let low = try element()
    guard token.kind == .dotDot else { return low }
    position += 1
    let high = try element()
    return ExpressionNode(kind: .range(low, high), span: low.span.joined(with: high.span))
  }

  private mutating func element() throws(Abandon) -> ExpressionNode {
    var base = try primary()
    var count = 0
    while token.kind == .leftBracket, !token.followsSpace {
      count += 1
      if count > Self.maximumDepth { throw fail("too many `[ ]` follow each other", at: token.span) }
      let open = token.span
      position += 1
      let index = try deeper { parser throws(Abandon) in try parser.disjunction() }
      try close(.rightBracket, "]", open: open)
      base = ExpressionNode(kind: .element(base, index), span: SourceSpan(base.span.start, lastEnd))
    }
    return base
  }

  private mutating func close(_ kind: Token.Kind, _ spelling: String, open: SourceSpan) throws(Abandon) {
    if token.kind == kind {
      position += 1
    } else if token.kind == .end {
      throw fail("`\(source.text(in: open))` is never closed", at: open, next: "add `\(spelling)`")
    } else {
      throw fail("`\(spelling)` is missing here", at: token.span, replacement: nil)
    }
  }

  private mutating func primary() throws(Abandon) -> ExpressionNode {
    let first = token
    switch first.kind {
    case .number(let quantity): return leaf(.number(quantity))
    case .text(let text): return leaf(.text(text))
    case .invalid: return leaf(.invalid)
    case .word(let word):
      if word == "and" || word == "or" {
        throw fail(
          "nothing stands before `\(word)`", at: first.span, next: "write a comparison on either side")
      }
      return leaf(.word(word))
    case .leftParenthesis:
      position += 1
      var inner = try deeper { parser throws(Abandon) in try parser.disjunction() }
      try close(.rightParenthesis, ")", open: first.span)
      inner.span = SourceSpan(first.span.start, lastEnd)
      return inner
    case .leftBracket:
      position += 1
      var elements: [ExpressionNode] = []
      if token.kind != .rightBracket {
        let content = try deeper { parser throws(Abandon) in try parser.item() }
        if case .list(let inner, hasBrackets: false) = content.kind {
          elements = inner
        } else {
          elements = [content]
        }
      }
      try close(.rightBracket, "]", open: first.span)
      return ExpressionNode(
        kind: .list(elements, hasBrackets: true), span: SourceSpan(first.span.start, lastEnd))
    default:
      throw unexpected(first)
    }
  }

  private mutating func leaf(_ kind: ExpressionNode.Kind) -> ExpressionNode {
    defer { position += 1 }
    return ExpressionNode(kind: kind, span: token.span)
  }

  private mutating func unexpected(_ token: Token) -> Abandon {
    let previous = position > 0 ? source.text(in: tokens[position - 1].span) : ""
    if token.kind == .newline || token.kind == .end {
      let place = SourceSpan(max(lastEnd - previous.utf8.count, 0), lastEnd)
      return fail("something must follow `\(previous)`", at: place)
    }
    let spelling = source.text(in: token.span)
    switch token.kind {
    case .equals:
      return fail(
        "`=` must follow a name", at: token.span, next: "write `name = value`; a name starts with a letter")
    case .comparison:
      return fail(
        "nothing stands before `\(spelling)`", at: token.span, next: "write `field \(spelling) value`")
    default:
      return fail("`\(spelling)` cannot stand here", at: token.span)
    }
  }
}

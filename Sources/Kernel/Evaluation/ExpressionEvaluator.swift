/// Where names get their values from.
protocol NameResolver {
  func value(_ name: String) -> Value?
  /// The names of the things of some kinds, for suggestions.
  func names(of kinds: [ObjectKind]) -> [String]
  var names: [String] { get }
}

extension Session: NameResolver {}

/// Works out the value of an expression and notes the names it used.
struct ExpressionEvaluator {
  let resolver: any NameResolver
  let commands: CommandTable
  private(set) var usedNames: Set<String> = []

  init(resolver: any NameResolver, commands: CommandTable) {
    self.resolver = resolver
    self.commands = commands
  }

  /// The words that are values and so cannot be names.
  static let reservedWords: Set<String> = ["on", "off", "true", "false", "none", "and", "or", "not"]

  mutating func value(_ node: ExpressionNode) throws(Diagnostic) -> Value {
    switch node.kind {
    case .number(let quantity): .number(quantity)
    case .text(let text): .text(text)
    case .word(let word): try named(word, at: node.span)
    case .list(let elements, _): try checked(.list(try values(elements)), at: node.span)
    case .range(let low, let high): try range(low, high, at: node.span)
    case .element(let base, let index): try element(base, index)
    case .comparison, .not, .all, .any:
      try checked(.condition(try condition(node, fields: nil)), at: node.span)
    case .invalid: throw Diagnostic(.syntax, "this cannot be read", at: node.span)
    }
  }

  /// Lists and conditions may hold named ones, so that a few lines could make one of any size.
  private func checked(_ value: Value, at span: SourceSpan) throws(Diagnostic) -> Value {
    if value.isTooLarge { throw Diagnostic(.argument, "this is too large to be shown or kept", at: span) }
    return value
  }

  private mutating func values(_ nodes: [ExpressionNode]) throws(Diagnostic) -> [Value] {
    var result: [Value] = []
    for node in nodes { result.append(try value(node)) }
    return result
  }

  private mutating func named(_ word: String, at span: SourceSpan) throws(Diagnostic) -> Value {
    switch word {
    case "on", "true": return .boolean(true)
    case "off", "false": return .boolean(false)
    case "none": return .none
    default: break
    }
    if let value = lookup(word) { return value }
    if !commands.named(word).isEmpty || commands.firstWords.contains(word) {
      throw Diagnostic(.name, "`\(word)` is a command, not a value", at: span, next: "help \(word)")
    }
    let close = Suggestion.closest(to: word, among: resolver.names)
    throw Diagnostic(
      .name, "nothing is called `\(word)`", at: span, label: close.map { "did you mean `\($0)`?" },
      replacement: close, next: close == nil ? "`list` shows all names" : nil)
  }

  /// The value of a name, noted as used.
  mutating func lookup(_ name: String) -> Value? {
    guard let value = resolver.value(name) else { return nil }
    usedNames.insert(name)
    return value
  }

  private mutating func integer(_ node: ExpressionNode, _ role: String) throws(Diagnostic) -> Int {
    let value = try value(node)
    guard case .number(let quantity) = value, let integer = Int(exactly: quantity.value) else {
      throw Diagnostic(.kind, "\(role) is a whole number, not \(value.kindWithArticle)", at: node.span)
    }
    return integer
  }

  private mutating func range(
    _ low: ExpressionNode, _ high: ExpressionNode, at span: SourceSpan
  ) throws(Diagnostic) -> Value {
    let first = try integer(low, "the start of a range")
    let last = try integer(high, "the end of a range")
    guard first <= last else {
      throw Diagnostic(
        .argument, "a range goes from the smaller number to the larger one", at: span,
        replacement: "\(last)..\(first)")
    }
    return .range(first, last)
  }

  private mutating func element(_ base: ExpressionNode, _ index: ExpressionNode) throws(Diagnostic) -> Value {
    let whole = try value(base)
    let place = try integer(index, "a place in `[ ]`")
    func outside(_ count: Int, _ noun: String) -> Diagnostic {
      Diagnostic(
        .argument,
        count == 0 ? "there are no \(noun)" : "there is no place \(place)", at: index.span,
        notes: count == 0 ? [] : ["places go from 1 to \(NumberText.grouped(count))"])
    }
    switch whole {
    case .list(let elements):
      guard place > 0, elements.indices.contains(place - 1) else { throw outside(elements.count, "elements") }
      return elements[place - 1]
    case .table(var table):
      guard place > 0, table.rows.indices.contains(place - 1) else { throw outside(table.rows.count, "rows") }
      table.rows = [table.rows[place - 1]]
      return .table(table)
    case .object(let object):
      do {
        return try object.element(at: place)
      } catch {
        throw Diagnostic(error, at: index.span)
      }
    default:
      throw Diagnostic(.kind, "\(whole.kindWithArticle) has no parts to choose with `[ ]`", at: base.span)
    }
  }
}

import Engine

/// The checked arguments of one use of a command.
///
/// The types were checked against the declaration, so asking with the declared name and type does not fail;
/// asking for something else is reported as an error of the command, never by a trap.
struct Arguments: Sendable {
  /// One argument with where it was written.
  struct Argument: Sendable {
    var value: Value
    /// Nil for a default.
    var span: SourceSpan?
    /// As it was written, or the default's text.
    var text: String
  }

  /// The statement as a whole, without the target of an assignment.
  let statementSpan: SourceSpan
  /// The name and noun that the result will get, for provenance; nil for a bare command.
  let targetName: String?
  private let values: [String: Argument]

  init(values: [String: Argument], statementSpan: SourceSpan, targetName: String?) {
    self.values = values
    self.statementSpan = statementSpan
    self.targetName = targetName
  }

  /// Whether the argument was given or has a default.
  func has(_ name: String) -> Bool { values[name] != nil }

  /// Whether the argument was written, rather than left to its default.
  func isWritten(_ name: String) -> Bool { values[name]?.span != nil }

  /// Where the argument stands; the statement when it was left out.
  func span(of name: String) -> SourceSpan { values[name]?.span ?? statementSpan }

  /// Whether a flag was written.
  func flag(_ name: String) -> Bool { values[name] != nil }

  /// The argument as it was written, for instance `p[1]`; the default's text when it was left out.
  func text(asWritten name: String) -> String? { values[name]?.text }

  func value(_ name: String) throws -> Value { try argument(name).value }

  func integer(_ name: String) throws -> Int {
    guard case .number(let quantity) = try value(name), let integer = Int(exactly: quantity.value) else {
      throw misuse(name, "a whole number")
    }
    return integer
  }

  /// In the base unit: one, a fraction of one, or seconds.
  func number(_ name: String) throws -> Double {
    guard case .number(let quantity) = try value(name) else { throw misuse(name, "a number") }
    return quantity.value
  }

  /// A text, path or chosen word.
  func text(_ name: String) throws -> String {
    guard case .text(let text) = try value(name) else { throw misuse(name, "a text") }
    return text
  }

  func boolean(_ name: String) throws -> Bool {
    guard case .boolean(let isOn) = try value(name) else { throw misuse(name, "on or off") }
    return isOn
  }

  func condition(_ name: String) throws -> Condition {
    guard case .condition(let condition) = try value(name) else { throw misuse(name, "a condition") }
    return condition
  }

  func range(_ name: String) throws -> ClosedRange<Int> {
    guard case .range(let low, let high) = try value(name), low <= high else { throw misuse(name, "a range") }
    return low...high
  }

  /// Whole numbers, names or words: whatever the elements of a list are.
  func list(_ name: String) throws -> [Value] {
    guard case .list(let elements) = try value(name) else { throw misuse(name, "a list") }
    return elements
  }

  func integers(_ name: String) throws -> [Int] {
    try list(name).map {
      guard case .number(let quantity) = $0, let integer = Int(exactly: quantity.value) else {
        throw misuse(name, "whole numbers")
      }
      return integer
    }
  }

  /// In base units.
  func numbers(_ name: String) throws -> [Double] {
    try list(name).map {
      guard case .number(let quantity) = $0 else { throw misuse(name, "numbers") }
      return quantity.value
    }
  }

  /// The elements of a parameter of type `names` or `words`.
  func texts(_ name: String) throws -> [String] {
    try list(name).map {
      guard case .text(let text) = $0 else { throw misuse(name, "words") }
      return text
    }
  }

  func table(_ name: String) throws -> Table {
    guard case .table(let table) = try value(name) else { throw misuse(name, "a table") }
    return table
  }

  /// An object, as the Swift type that objects of its kind have.
  func object<Object: SessionObject>(_ name: String, as type: Object.Type = Object.self) throws -> Object {
    guard case .object(let object) = try value(name), let object = object as? Object else {
      throw error(for: name, "`\(values[name]?.text ?? name)` cannot be used here")
    }
    return object
  }

  /// The objects of a list with their names as written.
  func objects(_ name: String) throws -> [(name: String, object: any SessionObject)] {
    let texts = texts(ofElements: name)
    return try list(name).enumerated().map { index, element in
      guard case .object(let object) = element else { throw misuse(name, "objects") }
      return (index < texts.count ? texts[index] : object.oneLineSummary, object)
    }
  }

  /// Reads an argument only when it was given or has a default: `try arguments.ifPresent("seed") { try $0.integer($1) }`.
  func ifPresent<Result>(
    _ name: String, _ read: (Arguments, String) throws -> Result
  ) rethrows -> Result? {
    has(name) ? try read(self, name) : nil
  }

  /// An error that points at one argument.
  func error(for name: String, _ message: String, advice: String? = nil) -> Diagnostic {
    Diagnostic(
      .argument, message, at: span(of: name), notes: advice.map { [$0] } ?? [])
  }

  /// The engine's error, pointing at one argument.
  func error(for name: String, _ error: any ExplainedError) -> Diagnostic {
    self.error(for: name, error.problem, advice: error.advice)
  }

  private func texts(ofElements name: String) -> [String] {
    var text = values[name]?.text[...] ?? ""
    if text.hasPrefix("["), text.hasSuffix("]") { text = text.dropFirst().dropLast() }
    return text.split(separator: ",").map { $0.trimmingPrefix(while: \.isWhitespace) }.map { part in
      String(part.reversed().drop(while: \.isWhitespace).reversed())
    }
  }

  private func argument(_ name: String) throws -> Argument {
    guard let argument = values[name] else { throw misuse(name, "a value") }
    return argument
  }

  private func misuse(_ name: String, _ expected: String) -> Diagnostic {
    Diagnostic(
      .command, "the command reads `\(name)` as \(expected), which it was not declared as", at: statementSpan)
  }
}

/// How two values of a condition are compared; the raw value is the spelling.
enum ComparisonOperator: String, Sendable, CaseIterable {
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case equal = "=="
  case notEqual = "!="

  func holds(_ left: Double, _ right: Double) -> Bool {
    switch self {
    case .less: left < right
    case .lessOrEqual: left <= right
    case .greater: left > right
    case .greaterOrEqual: left >= right
    case .equal: left == right
    case .notEqual: left != right
    }
  }
}

/// The smallest meaningful part of a source text.
struct Token: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    /// A name, keyword or clause; which of them only the parser and the commands can tell.
    case word(String)
    case number(Quantity)
    /// The text between quotes, escapes undone.
    case text(String)
    case comparison(ComparisonOperator)
    case equals
    case comma
    case dotDot
    case leftBracket, rightBracket
    case leftParenthesis, rightParenthesis
    /// The end of a statement.
    case newline
    case end
    /// Something a diagnostic was already reported for; it stands for any value.
    case invalid
  }

  var kind: Kind
  var span: SourceSpan
  /// White space stands before the token: `p [1]` is two things, `p[1]` is one.
  var followsSpace: Bool

  var word: String? {
    if case .word(let word) = kind { word } else { nil }
  }
}

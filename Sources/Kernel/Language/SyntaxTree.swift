/// What a cell says, before any name in it has a meaning.
struct CellSyntax: Sendable {
  var statements: [Statement] = []
  /// The whole cell, when it is in another language.
  var foreign: ForeignCell?
  /// In the order of their places.
  var diagnostics: [Diagnostic] = []
  /// More text must follow before the cell means anything.
  var isUnfinished = false
}

/// A cell whose first line starts with `%%`.
struct ForeignCell: Sendable, Hashable {
  /// The word after `%%`.
  var language: String
  /// The rest of the first line.
  var options: String
  /// The lines after the first.
  var body: String
  /// Where the first line stands.
  var headSpan: SourceSpan
}

/// A word with its place.
struct NamedWord: Sendable, Hashable {
  var text: String
  var span: SourceSpan
}

/// One line of the language.
struct Statement: Sendable {
  /// `NOUN name =`, where the noun may be missing.
  struct Target: Sendable {
    var noun: NamedWord?
    var name: NamedWord
  }

  var target: Target?
  /// The things that stand side by side: a command and its arguments, or one expression. Never empty.
  var items: [ExpressionNode]
  var span: SourceSpan
}

/// A value as it is written.
struct ExpressionNode: Sendable {
  indirect enum Kind: Sendable {
    case number(Quantity)
    case text(String)
    /// A name, or one of `on off true false none`, or a clause: the command decides.
    case word(String)
    /// `[a, b]`, or `a, b` without brackets.
    case list([ExpressionNode], hasBrackets: Bool)
    case range(ExpressionNode, ExpressionNode)
    /// `base[index]`.
    case element(ExpressionNode, ExpressionNode)
    case comparison(ComparisonOperator, ExpressionNode, ExpressionNode)
    case not(ExpressionNode)
    /// Several parts joined by `and`; flat, so that a long condition needs no deep recursion.
    case all([ExpressionNode])
    /// Several parts joined by `or`.
    case any([ExpressionNode])
    /// Stands where a diagnostic was reported.
    case invalid
  }

  var kind: Kind
  var span: SourceSpan

  var word: String? {
    if case .word(let word) = kind { word } else { nil }
  }

  /// The elements of a list; the node alone when it is not one.
  var elements: [ExpressionNode] {
    if case .list(let elements, _) = kind { elements } else { [self] }
  }
}

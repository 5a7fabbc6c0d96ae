/// Hands the items that follow a command's name to its parameters, without asking what they mean.
///
/// Binding and completion both walk this way, so that what is offered is what would be accepted.
struct ArgumentWalk {
  /// What was written for one parameter.
  struct Assignment {
    var parameter: Parameter
    /// Empty for a flag, and for a clause whose value is missing.
    var nodes: [ExpressionNode]
    var keyword: NamedWord?

    var span: SourceSpan? {
      guard let first = nodes.first, let last = nodes.last else { return keyword?.span }
      return first.span.joined(with: last.span)
    }
  }

  private(set) var assignments: [Assignment] = []
  /// Items that belong to nothing.
  private(set) var unexpected: [ExpressionNode] = []
  /// Keywords that came again.
  private(set) var repeated: [NamedWord] = []
  /// Places by position that got nothing, the required ones and the others.
  private(set) var unfilled: [Parameter] = []
  /// Clauses that may still follow.
  private(set) var unusedClauses: [Parameter]

  init(_ declaration: CommandDeclaration, items: [ExpressionNode]) {
    let clauses = declaration.allClauses
    unusedClauses = clauses
    var rest = items[...]
    for parameter in declaration.parameters {
      func isValue(_ node: ExpressionNode) -> Bool {
        parameter.type.isWords || !clauses.contains { $0.name == node.word }
      }
      var nodes: [ExpressionNode] = []
      while let node = rest.first, isValue(node), nodes.isEmpty || parameter.type.takesRest {
        nodes.append(node)
        rest.removeFirst()
      }
      if nodes.isEmpty {
        unfilled.append(parameter)
      } else {
        assignments.append(Assignment(parameter: parameter, nodes: nodes, keyword: nil))
      }
    }
    while let node = rest.popFirst() {
      guard let word = node.word, let clause = clauses.first(where: { $0.name == word }) else {
        unexpected.append(node)
        continue
      }
      let keyword = NamedWord(text: word, span: node.span)
      if assignments.contains(where: { $0.parameter.name == word && $0.keyword != nil }) {
        repeated.append(keyword)
      }
      unusedClauses.removeAll { $0.name == word }
      var nodes: [ExpressionNode] = []
      if case .flag = clause.type {
      } else if let value = rest.popFirst() {
        nodes = [value]
        while clause.type.takesRest, let next = rest.first, !clauses.contains(where: { $0.name == next.word })
        {
          nodes.append(next)
          rest.removeFirst()
        }
      }
      assignments.append(Assignment(parameter: clause, nodes: nodes, keyword: keyword))
    }
  }
}

extension ParameterType {
  /// Words are taken as they are, also where they spell a clause.
  fileprivate var isWords: Bool {
    if case .words = self { true } else { false }
  }
}

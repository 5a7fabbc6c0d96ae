/// A test on named numbers, as written after a clause such as `where`.
indirect enum Condition: Sendable, Hashable {
  case comparison(field: String, ComparisonOperator, Quantity)
  case not(Condition)
  case all([Condition])
  case any([Condition])

  /// Whether the condition holds for the thing whose fields `value` tells; an unknown field never holds.
  func holds(_ value: (String) -> Double?) -> Bool {
    switch self {
    case .comparison(let field, let operation, let limit):
      value(field).map { operation.holds($0, limit.value) } ?? false
    case .not(let part): !part.holds(value)
    case .all(let parts): parts.allSatisfy { $0.holds(value) }
    case .any(let parts): parts.contains { $0.holds(value) }
    }
  }

  /// The names of all fields in it.
  var fields: Set<String> {
    switch self {
    case .comparison(let field, _, _): [field]
    case .not(let part): part.fields
    case .all(let parts), .any(let parts): parts.reduce(into: []) { $0.formUnion($1.fields) }
    }
  }

  /// The condition as the language writes it.
  var description: String {
    switch self {
    case .comparison(let field, let operation, let limit):
      "\(field) \(operation.rawValue) \(limit.description)"
    case .not(let part): "not " + part.grouped
    case .all(let parts): parts.map(\.grouped).joined(separator: " and ")
    case .any(let parts): parts.map(\.grouped).joined(separator: " or ")
    }
  }

  private var grouped: String {
    switch self {
    case .comparison, .not: description
    case .all, .any: "(" + description + ")"
    }
  }
}

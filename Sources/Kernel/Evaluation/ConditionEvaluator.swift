extension ExpressionEvaluator {
  /// The condition that `node` says; with `fields` nil any name goes as a field.
  mutating func condition(
    _ node: ExpressionNode, fields: [ConditionField]?
  ) throws(Diagnostic) -> Condition {
    switch node.kind {
    case .comparison(let operation, let left, let right):
      return try comparison(operation, left, right, fields)
    case .not(let part): return .not(try condition(part, fields: fields))
    case .all(let parts): return .all(try conditions(parts, fields))
    case .any(let parts): return .any(try conditions(parts, fields))
    case .word(let word):
      if case .condition(let known) = lookup(word) { return try checked(known, fields, at: node.span) }
      throw Diagnostic(
        .argument, "`\(word)` is not a condition", at: node.span,
        next: "compare a field with a number, such as \(example(fields))")
    case .list(let parts, _):
      throw Diagnostic(
        .argument, "conditions are not joined by a comma",
        at: SourceSpan(parts.first?.span.end ?? 0, node.span.end),
        next: "join them with `and` or `or`")
    default:
      throw Diagnostic(
        .argument, "a condition compares a field with a number", at: node.span, next: example(fields))
    }
  }

  private func example(_ fields: [ConditionField]?) -> String {
    guard let field = fields?.first else { return "macs < 400M" }
    return switch field.family {
    case .count: "\(field.name) < 400M"
    case .fraction: "\(field.name) > 50%"
    case .duration: "\(field.name) < 10s"
    case nil: "\(field.name) >= 8"
    }
  }

  private mutating func conditions(
    _ parts: [ExpressionNode], _ fields: [ConditionField]?
  ) throws(Diagnostic) -> [Condition] {
    var result: [Condition] = []
    for part in parts { result.append(try condition(part, fields: fields)) }
    return result
  }

  /// A condition that was bound to a name may test fields that are not known here.
  private func checked(
    _ condition: Condition, _ fields: [ConditionField]?, at span: SourceSpan
  ) throws(Diagnostic) -> Condition {
    for name in condition.fields.sorted() { _ = try field(name, at: span, fields) }
    return condition
  }

  private mutating func comparison(
    _ operation: ComparisonOperator, _ left: ExpressionNode, _ right: ExpressionNode,
    _ fields: [ConditionField]?
  ) throws(Diagnostic) -> Condition {
    if case .number = left.kind, right.word != nil {
      return try comparison(operation.flipped, right, left, fields)
    }
    guard let name = left.word else {
      throw Diagnostic(
        .argument, "the left side of `\(operation.rawValue)` is not the name of a field", at: left.span,
        next: example(fields))
    }
    let field = try field(name, at: left.span, fields)
    let value = try value(right)
    guard case .number(let limit) = value else {
      throw Diagnostic(
        .kind, "`\(name)` is compared with a number, not with \(value.kindWithArticle)", at: right.span)
    }
    if let field, let unit = limit.unit, unit.family != field.family {
      let expected =
        field.family.map { "units of `\(name)` look like \($0.spelling)" } ?? "`\(name)` has no unit"
      throw Diagnostic(
        .argument, "`\(limit.description)` does not fit `\(name)`", at: right.span, notes: [expected])
    }
    return .comparison(field: name, operation, limit)
  }

  private func field(
    _ name: String, at span: SourceSpan, _ fields: [ConditionField]?
  ) throws(Diagnostic) -> ConditionField? {
    guard let fields else { return nil }
    if let field = fields.first(where: { $0.name == name }) { return field }
    let names = fields.map(\.name)
    let close = Suggestion.closest(to: name, among: names)
    throw Diagnostic(
      .name, "there is no field `\(name)`", at: span, label: close.map { "did you mean `\($0)`?" },
      notes: ["fields are " + names.map { "`\($0)`" }.joined(separator: ", ")], replacement: close)
  }
}

extension ComparisonOperator {
  /// The operator that means the same with both sides exchanged.
  var flipped: ComparisonOperator {
    switch self {
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    case .equal, .notEqual: self
    }
  }
}

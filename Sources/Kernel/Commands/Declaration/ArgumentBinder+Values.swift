extension ArgumentBinder {
  /// The value that `nodes` give to `parameter`, checked against its type.
  mutating func value(_ nodes: [ExpressionNode], for parameter: Parameter) throws(Diagnostic) -> Value {
    guard let node = nodes.first else {
      throw Diagnostic(.argument, "`\(parameter.name)` needs \(parameter.type.withArticle)")
    }
    switch parameter.type {
    case .words: return .list(try names(nodes, parameter, mustExist: false))
    case .values: return .list(try flattened(nodes))
    case .names: return .list(try names(node.elements, parameter, mustExist: true))
    case .name: return try name(node, parameter, mustExist: true)
    case .choice(let choices): return try choice(node, choices, parameter)
    case .object(let kinds): return try object(node, kinds, parameter)
    case .objects(let kinds): return try Self.filled(try objects(node, kinds, parameter), node, parameter)
    case .condition(let fields): return .condition(try evaluator.condition(node, fields: fields))
    case .integers(let range):
      return try Self.filled(.list(try integers(node, range, parameter)), node, parameter)
    case .numbers(let family, let range):
      var result: [Value] = []
      for (value, span) in try elements(node) {
        result.append(try number(value, family, range, parameter, span))
      }
      return try Self.filled(.list(result), node, parameter)
    default: return try scalar(try evaluator.value(node), node.span, parameter)
    }
  }

  /// Commands that take several of something can rely on there being one.
  private static func filled(_ value: Value, _ node: ExpressionNode, _ parameter: Parameter)
    throws(Diagnostic)
    -> Value
  {
    if case .list(let elements) = value, elements.isEmpty {
      throw Diagnostic(.argument, "`\(parameter.name)` has nothing in its list", at: node.span)
    }
    return value
  }

  private func scalar(_ value: Value, _ span: SourceSpan, _ parameter: Parameter) throws(Diagnostic) -> Value
  {
    switch (parameter.type, value) {
    case (.integer(let range), _): return try integer(value, range, parameter, span)
    case (.number(let family, let range), _): return try number(value, family, range, parameter, span)
    case (.range(let limits), .range(let low, let high)):
      guard limits.contains(low), limits.contains(high) else {
        throw outside("\(low)..\(high)", ParameterType.limits(limits), parameter, span)
      }
      return value
    case (.range(let limits), .number):
      guard case .number(let single) = try integer(value, limits, parameter, span),
        let place = Int(exactly: single.value)
      else { throw mismatch(value, parameter, span) }
      return .range(place, place)
    case (.text, .text), (.path, .text), (.boolean, .boolean), (.value, _): return value
    default: throw mismatch(value, parameter, span)
    }
  }

  private func mismatch(_ value: Value, _ parameter: Parameter, _ span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .kind, "`\(parameter.name)` takes \(parameter.type.withArticle), not \(value.kindWithArticle)",
      at: span,
      notes: parameter.suggestions.isEmpty
        ? [] : ["for instance " + parameter.suggestions.map { "`\($0)`" }.joined(separator: ", ")])
  }

  private func outside(
    _ text: String, _ limits: String, _ parameter: Parameter, _ span: SourceSpan
  ) -> Diagnostic {
    Diagnostic(.argument, "`\(parameter.name)` is \(text), but must be a number\(limits)", at: span)
  }

  private func integer(
    _ value: Value, _ range: ClosedRange<Int>, _ parameter: Parameter, _ span: SourceSpan
  ) throws(Diagnostic) -> Value {
    guard case .number(let quantity) = value, quantity.unit == nil || quantity.unit?.family == .count else {
      throw mismatch(value, parameter, span)
    }
    guard let integer = Int(exactly: quantity.value) else {
      throw Diagnostic(
        .kind, "`\(parameter.name)` takes \(parameter.type.withArticle), not \(quantity.description)",
        at: span)
    }
    guard range.contains(integer) else {
      throw outside(quantity.description, ParameterType.limits(range), parameter, span)
    }
    return value
  }

  private func number(
    _ value: Value, _ family: UnitFamily?, _ range: ClosedRange<Double>, _ parameter: Parameter,
    _ span: SourceSpan
  ) throws(Diagnostic) -> Value {
    guard case .number(let quantity) = value else { throw mismatch(value, parameter, span) }
    // Multipliers such as `3k` are numbers everywhere; seconds and percents only where they mean something.
    if let unit = quantity.unit, unit.family != family, !(unit.family == .count && family == nil) {
      throw mismatch(value, parameter, span)
    }
    guard range.contains(quantity.value) else {
      throw outside(quantity.description, ParameterType.limits(range), parameter, span)
    }
    return value
  }

  private mutating func elements(_ node: ExpressionNode) throws(Diagnostic) -> [(Value, SourceSpan)] {
    var result: [(Value, SourceSpan)] = []
    for element in node.elements {
      let value = try evaluator.value(element)
      if case .list(let inner) = value {
        result += inner.map { ($0, element.span) }
      } else {
        result.append((value, element.span))
      }
    }
    return result
  }

  private mutating func flattened(_ nodes: [ExpressionNode]) throws(Diagnostic) -> [Value] {
    var result: [Value] = []
    for node in nodes {
      let isBare = if case .list(_, hasBrackets: false) = node.kind { true } else { false }
      for element in isBare ? node.elements : [node] { result.append(try evaluator.value(element)) }
    }
    return result
  }

  private mutating func integers(
    _ node: ExpressionNode, _ range: ClosedRange<Int>, _ parameter: Parameter
  ) throws(Diagnostic) -> [Value] {
    var result: [Value] = []
    for (value, span) in try elements(node) {
      guard case .range(let low, let high) = value else {
        result.append(try integer(value, range, parameter, span))
        continue
      }
      guard range.contains(low), range.contains(high) else {
        throw outside("\(low)..\(high)", ParameterType.limits(range), parameter, span)
      }
      // A mistyped range must not fill the memory.
      let (length, overflow) = high.subtractingReportingOverflow(low)
      guard !overflow, length < 100_000 else {
        throw Diagnostic(.argument, "`\(low)..\(high)` is too long a range for `\(parameter.name)`", at: span)
      }
      result += (low...high).map { .number(Quantity(Double($0))) }
    }
    return result
  }
}

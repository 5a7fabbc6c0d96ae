extension ArgumentBinder {
  mutating func choice(
    _ node: ExpressionNode, _ choices: [String], _ parameter: Parameter
  ) throws(Diagnostic) -> Value {
    var written = source.text(in: node.span)
    if let word = node.word {
      written = word
      if choices.contains(word) { return .text(word) }
    }
    let isBoundWord = node.word.map { evaluator.resolver.value($0) != nil } ?? true
    if isBoundWord, case .text(let text) = try evaluator.value(node) {
      written = text
      if choices.contains(text) { return .text(text) }
    }
    let close = Suggestion.closest(to: written, among: choices)
    let list = choices.map { "`\($0)`" }.joined(separator: ", ")
    throw Diagnostic(
      .argument, "`\(parameter.name)` cannot be `\(written)`", at: node.span,
      label: close.map { "did you mean `\($0)`?" }, notes: ["it is one of \(list)"],
      replacement: node.word == nil ? nil : close)
  }

  mutating func object(
    _ node: ExpressionNode, _ kinds: [ObjectKind], _ parameter: Parameter
  ) throws(Diagnostic) -> Value {
    if let word = node.word, evaluator.resolver.value(word) == nil { throw unknown(word, node.span, kinds) }
    let value = try evaluator.value(node)
    if let kind = value.objectKind, kinds.contains(kind) { return value }
    let names = evaluator.resolver.names(of: kinds)
    throw Diagnostic(
      .kind,
      "`\(parameter.name)` takes \(parameter.type.withArticle), and `\(source.text(in: node.span))` is \(value.kindWithArticle)",
      at: node.span, notes: names.isEmpty ? [] : [known(kinds, names)], next: names.isEmpty ? way(kinds) : nil
    )
  }

  mutating func objects(
    _ node: ExpressionNode, _ kinds: [ObjectKind], _ parameter: Parameter
  ) throws(Diagnostic) -> Value {
    var result: [Value] = []
    for element in node.elements {
      // A name may stand for a list of things.
      if let word = element.word, case .list(let inner) = evaluator.resolver.value(word),
        inner.allSatisfy({ $0.objectKind.map(kinds.contains) ?? false })
      {
        _ = evaluator.lookup(word)
        result += inner
      } else {
        result.append(try object(element, kinds, parameter))
      }
    }
    return .list(result)
  }

  private func unknown(_ word: String, _ span: SourceSpan, _ kinds: [ObjectKind]) -> Diagnostic {
    let isAny = kinds.count == ObjectKind.allCases.count
    let names = isAny ? evaluator.resolver.names : evaluator.resolver.names(of: kinds)
    let close = Suggestion.closest(to: word, among: names)
    let noun = ParameterType.alternatives(kinds.map(\.rawValue))
    return Diagnostic(
      .name, isAny ? "nothing is called `\(word)`" : "there is no \(noun) `\(word)`", at: span,
      label: close.map { "did you mean `\($0)`?" }, notes: names.isEmpty ? [] : [known(kinds, names)],
      replacement: close, next: names.isEmpty ? way(kinds) : nil)
  }

  private func known(_ kinds: [ObjectKind], _ names: [String]) -> String {
    let shown = names.prefix(8).map { "`\($0)`" }.joined(separator: ", ")
    let label = kinds.count == 1 ? kinds[0].plural : "names"
    return "\(label) of the session: \(shown)" + (names.count > 8 ? " and \(names.count - 8) more" : "")
  }

  private func way(_ kinds: [ObjectKind]) -> String? {
    kinds.count == 1 ? evaluator.commands.waysToMake(kinds[0]) : nil
  }

  mutating func name(
    _ node: ExpressionNode, _ parameter: Parameter, mustExist: Bool
  ) throws(Diagnostic) -> Value {
    guard let word = node.word else {
      throw Diagnostic(.argument, "`\(source.text(in: node.span))` is not a name", at: node.span)
    }
    if mustExist, evaluator.lookup(word) == nil { throw unknown(word, node.span, ObjectKind.allCases) }
    return .text(word)
  }

  mutating func names(
    _ nodes: [ExpressionNode], _ parameter: Parameter, mustExist: Bool
  ) throws(Diagnostic) -> [Value] {
    var result: [Value] = []
    for node in nodes { result.append(try name(node, parameter, mustExist: mustExist)) }
    return result
  }
}

extension Completer {
  /// What `parameter` takes, at the place `role` of its value.
  func values(_ parameter: Parameter, _ role: ExpressionNode.MarkRole) -> [Expectation] {
    if case .index = role { return [words(numberParameters)] }
    let suggestions = parameter.suggestions.map { choice($0, parameter.meaning) }
    switch parameter.type {
    case .integer:
      return [words(suggestions + numberParameters), units([.count])]
    case .number(let family, _), .numbers(let family, _):
      return [words(suggestions + numberParameters), units([family ?? .count])]
    case .integers, .range:
      return [words(suggestions + numberParameters), units([.count])]
    case .text:
      return [
        words(suggestions + textParameters),
        Expectation(source: .candidates(suggestedTexts(parameter)), style: .text),
      ]
    case .path(let extensions):
      return [words(textParameters), Expectation(source: .path(extensions: extensions), style: .text)]
    case .boolean:
      return [words([choice("on", "yes"), choice("off", "no")])]
    case .choice(let choices):
      return [
        words(choices.map { choice($0, parameter.meaning) } + textParameters.filter { isChoice($0, choices) })
      ]
    case .object(let kinds), .objects(let kinds):
      return [words(names(kinds))]
    case .condition(let fields):
      return condition(fields, role)
    case .name, .names:
      return [words(names(ObjectKind.allCases) + parameters())]
    case .value, .values:
      return [
        words(suggestions + names(ObjectKind.allCases) + parameters()), units(UnitFamily.allCases),
      ]
    case .words:
      return [words(commandWords + names(ObjectKind.allCases))]
    case .flag:
      return []
    }
  }

  private func words(_ candidates: [CompletionCandidate]) -> Expectation {
    Expectation(source: .candidates(candidates))
  }

  private func choice(_ text: String, _ meaning: String) -> CompletionCandidate {
    CompletionCandidate(text: text, kind: "value", signature: meaning)
  }

  private func isChoice(_ candidate: CompletionCandidate, _ choices: [String]) -> Bool {
    if case .text(let text)? = session.value(candidate.text) { choices.contains(text) } else { false }
  }

  /// Suggestions that are texts, without their quotes.
  private func suggestedTexts(_ parameter: Parameter) -> [CompletionCandidate] {
    parameter.suggestions.compactMap { suggestion in
      guard suggestion.count > 2, suggestion.hasPrefix("\""), suggestion.hasSuffix("\"") else { return nil }
      return choice(String(suggestion.dropFirst().dropLast()), parameter.meaning)
    }
  }

  var numberParameters: [CompletionCandidate] {
    parameters { if case .number = $0 { true } else { false } }
  }

  private var textParameters: [CompletionCandidate] {
    parameters { if case .text = $0 { true } else { false } }
  }

  private var conditionParameters: [CompletionCandidate] {
    parameters { if case .condition = $0 { true } else { false } }
  }

  private var commandWords: [CompletionCandidate] {
    commands.names.compactMap { name in
      commands.named(name).first.map {
        CompletionCandidate(text: name, kind: "function", signature: $0.signature)
      }
    }
  }

  private func units(_ families: [UnitFamily]) -> Expectation {
    let candidates = families.flatMap(\.units).map {
      CompletionCandidate(text: $0.rawValue, kind: "unit", signature: $0.meaning)
    }
    return Expectation(source: .candidates(candidates), style: .unit)
  }

  private func condition(_ fields: [ConditionField], _ role: ExpressionNode.MarkRole) -> [Expectation] {
    if case .limit(let name) = role {
      let family = fields.first { $0.name == name }?.family
      return [words(numberParameters), units(family.map { [$0] } ?? [])]
    }
    let names = fields.map { CompletionCandidate(text: $0.name, kind: "property", signature: $0.meaning) }
    let negation = CompletionCandidate(text: "not", kind: "keyword", signature: "turns a condition round")
    return [words(names + [negation] + conditionParameters)]
  }
}

/// Proposes what can stand at the cursor, from the same declarations that check it.
struct Completer {
  let commands: CommandTable
  let session: Session

  /// `cursor` counts Unicode scalars from the start of `code`.
  func complete(_ code: String, cursor: Int) -> Completion {
    let scalars = code.unicodeScalars
    let prefix = SourceText(String(String.UnicodeScalarView(scalars.prefix(max(cursor, 0)))))
    let end = min(max(cursor, 0), scalars.count)
    let nothing = Completion(candidates: [], start: end, end: end)
    guard Parser.parse(prefix).foreign == nil, let place = CompletionPlace(prefix) else { return nothing }
    var start = prefix.scalarOffset(ofByte: place.start)
    var candidates: [CompletionCandidate] = []
    for expected in expectations(place) where expected.style == place.style {
      if case .path(let extensions) = expected.source {
        let paths = PathCompletion(typed: place.prefix, extensions: extensions)
        start = prefix.scalarOffset(ofByte: place.start + paths.keptBytes)
        candidates += paths.candidates
      } else {
        candidates += self.candidates(expected.source, place.prefix)
      }
    }
    var seen: Set<String> = []
    candidates = candidates.filter { seen.insert($0.text).inserted }
    return Completion(candidates: candidates, start: start, end: end)
  }

  /// One set of things that may stand at the cursor.
  struct Expectation {
    enum Source {
      case candidates([CompletionCandidate])
      case path(extensions: [String])
    }
    var source: Source
    var style: CompletionPlace.Style = .word
  }

  private func candidates(_ source: Expectation.Source, _ prefix: String) -> [CompletionCandidate] {
    guard case .candidates(let all) = source else { return [] }
    let typed = prefix.lowercased()
    return all.filter { $0.text.lowercased().hasPrefix(typed) }
  }

  // MARK: Places

  private func expectations(_ place: CompletionPlace) -> [Expectation] {
    let statement = place.statement
    let items = statement.items
    let isAtStart = items.first?.word == CompletionPlace.mark
    if isAtStart { return [.init(source: .candidates(startWords(statement.target)))] }
    var result: [Expectation] = []
    let first = items.first?.word
    if items.count == 2, items[1].word == CompletionPlace.mark, let first {
      result.append(.init(source: .candidates(secondWords(first))))
    }
    if let match = commands.match(items) {
      let noun = statement.target?.noun.flatMap { ObjectKind(rawValue: $0.text) }
      let fitting = match.commands.filter { noun == nil || $0.result == .object(noun ?? .table) }
      for command in fitting.isEmpty ? match.commands : fitting {
        result += argumentExpectations(command, Array(items.dropFirst(match.length)))
      }
    } else if items.count == 1, case .index? = items[0].markRole {
      result.append(.init(source: .candidates(numberParameters)))
    } else if items.count == 1 {
      result.append(.init(source: .candidates(names(ObjectKind.allCases) + parameters())))
    } else if let first, case .table? = session.value(first), statement.target == nil {
      if items.count == 2 { result.append(.init(source: .candidates([keyword(TableForm.clause)]))) }
      if items.count == 3, items[1].word == TableForm.clause.name {
        result += values(TableForm.clause, .value)
      }
    }
    return result
  }

  private func argumentExpectations(_ command: CommandDeclaration, _ items: [ExpressionNode]) -> [Expectation]
  {
    let walk = ArgumentWalk(command, items: items)
    if walk.unexpected.contains(where: { $0.markRole != nil }) {
      return [.init(source: .candidates(walk.unusedClauses.map(keyword) + connectors(walk)))]
    }
    for assignment in walk.assignments {
      guard let role = assignment.nodes.lazy.compactMap(\.markRole).first else { continue }
      if case .words = assignment.parameter.type, let word = assignment.nodes.dropLast().last?.word {
        return [.init(source: .candidates(secondWords(word)))]
      }
      var result = values(assignment.parameter, role)
      // A place that may stay empty may also be passed over.
      let isAlone = assignment.nodes.count == 1 && assignment.nodes[0].word == CompletionPlace.mark
      if assignment.keyword == nil, isAlone, !assignment.parameter.isRequired {
        result.append(.init(source: .candidates(walk.unusedClauses.map(keyword))))
      }
      if assignment.parameter.type.takesRest, assignment.nodes.count > 1, !command.allClauses.isEmpty {
        result.append(.init(source: .candidates(walk.unusedClauses.map(keyword))))
      }
      return result
    }
    return []
  }

  /// A condition may go on.
  private func connectors(_ walk: ArgumentWalk) -> [CompletionCandidate] {
    guard let last = walk.assignments.last, case .condition = last.parameter.type, !last.nodes.isEmpty else {
      return []
    }
    return ["and", "or"].map {
      CompletionCandidate(text: $0, kind: "keyword", signature: "joins two conditions")
    }
  }

  // MARK: Words

  private func keyword(_ clause: Parameter) -> CompletionCandidate {
    CompletionCandidate(
      text: clause.name, kind: "keyword",
      signature: [clause.type.placeholder, clause.meaning].filter { !$0.isEmpty }.joined(
        separator: " \u{2014} "))
  }

  private func startWords(_ target: Statement.Target?) -> [CompletionCandidate] {
    let noun = target?.noun.flatMap { ObjectKind(rawValue: $0.text) }
    let fitting = commands.names.compactMap { name -> CompletionCandidate? in
      let command = commands.named(name).first { command in
        target == nil || (noun == nil ? command.result != .nothing : command.result.objectKind == noun)
      }
      return command.map { CompletionCandidate(text: name, kind: "function", signature: $0.signature) }
    }
    let things = noun.map { names([$0]) } ?? names(ObjectKind.allCases)
    let nouns = ObjectKind.allCases.map {
      CompletionCandidate(text: $0.rawValue, kind: "keyword", signature: "\($0.rawValue) NAME = ...")
    }
    return fitting + things + (noun == nil ? parameters() : []) + (target == nil ? nouns : [])
  }

  private func secondWords(_ first: String) -> [CompletionCandidate] {
    commands.secondWords(after: first).map { command in
      CompletionCandidate(
        text: String(command.name.dropFirst(first.count + 1)), kind: "function", signature: command.signature)
    }
  }

  func names(_ kinds: [ObjectKind]) -> [CompletionCandidate] {
    session.names(of: kinds).map { name in
      let value = session.value(name)
      let noun = value?.objectKind?.rawValue ?? ""
      return CompletionCandidate(
        text: name, kind: "instance", signature: "\(noun): \(TextTable.oneLine(value?.description ?? ""))")
    }
  }

  func parameters(_ isFitting: (Value) -> Bool = { _ in true }) -> [CompletionCandidate] {
    session.all.filter { $0.isParameter && isFitting($0.value) }.map { binding in
      CompletionCandidate(
        text: binding.name, kind: "instance", signature: TextTable.oneLine(binding.value.description))
    }
  }
}

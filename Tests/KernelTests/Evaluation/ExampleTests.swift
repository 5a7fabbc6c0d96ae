import Engine
import Testing

@testable import Kernel

@Suite struct ExampleTests {
  /// Answers for any name with a thing of the kind that is asked for, so that examples of commands that need
  /// hours of work are still checked to the last clause.
  private struct AnyName: NameResolver {
    let kinds: [String: ObjectKind]
    /// The names that the example gives a plain value itself.
    let parameters: [String]
    var names: [String] { [] }
    func names(of kinds: [ObjectKind]) -> [String] { [] }
    func value(_ name: String) -> Value? {
      kinds[name].map { .object(ToyObject(kind: $0, text: name)) }
        ?? (parameters.contains(name) ? .text(name) : nil)
    }
  }

  /// The kinds of the names in `items`, from the places they stand in.
  private func kinds(_ declaration: CommandDeclaration, _ items: [ExpressionNode]) -> [String: ObjectKind] {
    var result: [String: ObjectKind] = [:]
    func note(_ node: ExpressionNode, _ kind: ObjectKind) {
      for element in node.elements {
        if let word = element.word { result[word] = kind }
        if case .element(let base, _) = element.kind, let word = base.word { result[word] = .pool }
      }
    }
    for assignment in ArgumentWalk(declaration, items: items).assignments {
      for node in assignment.nodes {
        switch assignment.parameter.type {
        case .object(let kinds), .objects(let kinds): if let kind = kinds.first { note(node, kind) }
        case .name, .names, .value, .values: note(node, .table)
        default: break
        }
      }
    }
    for declared in declaration.parameters + declaration.clauses {
      if case .object(let kinds) = declared.type, let text = declared.defaultText {
        result[text] = kinds.first
      }
      if case .objects(let kinds) = declared.type, let text = declared.defaultText {
        result[text] = kinds.first
      }
    }
    return result
  }

  @Test(arguments: CommandTable.standard.commands.map(\.name))
  func everyExampleIsAcceptedByItsCommand(name: String) throws {
    let table = CommandTable.standard
    for command in table.named(name) {
      for example in command.examples {
        let source = SourceText(example.source)
        let cell = Parser.parse(source)
        #expect(cell.diagnostics.isEmpty, "\(example.source)")
        let parameters = cell.statements.compactMap { $0.target?.noun == nil ? $0.target?.name.text : nil }
        var uses = 0
        for statement in cell.statements {
          guard let match = table.match(statement.items), match.commands.contains(where: { $0.name == name })
          else { continue }
          let items = Array(statement.items.dropFirst(match.length))
          var binder = ArgumentBinder(
            declaration: command, source: source,
            evaluator: ExpressionEvaluator(
              resolver: AnyName(kinds: kinds(command, items), parameters: parameters), commands: table))
          do {
            _ = try binder.bind(
              items, nameSpan: statement.items[0].span, statementSpan: statement.span, targetName: "x")
            uses += 1
          } catch {
            Issue.record("\(example.source): \(error.message)")
          }
        }
        #expect(uses > 0, "the example does not use its command: \(example.source)")
      }
    }
  }

  @Test(arguments: CommandTable.standard.commands.map(\.name))
  func everyExampleWithAnOutputPrintsIt(name: String) {
    for example in CommandTable.standard.named(name).flatMap(\.examples) {
      guard let expected = example.output else { continue }
      var environment = Environment.standard
      environment.version = "1.2.3"
      let interpreter = DassInterpreter(commands: .standard, environment: environment)
      let shown = ToyLanguage.run(interpreter, example.source).map { entry in
        ["stdout: ", "stderr: ", "display: ", "result: "].reduce(entry) { text, start in
          text.hasPrefix(start) ? String(text.dropFirst(start.count)) : text
        }
      }
      var text = shown.joined(separator: "\n")
      if text.hasSuffix("\n") { text.removeLast() }
      #expect(text == expected, "\(example.source)")
    }
  }

  @Test func everyCommandIsDeclaredWell() {
    for command in CommandTable.standard.commands {
      #expect(command.name.split(separator: " ").count <= 2)
      #expect(
        !command.summary.hasSuffix(".") && command.summary.first?.isLowercase == true, "\(command.name)")
      #expect(!command.examples.isEmpty, "\(command.name) has no example")
      let names = (command.parameters + command.allClauses).map(\.name)
      #expect(Set(names).count == names.count, "\(command.name) declares a name twice")
      for parameter in command.parameters + command.clauses {
        #expect(!parameter.meaning.isEmpty, "\(command.name) \(parameter.name) has no meaning")
      }
    }
  }

  @Test func theReferenceHoldsEveryCommand() {
    let page = LanguageReference.markdown(.standard)
    for name in CommandTable.standard.names { #expect(page.contains("\n### \(name)\n")) }
  }
}

/// All commands of the language, found by their words.
struct CommandTable: Sendable {
  let commands: [CommandDeclaration]
  private let byName: [String: [CommandDeclaration]]
  /// The first words of all names: they cannot name things.
  let firstWords: Set<String>

  init(_ commands: [CommandDeclaration]) {
    self.commands = commands
    byName = Dictionary(grouping: commands, by: \.name)
    firstWords = Set(commands.compactMap { $0.name.split(separator: " ").first.map(String.init) })
  }

  func named(_ name: String) -> [CommandDeclaration] { byName[name] ?? [] }

  /// Every name once, in the order of the declarations.
  var names: [String] {
    var seen: Set<String> = []
    return commands.map(\.name).filter { seen.insert($0).inserted }
  }

  /// The commands that `items` begin with, by the longest name, and how many items the name takes.
  func match(_ items: [ExpressionNode]) -> (commands: [CommandDeclaration], length: Int)? {
    guard let first = items.first?.word else { return nil }
    if items.count > 1, let second = items[1].word {
      let both = named("\(first) \(second)")
      if !both.isEmpty { return (both, 2) }
    }
    let single = named(first)
    return single.isEmpty ? nil : (single, 1)
  }

  /// The second words of the two-word commands that begin with `first`.
  func secondWords(after first: String) -> [CommandDeclaration] {
    var seen: Set<String> = []
    return commands.filter { $0.name.hasPrefix(first + " ") && seen.insert($0.name).inserted }
  }

  /// A line that makes something of the kind, for advice; nil when no command does.
  func waysToMake(_ kind: ObjectKind) -> String? {
    for command in commands where command.result == .object(kind) {
      for example in command.examples {
        let lines = example.source.split(separator: "\n")
        if let line = lines.last(where: { $0.hasPrefix(kind.rawValue + " ") }) { return String(line) }
      }
    }
    return commands.first { $0.result == .object(kind) }.map { "\(kind.rawValue) NAME = \($0.name) ..." }
  }
}

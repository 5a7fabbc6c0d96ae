import Engine

/// The reference page of the language, made from the commands.
enum LanguageReference {
  static func markdown(_ table: CommandTable) -> String {
    var sections = [introduction, nouns]
    for group in CommandGroup.allCases {
      let names = table.names.filter { table.named($0).first?.group == group }
      if names.isEmpty { continue }
      sections.append("## \(group.rawValue)")
      sections += names.map { HelpPage(commands: table.named($0)).markdown(level: 3) }
    }
    return sections.joined(separator: "\n\n") + "\n"
  }

  /// Every word with a meaning of its own, by kind, for programs that color the language.
  static func words(_ table: CommandTable) -> JSON {
    func sorted(_ words: some Sequence<String>) -> JSON { .array(Set(words).sorted().map { .string($0) }) }
    let connectives: Set<String> = ["and", "or", "not"]
    return [
      "commands": sorted(table.names.flatMap { $0.split(separator: " ").map(String.init) }),
      "clauses": sorted(table.commands.flatMap { $0.allClauses.map(\.name) }),
      "nouns": sorted(ObjectKind.allCases.map(\.rawValue)),
      "constants": sorted(ExpressionEvaluator.reservedWords.subtracting(connectives)),
      "connectives": sorted(connectives),
      "units": sorted(Unit.allCases.map(\.rawValue)),
    ]
  }

  private static let introduction = """
    # The DaSS language

    This page is made from the commands themselves by `dass reference`; do not edit it.

    A statement is a line. It is a command with its arguments, an assignment, or a name or value alone, which is
    shown. `#` starts a comment. A line goes on inside brackets, after a comma, and after a `\\` at its end.

    ```
    epochs = 8                                  # a parameter; papermill can replace it
    pool p = sample 3000 from resnet seed 7     # the noun before the name is checked
    p                                           # shows the pool
    p[1]                                        # its first student
    ```

    Units of numbers: \(Unit.allCases.map { "`\($0.rawValue)` (\($0.meaning))" }.joined(separator: ", ")).

    Values: numbers with or without a unit, texts in single or double quotes, `on` and `off`, `none`, lists `[1, 2]`, ranges `1..4`, and conditions such as
    `macs < 400M and depth >= 8` with `and`, `or`, `not` and parentheses. Names hold letters, digits, `_`, and `-`
    between them; `name = value` binds one. Clauses of a command come in any order, each at most once.

    A failed statement leaves the session as it was, and the statements after it do not run.
    """

  private static var nouns: String {
    "## Nouns\n\n"
      + ObjectKind.allCases.map { "- `\($0.rawValue)`: \($0.meaning)" }.joined(separator: "\n")
  }
}

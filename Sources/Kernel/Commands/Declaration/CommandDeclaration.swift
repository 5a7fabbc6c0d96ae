/// Everything about a command: its name, its arguments, what it says about itself, and the function that runs it.
///
/// Binding of arguments, completion, inspection, help, the reference page, suggestions in errors and the test
/// that runs the examples all read this one value. A new command is one file that declares one of these, and
/// one line in the list of commands.
struct CommandDeclaration: Sendable {
  /// One word, or two with a space between them: `search`, `plot src`.
  let name: String
  let group: CommandGroup
  /// What it does, in one line without a full stop, beginning with a verb: `ranks the students of a pool`.
  let summary: String
  /// More paragraphs for the help page.
  let discussion: String
  /// What follows the name, in this order.
  let parameters: [Parameter]
  /// What follows after that, each begun by its keyword, in any order, each at most once.
  let clauses: [Parameter]
  let result: ResultKind
  let examples: [CommandExample]
  let run: @Sendable (Arguments, CommandContext) throws -> Value

  /// - Parameter run: gets the checked arguments. What it throws is shown under the statement; throw
  ///   `arguments.error(for:...)` to point at one argument. It must poll `context.supervision` when it takes
  ///   long, and must not print results that it can return.
  init(
    _ name: String, group: CommandGroup, summary: String, discussion: String = "",
    parameters: [Parameter] = [],
    clauses: [Parameter] = [], result: ResultKind = .nothing, examples: [CommandExample] = [],
    run: @escaping @Sendable (Arguments, CommandContext) throws -> Value
  ) {
    self.name = name
    self.group = group
    self.summary = summary
    self.discussion = discussion
    self.parameters = parameters
    self.clauses = clauses
    self.result = result
    self.examples = examples
    self.run = run
  }

  /// All clauses: its own, and those that every command with such a result takes.
  var allClauses: [Parameter] {
    guard case .object(.table) = result, !clauses.contains(where: { $0.name == TableForm.clause.name }) else {
      return clauses
    }
    return clauses + [TableForm.clause]
  }

  func parameter(named name: String) -> Parameter? {
    parameters.first { $0.name == name } ?? allClauses.first { $0.name == name }
  }

  /// The command with all it takes, optional parts in brackets: `sample COUNT from SPACE [seed INTEGER]`.
  var signature: String {
    var parts = [name]
    for parameter in parameters {
      let placeholder = parameter.placeholder
      parts.append(parameter.isRequired ? placeholder : "[\(placeholder)]")
    }
    for clause in allClauses {
      let text = [clause.name, clause.type.placeholder].filter { !$0.isEmpty }.joined(separator: " ")
      parts.append(clause.isRequired ? text : "[\(text)]")
    }
    return parts.joined(separator: " ")
  }
}

/// The headings of `help`, in their order.
enum CommandGroup: String, Sendable, CaseIterable {
  case general = "General"
  case data = "Data"
  case teachers = "Teachers"
  case students = "Students and pools"
  case predictors = "Predictors"
  case measurement = "Measuring and comparing"
  case figures = "Figures"
  case files = "Files"
}

/// What a command gives back.
enum ResultKind: Sendable, Hashable {
  case nothing
  /// A number, text, list or other plain value.
  case value
  case object(ObjectKind)

  static let table = ResultKind.object(.table)
  static let figure = ResultKind.object(.figure)

  var objectKind: ObjectKind? {
    if case .object(let kind) = self { kind } else { nil }
  }
}

/// One place of a command, by position or by keyword.
struct Parameter: Sendable {
  /// The keyword of a clause; for a place by position, the name that help and messages use.
  let name: String
  let type: ParameterType
  /// One line, lower case, without a full stop.
  let meaning: String
  let isRequired: Bool
  /// What is taken when it is left out, as a person would write it.
  let defaultText: String?
  /// Values worth offering, as a person would write them.
  let suggestions: [String]

  static func required(
    _ name: String, _ type: ParameterType, _ meaning: String, suggestions: [String] = []
  ) -> Parameter {
    Parameter(
      name: name, type: type, meaning: meaning, isRequired: true, defaultText: nil, suggestions: suggestions)
  }

  /// With `default` nil, `Arguments` tells that it was left out.
  static func optional(
    _ name: String, _ type: ParameterType, default defaultText: String? = nil, _ meaning: String,
    suggestions: [String] = []
  ) -> Parameter {
    Parameter(
      name: name, type: type, meaning: meaning, isRequired: false, defaultText: defaultText,
      suggestions: suggestions)
  }

  /// A clause that is a word alone.
  static func flag(_ name: String, _ meaning: String) -> Parameter {
    Parameter(name: name, type: .flag, meaning: meaning, isRequired: false, defaultText: nil, suggestions: [])
  }

  /// How a place by position looks in a signature.
  var placeholder: String {
    switch type {
    case .choice, .boolean: type.placeholder
    default: name.uppercased()
    }
  }
}

/// A use of a command for its help page; a test reads and, where it can, runs every one.
struct CommandExample: Sendable {
  /// One or more lines; the last is the one shown first.
  let source: String
  /// What it does, for the reader.
  let meaning: String
  /// The exact plain text it prints or shows, run in a new session; nil when it is only checked, not run.
  let output: String?

  init(_ source: String, _ meaning: String = "", output: String? = nil) {
    self.source = source
    self.meaning = meaning
    self.output = output
  }
}

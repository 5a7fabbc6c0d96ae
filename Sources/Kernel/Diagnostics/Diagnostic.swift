import Engine

/// What kind of thing went wrong; the raw value is Jupyter's `ename`.
enum DiagnosticCategory: String, Sendable {
  /// The text is not a statement.
  case syntax = "SyntaxError"
  /// A name or command is not known.
  case name = "NameError"
  /// A command is known but cannot take what it was given.
  case argument = "ArgumentError"
  /// A value is of another kind than the place asks for.
  case kind = "KindError"
  /// A command started and could not do its work.
  case command = "CommandError"
  /// A file or folder cannot be read or written.
  case file = "FileError"
  /// The person asked to stop.
  case interrupted = "Interrupted"
}

/// Something wrong, where, and what to do about it.
struct Diagnostic: Error, Sendable, Equatable {
  var category: DiagnosticCategory
  /// One phrase, lower case, no full stop, naming the thing that is wrong.
  var message: String
  /// Where the caret goes; nil points at nothing.
  var span: SourceSpan?
  /// A few words under the caret, for instance a question naming the closest known name.
  var label: String?
  /// Further facts, one line each.
  var notes: [String]
  /// What to write in place of the span; the renderer shows the whole corrected line.
  var replacement: String?
  /// The next thing to type, when it is not the corrected line.
  var next: String?

  init(
    _ category: DiagnosticCategory, _ message: String, at span: SourceSpan? = nil, label: String? = nil,
    notes: [String] = [], replacement: String? = nil, next: String? = nil
  ) {
    self.category = category
    self.message = message
    self.span = span
    self.label = label
    self.notes = notes
    self.replacement = replacement
    self.next = next
  }

  /// The diagnostic for any error a command throws; `span` is used where the error has no place of its own.
  init(_ error: any Error, at span: SourceSpan?) {
    switch error {
    case var diagnostic as Diagnostic:
      if diagnostic.span == nil { diagnostic.span = span }
      self = diagnostic
    case is Cancelled:
      self.init(.interrupted, "stopped, the session is as it was before this statement", at: span)
    case let error as any ExplainedError:
      self.init(.command, error.problem, at: span, notes: error.advice.map { [$0] } ?? [])
    default:
      self.init(.command, String(describing: error), at: span)
    }
  }
}

/// Runs cells in another language, such as those that start with `%%python`, and helps to write them.
protocol ForeignCellHandler: Sendable {
  /// The words after `%%` that it takes.
  var languages: [String] { get }
  /// Runs the cell; may read and change the session through the context's transaction. Returns what the cell came
  /// to, if anything.
  /// - Throws: `ExecutionFailure` for an error in the words of that language.
  func run(_ cell: ForeignCell, context: CommandContext) throws -> MIMEBundle?
  /// Takes a message of a comm that a cell has opened or offered. False when it came to an error, which was shown; then
  /// nothing of the session changes.
  /// - Throws: as `run`.
  func receive(_ message: CommMessage, context: CommandContext) throws -> Bool
  /// `cursor` and the answer count Unicode scalars from the start of the cell's body.
  func complete(_ cell: ForeignCell, cursor: Int, session: Session) -> Completion
  func inspect(_ cell: ForeignCell, cursor: Int) -> MIMEBundle?
  func completeness(of cell: ForeignCell) -> Completeness
}

/// Runs cells in another language, such as those that start with `%%python`.
protocol ForeignCellHandler: Sendable {
  /// The words after `%%` that it takes.
  var languages: [String] { get }
  /// Runs the cell; may read and change the session through the context's transaction.
  func run(_ cell: ForeignCell, context: CommandContext) throws -> Value
}

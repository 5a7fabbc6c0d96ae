extension CommandTable {
  /// All commands of the program: a new one is a file that declares it, and a line here.
  static let standard = CommandTable(GeneralCommands.all)
}

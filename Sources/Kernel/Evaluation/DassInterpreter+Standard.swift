extension DassInterpreter {
  /// The interpreter as the program offers it: all commands, and the usual places.
  convenience init() {
    self.init(commands: .standard, environment: .standard)
  }
}

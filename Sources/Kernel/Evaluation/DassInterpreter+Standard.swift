import Engine

extension DassInterpreter {
  /// The interpreter as the program offers it: all commands, the usual places, and what every session begins with.
  ///
  /// With a journal, a cell that ends the process is told about in the next one.
  convenience init(journal: SessionJournal? = nil) {
    var environment = Environment.standard
    environment.leftover = journal?.takeLeftover()
    self.init(
      commands: .standard, environment: environment, session: .standard,
      foreignCells: PythonCells(journal: journal), journal: journal)
  }
}

extension Session {
  /// The spaces of the paper, of its code, of once-for-all and of the demo world, the controls that every comparison needs, and the
  /// proxies.
  static var standard: Session {
    var session = Session()
    for space in [ResNetSpace.paper, .code, .onceForAll, .demo] {
      session.registerBuiltIn(space.name, SpaceObject(space: space))
    }
    for control in ControlMethod.all {
      session.registerBuiltIn(control.name, PredictorObject(method: control, making: "built in"))
    }
    for choice in ProxyMethod.Choice.all {
      session.registerBuiltIn(
        choice.name, PredictorObject(method: ProxyMethod(choice: choice), making: "built in"))
    }
    return session
  }
}

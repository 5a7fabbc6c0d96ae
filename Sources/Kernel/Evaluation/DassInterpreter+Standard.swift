import Engine

extension DassInterpreter {
  /// The interpreter as the program offers it: all commands, the usual places, and what every session begins with.
  convenience init() {
    self.init(commands: .standard, environment: .standard, session: .standard)
  }
}

extension Session {
  /// The spaces of the paper and of its code, and the controls that every comparison needs.
  static var standard: Session {
    var session = Session()
    for space in [ResNetSpace.paper, .code] {
      session.registerBuiltIn(space.name, SpaceObject(space: space))
    }
    for control in PredictorObject.Control.allCases {
      session.registerBuiltIn(
        control.rawValue, PredictorObject(method: .control(control), making: "built in"))
    }
    return session
  }
}

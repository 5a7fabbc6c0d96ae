import Engine

/// Why the embedded Python did not do what it was asked for.
enum PythonError: Error, Sendable, Equatable {
  /// Python itself does not start.
  case cannotStart(reason: String)
  /// A package that is needed is not installed, for instance `matplotlib`.
  case missingModule(String)
  /// An exception; `place` is the innermost line of its traceback.
  case raised(type: String, message: String, place: String?)
  /// The program answered with something else than agreed.
  case unexpectedReply
}

extension PythonError: ExplainedError {
  var problem: String {
    switch self {
    case .cannotStart(let reason): "Python does not start: \(reason)"
    case .missingModule(let name): "the Python module \(name) is not installed"
    case .raised(let type, let message, let place):
      "Python raised \(type)" + (message.isEmpty ? "" : ": \(message)") + (place.map { " (\($0))" } ?? "")
    case .unexpectedReply: "Python returned something that is not a figure"
    }
  }

  var advice: String? {
    switch self {
    case .cannotStart: "Install Debian's Python with `apt-get install python3 libpython3.11`"
    case .missingModule(let name):
      switch name.prefix(while: { $0 != "." }) {
      case "matplotlib", "mpl_toolkits": "Install it with `apt-get install python3-matplotlib`"
      case "PIL": "Install it with `apt-get install python3-pil`"
      case let package: "Install it with `apt-get install python3-\(package)`"
      }
    case .raised("MemoryError", _, _): "Draw fewer points, or free some memory"
    case .raised, .unexpectedReply: nil
    }
  }
}

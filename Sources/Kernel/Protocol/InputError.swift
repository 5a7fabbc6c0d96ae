import Engine

/// Why a cell got no answer to its question.
enum InputError: Error, Sendable, Equatable {
  /// The front end said with the request that it takes no questions.
  case notSupported
  /// The person ended the input (Ctrl-D).
  case endOfInput
}

extension InputError: ExplainedError {
  var problem: String {
    switch self {
    case .notSupported: "this front end does not take input"
    case .endOfInput: "the input ended before an answer was given"
    }
  }

  var advice: String? {
    switch self {
    case .notSupported: "Assign the value in the cell instead"
    case .endOfInput: nil
    }
  }
}

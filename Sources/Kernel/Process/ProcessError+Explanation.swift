import Engine
import Foundation

extension ProcessError: ExplainedError {
  var problem: String {
    switch self {
    case .cannotCapture(let stream, let code):
      "cannot capture the stream \(stream): \(String(cString: strerror(code)))"
    case .cannotCatchSignals(let code): "cannot set up signals: \(String(cString: strerror(code)))"
    }
  }

  var advice: String? { "Check the limits of this process, for instance with ulimit -a" }
}

import Engine

/// Why a figure cannot be drawn as it stands.
enum FigureError: Error, Sendable, Equatable {
  case noPanels
  case size(width: Double, height: Double)
  /// A line has a different number of x and y values, or of band edges.
  case unequalCounts(line: String, x: Int, y: Int)
  /// A picture's bytes do not match its size.
  case pixels(caption: String, expected: Int?, found: Int)
}

extension FigureError: ExplainedError {
  var problem: String {
    switch self {
    case .noPanels: "the figure has no panels"
    case .size(let width, let height):
      "a figure cannot be \(width) by \(height) inches"
    case .unequalCounts(let line, let x, let y):
      "the line \"\(line)\" has \(x) x values but \(y) y values"
    case .pixels(let caption, let expected?, let found):
      "the picture \"\(caption)\" has \(found) bytes where its size needs \(expected)"
    case .pixels(let caption, nil, _):
      "the picture \"\(caption)\" needs a positive width and height and 1 or 3 channels"
    }
  }

  var advice: String? {
    switch self {
    case .size: "Choose a width and height between 1 and 40 inches"
    case .noPanels, .unequalCounts, .pixels: nil
    }
  }
}

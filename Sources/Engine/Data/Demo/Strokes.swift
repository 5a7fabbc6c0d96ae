import Foundation

/// A drawing by pen: lines through points of the square from -1 to 1; y goes down.
struct PenDrawing: Sendable {
  typealias Point = SIMD2<Double>

  var lines: [[Point]]

  /// Lines through the points of each list, given as x and y in turn.
  init(_ lines: [Double]...) {
    self.lines = lines.map { numbers in
      stride(from: 0, to: numbers.count - 1, by: 2).map { Point(numbers[$0], numbers[$0 + 1]) }
    }
  }

  /// An arc of an ellipse, its angles in turns, clockwise from the right.
  static func arc(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, from start: Double = 0, to end: Double = 1
  ) -> PenDrawing {
    var drawing = PenDrawing()
    drawing.lines = [
      (0...16).map { step in
        let angle = 2 * Double.pi * (start + (end - start) * Double(step) / 16)
        return Point(x + width * cos(angle), y + height * sin(angle))
      }
    ]
    return drawing
  }

  static func + (one: PenDrawing, other: PenDrawing) -> PenDrawing {
    var sum = one
    sum.lines += other.lines
    return sum
  }

  /// The drawing by an unsteady hand: every point a little off, the whole turned, stretched and moved.
  func drawn(by random: inout RandomSource) -> ProceduralSet.Formula {
    let angle = random.uniform(in: -0.3...0.3)
    let stretch = Point(random.uniform(in: 0.65...0.9), random.uniform(in: 0.65...0.9))
    let shift = Point(random.uniform(in: -0.12...0.12), random.uniform(in: -0.12...0.12))
    let width = random.uniform(in: 0.05...0.09)
    let unsteadiness = random.uniform(in: 0.02...0.09)
    let moved = lines.map { line in
      line.map { point in
        let wobble = Point(random.normal(), random.normal()) * unsteadiness
        let turned = Point(
          cos(angle) * point.x - sin(angle) * point.y, sin(angle) * point.x + cos(angle) * point.y)
        return turned * stretch + shift + wobble
      }
    }
    return .ink { x, y in
      let place = Point(2 * x - 1, 2 * y - 1)
      let distance = moved.reduce(Double.infinity) { min($0, Self.distance(of: place, to: $1)) }
      return step(width - distance, softness: 0.04)
    }
  }

  private static func distance(of place: Point, to line: [Point]) -> Double {
    var smallest = Double.infinity
    for (start, end) in zip(line, line.dropFirst()) {
      let (along, offset) = (end - start, place - start)
      let length = max((along * along).sum(), 1e-9)
      let part = min(1, max(0, (along * offset).sum() / length))
      let difference = offset - part * along
      smallest = min(smallest, (difference * difference).sum())
    }
    return smallest.squareRoot()
  }
}

extension ProceduralSet {
  /// Things drawn with a pen, as in QuickDraw.
  static let strokes = ProceduralSet(
    name: "drawn-strokes", description: "twenty things in a few lines of an unsteady pen",
    kinds: strokeDrawings.map { name, drawing in Kind(name) { drawing.drawn(by: &$0) } })

  private static let strokeDrawings: [(String, PenDrawing)] = [
    ("circle", .arc(0, 0, 0.85, 0.85)),
    ("square", PenDrawing([-0.8, -0.8, 0.8, -0.8, 0.8, 0.8, -0.8, 0.8, -0.8, -0.8])),
    ("triangle", PenDrawing([0, -0.9, 0.9, 0.8, -0.9, 0.8, 0, -0.9])),
    ("star", PenDrawing([0, -0.95, 0.56, 0.8, -0.9, -0.28, 0.9, -0.28, -0.56, 0.8, 0, -0.95])),
    (
      "house",
      PenDrawing([-0.7, 0.9, -0.7, -0.1, 0, -0.9, 0.7, -0.1, 0.7, 0.9, -0.7, 0.9], [-0.7, -0.1, 0.7, -0.1])
    ),
    ("tree", PenDrawing([0, 0.95, 0, 0.1]) + .arc(0, -0.4, 0.6, 0.5)),
    ("fish", .arc(-0.2, 0, 0.65, 0.42) + PenDrawing([0.4, 0, 0.95, -0.4, 0.95, 0.4, 0.4, 0])),
    (
      "face",
      .arc(0, 0, 0.9, 0.9) + .arc(0, 0.1, 0.5, 0.45, from: 0.05, to: 0.45)
        + PenDrawing([-0.35, -0.4, -0.3, -0.2], [0.35, -0.4, 0.3, -0.2])
    ),
    ("arrow", PenDrawing([-0.9, 0, 0.9, 0], [0.35, -0.5, 0.9, 0, 0.35, 0.5])),
    (
      "heart",
      PenDrawing([
        0, 0.9, -0.85, -0.1, -0.75, -0.6, -0.4, -0.75, 0, -0.35, 0.4, -0.75, 0.75, -0.6, 0.85, -0.1, 0, 0.9,
      ])
    ),
    (
      "sun",
      .arc(0, 0, 0.42, 0.42)
        + PenDrawing(
          [0, -0.65, 0, -0.95], [0, 0.65, 0, 0.95], [-0.65, 0, -0.95, 0], [0.65, 0, 0.95, 0],
          [0.46, 0.46, 0.68, 0.68], [-0.46, -0.46, -0.68, -0.68], [0.46, -0.46, 0.68, -0.68],
          [-0.46, 0.46, -0.68, 0.68])
    ),
    (
      "cup",
      PenDrawing([-0.7, -0.6, -0.5, 0.75, 0.3, 0.75, 0.5, -0.6, -0.7, -0.6])
        + .arc(0.5, 0.05, 0.38, 0.35, from: -0.25, to: 0.3)
    ),
    (
      "ladder",
      PenDrawing(
        [-0.45, -0.95, -0.45, 0.95], [0.45, -0.95, 0.45, 0.95], [-0.45, -0.6, 0.45, -0.6],
        [-0.45, -0.1, 0.45, -0.1], [-0.45, 0.4, 0.45, 0.4])
    ),
    (
      "stairs",
      PenDrawing([-0.95, 0.8, -0.95, 0.35, -0.35, 0.35, -0.35, -0.15, 0.3, -0.15, 0.3, -0.7, 0.95, -0.7])
    ),
    ("envelope", PenDrawing([-0.9, -0.6, 0.9, -0.6, 0.9, 0.6, -0.9, 0.6, -0.9, -0.6, 0, 0.15, 0.9, -0.6])),
    (
      "flower",
      .arc(0, -0.55, 0.28, 0.28) + .arc(-0.36, -0.2, 0.25, 0.25) + .arc(0.36, -0.2, 0.25, 0.25)
        + PenDrawing([0, 0, 0, 0.95], [0, 0.6, 0.45, 0.35])
    ),
    ("lightning", PenDrawing([0.3, -0.95, -0.45, 0.1, 0.2, 0.05, -0.3, 0.95])),
    (
      "boat",
      PenDrawing(
        [-0.9, 0.35, -0.5, 0.85, 0.5, 0.85, 0.9, 0.35, -0.9, 0.35], [0, 0.35, 0, -0.9, 0.65, 0.05, 0, 0.05])
    ),
    (
      "umbrella",
      .arc(0, 0.05, 0.9, 0.9, from: 0.5, to: 1)
        + PenDrawing([-0.9, 0.05, 0.9, 0.05], [0, 0.05, 0, 0.8, -0.2, 0.9, -0.35, 0.7])
    ),
    (
      "eye",
      .arc(0, 0.35, 0.95, 0.75, from: 0.58, to: 0.92) + .arc(0, -0.35, 0.95, 0.75, from: 0.08, to: 0.42)
        + .arc(0, 0, 0.25, 0.25)
    ),
  ]
}

import Foundation

extension ProceduralSet {
  /// Leaves of four outlines, sound or sick, as in collections of crop diseases.
  static let leaves = ProceduralSet(
    name: "procedural-leaves", description: "leaves of four outlines, sound, spotted or withered, in color",
    kinds: outlines.flatMap { outline in
      ["sound", "spotted", "withered"].map { state in
        Kind("\(outline.name), \(state)") { leaf(outline.radius, state: state, random: &$0) }
      }
    })

  /// How far the edge is from the middle, 0 to 1, by the angle from the tip in turns, -0.5 to 0.5.
  private static let outlines: [(name: String, radius: @Sendable (Double) -> Double)] = [
    ("round", { _ in 0.72 }),
    ("lanceolate", { turn in 0.34 / hypot(sin(2 * .pi * turn), 0.36 * cos(2 * .pi * turn)) }),
    ("lobed", { turn in 0.62 + 0.28 * cos(2 * .pi * turn * 5) }),
    (
      "heart-shaped",
      { turn in 0.92 - 1.1 * max(0, abs(turn) - 0.32) * 2.2 - 0.28 * abs(sin(2 * .pi * turn)) }
    ),
  ]

  private static func leaf(
    _ radius: @escaping @Sendable (Double) -> Double, state: String, random: inout RandomSource
  ) -> Formula {
    let tip = random.uniform(in: -0.12...0.12)
    let size = random.uniform(in: 0.75...1)
    let middle = (x: random.uniform(in: -0.12...0.12), y: random.uniform(in: -0.12...0.12))
    let green = SIMD3(0.25, 0.52, 0.2) + SIMD3(random.normal(), random.normal(), random.normal()) * 0.06
    let brown = SIMD3(0.5, 0.34, 0.14) + SIMD3(random.normal(), random.normal(), random.normal()) * 0.05
    let ground = SIMD3(repeating: random.uniform(in: 0.55...0.95))
    let spots = GridNoise(random: &random)
    let extent = random.uniform(in: 0.55...0.75)
    return .color { x, y in
      let (dx, dy) = (2 * x - 1 - middle.x, 2 * y - 1 - middle.y)
      let turn = fraction(atan2(dx, -dy) / (2 * .pi) + tip + 0.5) - 0.5
      // 0 in the middle, 1 at the edge.
      let depth = hypot(dx, dy) / (size * radius(turn))
      let vein = step(0.03 - abs(sin(2 * .pi * turn)) * hypot(dx, dy), softness: 0.03)
      var color = green * (1 + 0.35 * vein)
      switch state {
      case "spotted":
        let isSpot = spots.cell(x * 5, y * 5)
        let spot = isSpot.shade > 0.45 ? step(isSpot.margin - 0.35, softness: 0.05) : 0
        color = color * (1 - spot) + brown * spot
      case "withered":
        let dry = step(depth - extent, softness: 0.08)
        color = color * (1 - dry) + brown * dry
      default: break
      }
      let inside = step(1 - depth, softness: 0.04)
      return ground * (1 - inside) + color * inside
    }
  }
}

import Foundation

extension ProceduralSet {
  /// Textures with names that describe them, as in the Describable Textures Dataset.
  static let textures = ProceduralSet(
    name: "procedural-textures", description: "twenty textures in gray",
    kinds: regularTextures + irregularTextures)

  /// A texture of a plane in periods.
  private static func texture(
    _ name: String, periods: ClosedRange<Double> = 2.5...4.5,
    _ ink: @escaping @Sendable (_ u: Double, _ v: Double, _ noise: GridNoise) -> Double
  ) -> Kind {
    Kind(name) { random in
      let plane = PatternPlane(periods: periods, random: &random)
      let noise = GridNoise(random: &random)
      return .ink { x, y in
        let (u, v) = plane(x, y)
        return ink(u, v, noise)
      }
    }
  }

  /// A texture around a middle that lies near the picture's.
  private static func centered(
    _ name: String, _ ink: @escaping @Sendable (_ radius: Double, _ turn: Double, _ periods: Double) -> Double
  ) -> Kind {
    Kind(name) { random in
      let middle = (x: random.uniform(in: 0.3...0.7), y: random.uniform(in: 0.3...0.7))
      let (start, periods) = (random.uniform(), random.uniform(in: 3.5...6))
      return .ink { x, y in
        let (dx, dy) = (x - middle.x, y - middle.y)
        return ink((dx * dx + dy * dy).squareRoot(), atan2(dy, dx) / (2 * .pi) + start, periods)
      }
    }
  }

  private static let regularTextures = [
    texture("striped") { u, _, _ in wave(u) },
    texture("chequered") { u, v, _ in step((fraction(u / 2) - 0.5) * (fraction(v / 2) - 0.5), softness: 0.01)
    },
    texture("dotted") { u, v, _ in
      step(0.32 - hypot(fraction(u) - 0.5, fraction(v) - 0.5), softness: 0.06)
    },
    texture("grid") { u, v, _ in
      step(max(abs(fraction(u) - 0.5), abs(fraction(v) - 0.5)) - 0.38, softness: 0.04)
    },
    texture("bricked") { u, v, _ in
      let row = v.rounded(.down)
      let along = fraction(u / 2 + (Int(row) % 2 == 0 ? 0.5 : 0))
      return 1 - step(max(abs(along - 0.5) * 2 - 0.82, (abs(fraction(v) - 0.5) - 0.34) * 1.5), softness: 0.06)
    },
    texture("wavy") { u, v, _ in wave(u + 0.35 * sin(2 * .pi * v / 1.6)) },
    texture("zigzagged") { u, v, _ in wave(u + abs(fraction(v / 1.6) - 0.5) * 1.6) },
    texture("woven") { u, v, _ in
      let isAlong = (Int(u.rounded(.down)) + Int(v.rounded(.down))) % 2 == 0
      return isAlong ? wave(2 * v) : wave(2 * u)
    },
    texture("scaly") { u, v, _ in
      let row = v.rounded(.down)
      let along = fraction(u + (Int(row) % 2 == 0 ? 0.5 : 0)) - 0.5
      return step(0.14 - abs(hypot(along, fraction(v)) - 0.5), softness: 0.06)
    },
    texture("triangular") { u, v, _ in
      let (a, b) = (fraction(u), fraction(v))
      return a + b < 1 ? 0.05 : 0.95
    },
    texture("honeycombed", periods: 2...3.5) { u, v, noise in
      let row = (v / 0.87).rounded(.down)
      return step(0.18 - noise.cell(u + (Int(row) % 2 == 0 ? 0.5 : 0), v / 0.87, jitter: 0).margin)
    },
    centered("ringed") { radius, _, periods in wave(radius * periods) },
    centered("rayed") { _, turn, periods in wave(turn * (2 * periods).rounded()) },
    centered("spiralled") { radius, turn, periods in wave(radius * periods * 0.8 + turn) },
  ]

  private static let irregularTextures = [
    texture("cracked", periods: 2...3.5) { u, v, noise in step(0.12 - noise.cell(u, v).margin) },
    texture("stony", periods: 2...3.5) { u, v, noise in
      let cell = noise.cell(u, v)
      return cell.margin < 0.08 ? 0 : 0.3 + 0.7 * cell.shade
    },
    texture("speckled", periods: 14...18) { u, v, noise in
      noise.value(Int(u.rounded(.down)), Int(v.rounded(.down))) > 0.6 ? 1 : 0
    },
    texture("cloudy", periods: 1.5...3) { u, v, noise in
      0.65 * noise.smooth(u, v) + 0.35 * noise.smooth(2.1 * u + 7, 2.1 * v)
    },
    texture("marbled", periods: 2...3.5) { u, v, noise in
      wave(u + 1.6 * noise.smooth(u * 0.8, v * 0.8))
    },
    texture("blotchy", periods: 3...5) { u, v, noise in step(noise.smooth(u, v) - 0.5, softness: 0.04) },
  ]
}

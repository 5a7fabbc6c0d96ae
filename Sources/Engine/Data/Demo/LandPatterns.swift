import Foundation

extension ProceduralSet {
  /// Land as from the air, in the ten categories of EuroSAT's kind.
  static let landPatterns = ProceduralSet(
    name: "procedural-land", description: "ten kinds of land as from the air, in color",
    kinds: [
      land("fields") { palette, plane, noise in
        { x, y in
          let (u, v) = plane(x, y)
          let (i, j) = (Int(u.rounded(.down)), Int((v * 0.7).rounded(.down)))
          return palette.mix(palette.grass, palette.soil, noise.value(i, j))
        }
      },
      land("forest") { palette, plane, noise in
        { x, y in
          let (u, v) = plane(x, y)
          return palette.mix(palette.forest * 0.7, palette.forest * 1.3, noise.smooth(4 * u, 4 * v))
        }
      },
      land("pasture") { palette, plane, noise in
        { x, y in
          let (u, v) = plane(x, y)
          return palette.mix(palette.grass, palette.grass * 0.8, noise.smooth(u, v))
        }
      },
      land("river") { palette, plane, noise in
        { x, y in
          let (u, v) = plane(x, y)
          let course = fraction(u / 3 + 0.5 * noise.smooth(v * 0.8, 0.5)) - 0.5
          return palette.mix(
            palette.ground(u, v, noise), palette.water, step(0.09 - abs(course), softness: 0.02))
        }
      },
      land("road") { palette, plane, noise in
        { x, y in
          let (u, v) = plane(x, y)
          let road = abs(fraction(u / 3) - 0.5)
          return palette.mix(palette.ground(u, v, noise), palette.stone, step(0.06 - road, softness: 0.02))
        }
      },
      land("lake") { palette, plane, noise in
        { x, y in
          let (u, v) = plane(x, y)
          let shore = 0.3 - hypot(x - 0.5, y - 0.5) + 0.2 * (noise.smooth(u, v) - 0.5)
          return palette.mix(palette.ground(u, v, noise), palette.water, step(shore, softness: 0.02))
        }
      },
      land("coast") { palette, plane, noise in
        { x, y in
          let (u, v) = plane(x, y)
          let shore = plane.side(x, y) + 0.25 * (noise.smooth(u, v) - 0.5)
          return palette.mix(palette.ground(u, v, noise), palette.water, step(shore, softness: 0.02))
        }
      },
      land("orchard") { palette, plane, noise in
        { x, y in
          let (u, v) = plane(x, y)
          let crown = 0.3 - hypot(fraction(1.6 * u) - 0.5, fraction(1.6 * v) - 0.5)
          return palette.mix(palette.ground(u, v, noise), palette.forest, step(crown))
        }
      },
      land("town") { palette, plane, noise in
        { x, y in
          let (u, v) = plane(x, y)
          let (a, b) = (1.4 * u, 1.4 * v)
          let isHouse = fraction(a) > 0.3 && fraction(b) > 0.3
          let shade = noise.value(Int(a.rounded(.down)), Int(b.rounded(.down)))
          return isHouse ? palette.mix(palette.roof, palette.stone, shade) : palette.stone * 0.7
        }
      },
      land("dunes") { palette, plane, noise in
        { x, y in
          let (u, v) = plane(x, y)
          return palette.sand * (0.7 + 0.4 * wave(u + noise.smooth(u * 0.5, v * 0.5)))
        }
      },
    ])

  private static func land(
    _ name: String,
    _ paint: @escaping @Sendable (Palette, PatternPlane, GridNoise) -> (Double, Double) -> SIMD3<Double>
  ) -> Kind {
    Kind(name) { random in
      let palette = Palette(random: &random)
      let plane = PatternPlane(periods: 2...4, random: &random)
      return .color(paint(palette, plane, GridNoise(random: &random)))
    }
  }
}

/// The colors of land, which vary from picture to picture.
struct Palette: Sendable {
  private static func near(_ red: Double, _ green: Double, _ blue: Double, _ random: inout RandomSource)
    -> SIMD3<Double>
  {
    SIMD3(red, green, blue) + SIMD3(random.normal(), random.normal(), random.normal()) * 0.05
  }

  let grass, forest, soil, water, stone, roof, sand: SIMD3<Double>

  init(random: inout RandomSource) {
    grass = Self.near(0.42, 0.58, 0.28, &random)
    forest = Self.near(0.16, 0.34, 0.18, &random)
    soil = Self.near(0.52, 0.42, 0.3, &random)
    water = Self.near(0.14, 0.26, 0.42, &random)
    stone = Self.near(0.6, 0.6, 0.6, &random)
    roof = Self.near(0.6, 0.34, 0.28, &random)
    sand = Self.near(0.78, 0.68, 0.48, &random)
  }

  func mix(_ one: SIMD3<Double>, _ other: SIMD3<Double>, _ part: Double) -> SIMD3<Double> {
    one * (1 - part) + other * part
  }

  /// Grass and soil in soft patches.
  func ground(_ u: Double, _ v: Double, _ noise: GridNoise) -> SIMD3<Double> {
    mix(grass, soil, noise.smooth(u + 19, v))
  }
}

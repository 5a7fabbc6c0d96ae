import Foundation

extension ProceduralSet {
  /// Sounds as pictures of time (to the right) against frequency (upwards).
  static let spectrograms = ProceduralSet(
    name: "synthetic-spectrograms",
    description: "ten kinds of synthetic sounds as time against frequency, from their formulas, in gray",
    kinds: [
      pitch("tone") { _, _ in 0 },
      pitch("rising chirp") { time, rate in (time - 0.5) * (0.35 + 0.3 * rate) },
      pitch("falling chirp") { time, rate in (0.5 - time) * (0.35 + 0.3 * rate) },
      pitch("vibrato") { time, rate in 0.09 * sin(2 * .pi * time * (3 + 2 * rate)) },
      pitch("siren") { time, rate in 0.3 * (2 * abs(fraction(time * (1.2 + 0.6 * rate)) - 0.5) - 0.5) },
      pitch("warble") { time, rate in fraction(time * (3 + 2 * rate)) < 0.5 ? 0.12 : -0.12 },
      sound("harmonics") { random in
        let base = random.uniform(in: 0.12...0.2)
        return { _, frequency in
          let order = max(1, (frequency / base).rounded())
          return line(frequency - order * base, width: 0.022) * exp(-0.25 * (order - 1))
        }
      },
      sound("bell") { random in
        let (base, start) = (random.uniform(in: 0.12...0.2), random.uniform(in: 0...0.25))
        return { time, frequency in
          let order = max(1, (frequency / base).rounded())
          if time < start { return 0 }
          return line(frequency - order * base, width: 0.022) * exp(-(time - start) * (0.8 + 1.3 * order))
        }
      },
      sound("clicks") { random in
        let (rate, start) = (random.uniform(in: 3...5.5), random.uniform())
        return { time, _ in line((fraction(time * rate + start) - 0.5) / rate, width: 0.02) }
      },
      sound("hiss") { random in
        let (low, width) = (random.uniform(in: 0.15...0.5), random.uniform(in: 0.25...0.4))
        let grain = GridNoise(random: &random)
        return { time, frequency in
          let inside = step(width / 2 - abs(frequency - low - width / 2), softness: 0.03)
          return inside * grain.value(Int(time * 24), Int(frequency * 24))
        }
      },
    ])

  private typealias Intensity = (_ time: Double, _ frequency: Double) -> Double

  /// A single line whose height `course` tells, relative to its middle, from the time and a rate, both 0 to 1.
  private static func pitch(
    _ name: String, _ course: @escaping @Sendable (_ time: Double, _ rate: Double) -> Double
  ) -> Kind {
    sound(name) { random in
      let (middle, rate) = (random.uniform(in: 0.35...0.65), random.uniform())
      let width = random.uniform(in: 0.02...0.04)
      return { time, frequency in line(frequency - middle - course(time, rate), width: width) }
    }
  }

  /// A sound over a noisy ground.
  private static func sound(
    _ name: String, _ intensity: @escaping @Sendable (inout RandomSource) -> Intensity
  ) -> Kind {
    Kind(name) { random in
      let sound = intensity(&random)
      let loudness = random.uniform(in: 0.55...1)
      let floor = random.uniform(in: 0.05...0.45)
      let ground = GridNoise(random: &random)
      return .ink { x, y in
        let hiss = floor * ground.value(Int(x * 16), Int(y * 16))
        return min(1, loudness * sound(x, 1 - y) + hiss)
      }
    }
  }

  private static func line(_ distance: Double, width: Double) -> Double {
    exp(-distance * distance / (width * width))
  }
}

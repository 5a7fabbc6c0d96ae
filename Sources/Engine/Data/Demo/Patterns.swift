import Foundation

/// The plane measured in periods of a pattern: turned, scaled and shifted by chance.
struct PatternPlane {
  private let cosine: Double
  private let sine: Double
  private let frequency: Double
  private let offset: (u: Double, v: Double)

  /// - Parameter periods: how many periods go across the picture.
  /// - Parameter turns: the largest angle either way, in radians.
  init(periods: ClosedRange<Double>, turns: Double = .pi, random: inout RandomSource) {
    let angle = random.uniform(in: -turns...turns)
    (cosine, sine) = (cos(angle), sin(angle))
    frequency = random.uniform(in: periods)
    offset = (random.uniform(in: 0...64), random.uniform(in: 0...64))
  }

  func callAsFunction(_ x: Double, _ y: Double) -> (u: Double, v: Double) {
    (
      (cosine * x - sine * y) * frequency + offset.u,
      (sine * x + cosine * y) * frequency + offset.v
    )
  }

  /// How far a place is to one side of a line near the middle.
  func side(_ x: Double, _ y: Double) -> Double { cosine * (x - 0.5) - sine * (y - 0.5) }
}

/// Irregular patterns over a grid of random numbers that any place can look up.
struct GridNoise {
  private let seed: UInt64

  init(random: inout RandomSource) { seed = random.next() }

  /// A number in `0 ..< 1` for each grid point and channel, always the same.
  func value(_ i: Int, _ j: Int, _ channel: Int = 0) -> Double {
    var z = seed &+ UInt64(bitPattern: Int64(i)) &* 0x9E37_79B9_7F4A_7C15
    z ^= UInt64(bitPattern: Int64(j)) &* 0xC2B2_AE3D_27D4_EB4F
    z = (z ^ UInt64(channel) &* 0x1656_67B1_9E37_79F9) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 30)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }

  /// Smooth between the grid points, 0 to 1.
  func smooth(_ u: Double, _ v: Double) -> Double {
    let (i, j) = (Int(u.rounded(.down)), Int(v.rounded(.down)))
    func ease(_ t: Double) -> Double { t * t * (3 - 2 * t) }
    let (s, t) = (ease(u - Double(i)), ease(v - Double(j)))
    let top = value(i, j) * (1 - s) + value(i + 1, j) * s
    let bottom = value(i, j + 1) * (1 - s) + value(i + 1, j + 1) * s
    return top * (1 - t) + bottom * t
  }

  /// The cell of the nearest of the scattered points, one a grid square, and how much nearer it is than the second.
  func cell(_ u: Double, _ v: Double, jitter: Double = 1) -> (shade: Double, margin: Double) {
    let (i, j) = (Int(u.rounded(.down)), Int(v.rounded(.down)))
    var (nearest, second, shade) = (Double.infinity, Double.infinity, 0.0)
    for (a, b) in (-1...1).flatMap({ a in (-1...1).map { (i + a, j + $0) } }) {
      let x = Double(a) + 0.5 + jitter * (value(a, b, 1) - 0.5) - u
      let y = Double(b) + 0.5 + jitter * (value(a, b, 2) - 0.5) - v
      let distance = (x * x + y * y).squareRoot()
      if distance < nearest {
        (second, nearest, shade) = (nearest, distance, value(a, b, 3))
      } else {
        second = min(second, distance)
      }
    }
    return (shade, second - nearest)
  }
}

/// The part of `value` behind the point.
func fraction(_ value: Double) -> Double { value - value.rounded(.down) }

/// 0 below `-softness`, 1 above it, a ramp between.
func step(_ value: Double, softness: Double = 0.05) -> Double {
  min(1, max(0, 0.5 + value / (2 * softness)))
}

/// A wave of period 1 between 0 and 1.
func wave(_ value: Double) -> Double { 0.5 + 0.5 * cos(2 * .pi * value) }

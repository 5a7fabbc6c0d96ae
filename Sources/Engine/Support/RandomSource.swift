import Foundation

/// A seeded source of random numbers (xoshiro256**, seeded through SplitMix64).
///
/// The same seed gives the same numbers on every machine. Always passed in; never global.
package struct RandomSource: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)
  private var spareNormal: Double?

  package init(seed: UInt64) {
    var mixer = seed
    func next() -> UInt64 {
      mixer &+= 0x9E37_79B9_7F4A_7C15
      var z = mixer
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
    state = (next(), next(), next(), next())
  }

  /// An independent source for a named part of a computation, so that adding one part leaves the others as
  /// they were.
  package init(seed: UInt64, stream: String) {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in stream.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    self.init(seed: seed ^ hash)
  }

  /// Where the sequence stands, to go on later: `init(position:)`.
  package var position: String {
    let spare = spareNormal.map { [$0.bitPattern] } ?? []
    return ([state.0, state.1, state.2, state.3] + spare).map { String($0, radix: 16) }.joined(separator: " ")
  }

  /// Goes on from a `position`; nil if the text is none.
  package init?(position: String) {
    let words = position.split(separator: " ").compactMap { UInt64($0, radix: 16) }
    guard words.count == 4 || words.count == 5 else { return nil }
    state = (words[0], words[1], words[2], words[3])
    spareNormal = words.count == 5 ? Double(bitPattern: words[4]) : nil
  }

  package mutating func next() -> UInt64 {
    func rotate(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
    let result = rotate(state.1 &* 5, 7) &* 9
    let t = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= t
    state.3 = rotate(state.3, 45)
    return result
  }

  /// Uniform in `0 ..< 1`.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform in `range`.
  package mutating func uniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// Uniform in `0 ..< bound`; `bound` must be positive.
  package mutating func integer(below bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

  /// A standard normal number (Box and Muller; both numbers of a pair are used).
  package mutating func normal() -> Double {
    if let spare = spareNormal {
      spareNormal = nil
      return spare
    }
    let radius = (-2 * log(1 - uniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    spareNormal = radius * sin(angle)
    return radius * cos(angle)
  }
}

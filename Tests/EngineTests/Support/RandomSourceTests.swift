import Testing

@testable import Engine

@Suite("Random source") struct RandomSourceTests {
  /// Worked out by a Python program after Blackman and Vigna's description of xoshiro256** and SplitMix64.
  @Test func `the first numbers of a seed never change`() {
    var zero = RandomSource(seed: 0)
    #expect(
      [zero.next(), zero.next(), zero.next()] == [
        11_091_344_671_253_066_420, 13_793_997_310_169_335_082, 1_900_383_378_846_508_768,
      ])
    // All parts of the state have mixed by the thousandth number.
    for _ in 3..<999 { _ = zero.next() }
    #expect(zero.next() == 8_839_594_410_463_124_783)
    var one = RandomSource(seed: 1)
    #expect(
      [one.next(), one.next(), one.next()] == [
        12_966_619_160_104_079_557, 9_600_361_134_598_540_522, 10_590_380_919_521_690_900,
      ])
    var stream = RandomSource(seed: 7, stream: "weights")
    #expect([stream.next(), stream.next()] == [10_077_025_890_603_234_645, 16_789_188_546_450_919_546])
    var uniform = RandomSource(seed: 1)
    #expect(uniform.uniform() == 0.7029218331588505)
  }

  @Test func `streams of one seed differ`() {
    var (a, b) = (RandomSource(seed: 1, stream: "a"), RandomSource(seed: 1, stream: "b"))
    #expect(a.next() != b.next())
  }

  @Test func `numbers stay in their ranges and fill them`() {
    var random = RandomSource(seed: 1)
    let uniform = (0..<4000).map { _ in random.uniform(in: -2...3) }
    #expect(uniform.allSatisfy { (-2..<3).contains($0) })
    #expect(abs(uniform.reduce(0, +) / 4000 - 0.5) < 0.1)
    let integers = (0..<4000).map { _ in random.integer(below: 5) }
    #expect(Set(integers) == [0, 1, 2, 3, 4])
    #expect((0..<5).allSatisfy { value in abs(integers.count { $0 == value } - 800) < 120 })
  }

  @Test func `normal numbers have the moments of the normal distribution`() {
    var random = RandomSource(seed: 1)
    let normal = (0..<20_000).map { _ in random.normal() }
    func moment(_ power: Int) -> Double {
      normal.reduce(0) { sum, x in sum + (0..<power).reduce(1) { product, _ in product * x } } / 20_000
    }
    // Five standard errors each.
    #expect(abs(moment(1)) < 0.035)
    #expect(abs(moment(2) - 1) < 0.05)
    #expect(abs(moment(3)) < 0.14)
    #expect(abs(moment(4) - 3) < 0.35)
  }
}

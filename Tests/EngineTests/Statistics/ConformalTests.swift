import Testing

@testable import Engine

@Suite("Conformal intervals") struct ConformalTests {
  @Test func `by hand`() {
    let measured = (1...9).map { Double($0) }
    let predicted = measured.map { $0 + $0 / 10 }
    // Nine errors 0.1 ... 0.9: for 80 % the eighth, for 90 % the ninth, for more there are too few.
    for (coverage, expected) in [(0.8, 0.8), (0.9, 0.9), (0.05, 0.1)] {
      let interval = ConformalInterval(predicted: predicted, measured: measured, coverage: coverage)
      #expect(abs(interval.halfWidth - expected) < 1e-12)
    }
    #expect(
      ConformalInterval(predicted: predicted, measured: measured, coverage: 0.95).halfWidth == .infinity)
    #expect(ConformalInterval(predicted: [], measured: [], coverage: 0.5).halfWidth == .infinity)
    let interval = ConformalInterval(predicted: [1, 2, 3], measured: [1.5, 2, 3], coverage: 0.5)
    #expect(interval.range(around: 2) == 2...2)
  }

  @Test func `new values lie inside as often as promised`() {
    var random = RandomSource(seed: 3)
    var inside = 0
    let trials = 2000
    for _ in 0..<trials {
      let measured = (0..<20).map { _ in random.normal() }
      let interval = ConformalInterval(
        predicted: measured.map { _ in 0 }, measured: measured, coverage: 0.8)
      if interval.range(around: 0).contains(random.normal()) { inside += 1 }
    }
    // 17 of the 21 exchangeable errors: 0.8095, three standard errors are 0.026.
    #expect(abs(Double(inside) / Double(trials) - 17.0 / 21) < 0.027)
  }
}

import Testing

@testable import Engine

@Suite("Moments") struct MomentsTests {
  @Test func `by hand`() {
    let values = [1.0, 2, 6]
    #expect(values.mean == 3)
    #expect(values.squaredDeviations == 14)
    #expect(values.standardDeviation == 7.0.squareRoot())
    #expect([Double]().mean == nil)
    #expect([1.0].standardDeviation == nil)
  }

  /// Of these the mean, taken plainly, is one unit in the last place off.
  @Test(arguments: [(0.7017, 3), (0.1, 10), (0.7, 3)])
  func `equal values do not vary`(_ value: Double, _ count: Int) {
    let values = [Double](repeating: value, count: count)
    #expect(values.standardDeviation == 0)
    #expect(RankCorrelation.pearson(values, (0..<count).map(Double.init)) == nil)
  }
}

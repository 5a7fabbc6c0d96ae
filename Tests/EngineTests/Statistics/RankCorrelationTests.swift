import Testing

@testable import Engine

/// Expected numbers are worked out by hand or by SciPy 1.17; the expression stands beside each.
@Suite("Rank correlation") struct RankCorrelationTests {
  private let x = [0.3, 1.7, -2, 0.9, 4.4, 0.3, 8, -1, 2.5, 0.9]
  private let y = [2, 1, -1, 2, 3, 0.5, 7, 2, -4, 1]

  private func expect(
    _ found: Double?, _ expected: Double, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try #require(found, sourceLocation: sourceLocation)
    #expect(abs(found - expected) < 1e-14, sourceLocation: sourceLocation)
  }

  @Test func `equal values share the mean of their ranks`() {
    #expect(RankCorrelation.ranks([]) == [])
    #expect(RankCorrelation.ranks([7, 7, 7]) == [2, 2, 2])
    // scipy.stats.rankdata(x)
    #expect(RankCorrelation.ranks(x) == [3.5, 7, 1, 5.5, 9, 3.5, 10, 2, 8, 5.5])
  }

  @Test func `with ties on both sides`() throws {
    // scipy.stats.spearmanr(x, y), kendalltau(x, y), pearsonr(x, y)
    try expect(RankCorrelation.spearman(x, y), 0.39939803247331884)
    try expect(RankCorrelation.kendall(x, y), 0.3096115803492016)
    try expect(RankCorrelation.pearson(x, y), 0.5908765491484951)
  }

  @Test func `by hand`() throws {
    let (a, b) = ([1.0, 2, 3, 4, 5, 6, 7, 8], [2.0, 1, 4, 3, 6, 5, 8, 7])
    // 1 - 6 sum d^2 / (n (n^2 - 1)) with eight differences of 1
    try expect(RankCorrelation.spearman(a, b), 1 - 6 * 8.0 / (8 * 63))
    // 24 pairs agree and 4 do not
    try expect(RankCorrelation.kendall(a, b), 20.0 / 28)
    #expect(RankCorrelation.spearman(a, a.map { -$0 * $0 * $0 }) == -1)
    #expect(RankCorrelation.kendall(a, a.map { $0 * 1e300 }) == 1)
  }

  @Test(arguments: [
    ([1.0, 1, 1], [1.0, 2, 3]), ([1, 2, 3], [4, 4, 4]), ([1], [1]), ([], []), ([1, 2], [1, 2, 3]),
    ([.nan, 1, 2], [1, 2, 3]), ([1, 2, 3], [1, 2, .nan]),
  ])
  func `what does not vary, does not fit or is no number has none`(_ x: [Double], _ y: [Double]) {
    #expect(RankCorrelation.spearman(x, y) == nil)
    #expect(RankCorrelation.kendall(x, y) == nil)
    #expect(Bootstrap.spearman(x, y) == nil)
    #expect(Bootstrap.pairedSpearmanDifference(x, x, measured: y) == nil)
  }

  @Test func `infinite values have ranks like others`() {
    #expect(RankCorrelation.spearman([-.infinity, 0, .infinity], [1, 2, 3]) == 1)
    #expect(RankCorrelation.pearson([-.infinity, 0, .infinity], [1, 2, 3]) == nil)
  }

  @Test func regret() {
    let measured = [0.5, 0.9, 0.7]
    #expect(RankCorrelation.regret(predicted: [1, 3, 2], measured: measured) == 0)
    #expect(RankCorrelation.regret(predicted: [3, 1, 2], measured: measured) == 0.9 - 0.5)
    #expect(RankCorrelation.regret(predicted: [3, 1, 2], measured: measured, top: 2) == 0.9 - 0.7)
    #expect(RankCorrelation.regret(predicted: [3, 1, 2], measured: measured, top: 9) == 0)
    #expect(RankCorrelation.regret(predicted: [], measured: []) == nil)
    #expect(RankCorrelation.regret(predicted: [1], measured: measured) == nil)
  }

  @Test func precision() {
    let measured = [0.5, 0.9, 0.7, 0.8]
    #expect(RankCorrelation.precision(predicted: [4, 3, 2, 1], measured: measured, top: 1) == 0)
    #expect(RankCorrelation.precision(predicted: [4, 3, 2, 1], measured: measured, top: 2) == 0.5)
    #expect(RankCorrelation.precision(predicted: [4, 3, 2, 1], measured: measured, top: 4) == 1)
    #expect(RankCorrelation.precision(predicted: measured, measured: measured, top: 3) == 1)
    // Of equal predictions those that come first count.
    #expect(RankCorrelation.precision(predicted: [0, 0, 0, 0], measured: measured, top: 2) == 0.5)
    for top in [0, 5] {
      #expect(RankCorrelation.precision(predicted: measured, measured: measured, top: top) == nil)
    }
    #expect(RankCorrelation.precision(predicted: [.nan, 1, 2, 3], measured: measured, top: 1) == nil)
  }

  @Test func `a student without a score is never the choice`() {
    #expect(RankCorrelation.regret(predicted: [.nan, 1, 2], measured: [0.9, 0.5, 0.7]) == 0.9 - 0.7)
  }
}

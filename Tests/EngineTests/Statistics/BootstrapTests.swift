import Testing

@testable import Engine

@Suite("Bootstrap") struct BootstrapTests {
  private let x = (0..<40).map { Double($0) }
  private var noisy: [Double] { x.map { $0 + 15 * ($0.truncatingRemainder(dividingBy: 3) - 1) } }

  @Test func `an interval holds its value, and a seed decides it`() throws {
    let found = try #require(Bootstrap.spearman(x, noisy))
    #expect(found.value == RankCorrelation.spearman(x, noisy))
    #expect(found.lower < found.value && found.value < found.upper)
    #expect(found.lower > 0.2 && found.upper < 1)
    #expect(Bootstrap.spearman(x, noisy) == found)
    #expect(Bootstrap.spearman(x, noisy, seed: 1) != found)
  }

  /// Fisher's approximation, tanh(artanh r +- 1.96 sqrt((1 + r^2 / 2) / (n - 3))), is near for 40 students.
  @Test func `its width is what theory says`() throws {
    let found = try #require(Bootstrap.spearman(x, noisy))
    let r = found.value
    let half = 1.96 * ((1 + r * r / 2) / 37).squareRoot()
    let center = Scalar.artanh(r)
    #expect(abs(found.lower - Scalar.tanh(center - half)) < 0.12)
    #expect(abs(found.upper - Scalar.tanh(center + half)) < 0.12)
  }

  @Test func `a perfect order has an interval without width`() {
    #expect(Bootstrap.spearman(x, x) == IntervalEstimate(value: 1, lower: 1, upper: 1))
  }

  @Test func `two predictors are compared on the same students`() throws {
    let same = try #require(Bootstrap.pairedSpearmanDifference(noisy, noisy, measured: x))
    #expect(same == IntervalEstimate(value: 0, lower: 0, upper: 0))
    let better = try #require(Bootstrap.pairedSpearmanDifference(x, noisy, measured: x))
    #expect(better.lower > 0)
    let worse = try #require(Bootstrap.pairedSpearmanDifference(noisy, x, measured: x))
    #expect(worse.value == -better.value)
  }

  @Test func `several runs are averaged, and they vary too`() throws {
    let runs = [RankedRun(predicted: noisy, measured: x), RankedRun(predicted: x, measured: x)]
    let found = try #require(Bootstrap.spearman(of: runs))
    let single = try #require(Bootstrap.spearman(noisy, x))
    #expect(abs(found.value - (single.value + 1) / 2) < 1e-15)
    // Drawn runs are both the worse one in a quarter of the repetitions, both the better one in another.
    #expect(found.lower < single.value + 0.05)
    #expect(found.upper == 1)
    #expect(Bootstrap.spearman(of: [runs[0]]) == single)
    let difference = try #require(Bootstrap.spearmanDifference(runs, [runs[0], runs[0]]))
    #expect(abs(difference.value - (1 - single.value) / 2) < 1e-15)
  }

  @Test func `runs that do not fit have no interval`() {
    let run = RankedRun(predicted: noisy, measured: x)
    #expect(Bootstrap.spearman(of: []) == nil)
    #expect(Bootstrap.spearman(of: [run, RankedRun(predicted: [1, 2, 3], measured: [1, 2, 3])]) == nil)
    #expect(Bootstrap.spearman(of: [run, RankedRun(predicted: x.map { _ in 0 }, measured: x)]) == nil)
    #expect(Bootstrap.spearmanDifference([run], [run, run]) == nil)
  }

  @Test func `several methods are compared over several tasks`() throws {
    func runs(_ predicted: [Double]) -> [RankedRun] { [RankedRun(predicted: predicted, measured: x)] }
    let tasks = [[runs(x), runs(noisy)], [runs(noisy), runs(noisy)]]
    let shared = try #require(RedrawnCorrelations(tasks: tasks, populations: [0, 0]))
    let noisyValue = try #require(RankCorrelation.spearman(noisy, x))
    #expect(shared.values == [(1 + noisyValue) / 2, noisyValue])
    // On the same students the second task adds no difference of its own.
    let difference = try #require(shared.difference(0, 1))
    let single = try #require(RedrawnCorrelations(tasks[0])?.difference(0, 1))
    #expect(abs(difference.value - single.value / 2) < 1e-15)
    #expect(abs(difference.lower - single.lower / 2) < 1e-15)
    // Other students are drawn apart, which narrows the interval of the mean.
    let apart = try #require(RedrawnCorrelations(tasks: tasks, populations: [0, 1]))
    let (together, separate) = (try #require(shared.estimate(of: 1)), try #require(apart.estimate(of: 1)))
    #expect(separate.upper - separate.lower < 0.9 * (together.upper - together.lower))
    #expect(RedrawnCorrelations(tasks: [tasks[0], [runs(x)]], populations: [0, 0]) == nil)
    #expect(
      Verdict(difference) == .better
        && Verdict(IntervalEstimate(value: 0, lower: -1, upper: 1)) == .notToldApart)
  }

  private enum Scalar {
    static func tanh(_ x: Double) -> Double { Double.hyperbolicTangent(x) }
    static func artanh(_ x: Double) -> Double { 0.5 * Double.logarithm((1 + x) / (1 - x)) }
  }
}

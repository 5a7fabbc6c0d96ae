/// What can be said of measured students without any predictor: how their accuracies are spread, how much of that is
/// noise, and how far their cost alone tells their order.
package struct TaskSummary: Sendable {
  package var name: String
  package var teacherAccuracy: Double
  package var students: Int
  /// Smallest, lower quartile, median, upper quartile, largest; of the first seed.
  package var quantiles: [Double]
  /// The standard deviation of one student's accuracy from seed to seed; nil with one seed.
  package var seedDeviation: Double?
  /// The mean correlation between the orders of two seeds, which no predictor of one of them can be expected to exceed by
  /// much; nil with one seed.
  package var seedCorrelation: Double?
  /// How many students were measured with several seeds.
  package var repeatedStudents: Int
  /// Spearman's correlation of accuracy with multiply-adds, and with depth.
  package var multiplyAdds: IntervalEstimate?
  package var depth: IntervalEstimate?

  /// - Parameter runs: measurements with one teacher and other seeds; at least one.
  package init?(_ runs: [MeasuredTask]) {
    guard let first = runs.first, !first.students.isEmpty else { return nil }
    let space = first.teacher.space
    name = first.teacher.datasetName
    teacherAccuracy = first.teacher.accuracy
    students = first.students.count
    let accuracies = first.results.map(\.bestAccuracy)
    let sorted = accuracies.sorted()
    quantiles = (0...4).map { sorted[(sorted.count - 1) * $0 / 4] }
    multiplyAdds = Bootstrap.spearman(
      of: [
        RankedRun(
          predicted: first.students.map { Double(space.cost(of: $0).multiplyAdds) }, measured: accuracies)
      ])
    depth = Bootstrap.spearman(
      of: [RankedRun(predicted: first.students.map { Double($0.depth) }, measured: accuracies)])

    let bySeed = runs.map { run in
      Dictionary(zip(run.students, run.results.map(\.bestAccuracy)), uniquingKeysWith: { first, _ in first })
    }
    let common = first.students.filter { student in bySeed.allSatisfy { $0[student] != nil } }
    repeatedStudents = runs.count > 1 ? common.count : 0
    guard runs.count > 1, common.count > 1 else { return }
    let table = common.map { student in bySeed.compactMap { $0[student] } }
    // Pooled over students, each about its own mean.
    let squares = table.reduce(0.0) { $0 + $1.squaredDeviations }
    seedDeviation = (squares / Double(common.count * (runs.count - 1))).squareRoot()
    var correlations: [Double] = []
    for one in runs.indices {
      for other in runs.indices where other > one {
        if let value = RankCorrelation.spearman(table.map { $0[one] }, table.map { $0[other] }) {
          correlations.append(value)
        }
      }
    }
    seedCorrelation = correlations.mean
  }
}

extension TaskSummary {
  /// How far the order of a task's students follows from what the same students reached on the other tasks: Spearman's
  /// correlation with their mean rank there. A ranking that knows nothing of the task can hardly exceed it. Nil where
  /// no other task has these students.
  package static func sharedOrder(of place: Int, in tasks: [MeasuredTask]) -> IntervalEstimate? {
    let own = tasks[place]
    let others = tasks.indices.filter { $0 != place }.compactMap { other -> [Double]? in
      let known = Dictionary(
        zip(tasks[other].students, tasks[other].results.map(\.bestAccuracy)),
        uniquingKeysWith: { first, _ in first })
      let accuracies = own.students.compactMap { known[$0] }
      return accuracies.count == own.students.count ? RankCorrelation.ranks(accuracies) : nil
    }
    guard !others.isEmpty else { return nil }
    let sums = own.students.indices.map { student in others.reduce(0) { $0 + $1[student] } }
    return Bootstrap.spearman(sums, own.results.map(\.bestAccuracy))
  }
}

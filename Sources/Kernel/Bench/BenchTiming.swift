import Engine

/// The times of one case.
struct BenchTiming {
  let name: String
  let work: BenchWork
  /// Of the first time, which finds caches cold and prepares kernels.
  let first: Double
  /// Of the others, in ascending order.
  let seconds: [Double]

  init(_ type: any BenchCase.Type, options: BenchOptions, repetitions: Int) throws {
    let bench: any BenchCase = try type.init(options)
    name = type.name
    first = try Self.time(bench)
    seconds = try (0..<repetitions).map { _ in try Self.time(bench) }.sorted()
    work = try bench.work
  }

  private static func time(_ bench: any BenchCase) throws -> Double {
    let start = ContinuousClock.now
    try bench.run()
    return (ContinuousClock.now - start) / .seconds(1)
  }

  var median: Double {
    let middle = seconds.count / 2
    return seconds.count % 2 == 1 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2
  }

  func json(peak: MachinePeak) -> JSON {
    [
      "case": .string(name), "threads": .integer(peak.threads), "first": .number(first),
      "seconds": .array(seconds.map { .number($0) }), "unit": .string(work.unit),
      "units": .integer(work.units),
      "operations": .number(work.operations), "peak": .number(peak.operationsPerSecond),
    ]
  }

  static func table(_ timings: [BenchTiming], peak: MachinePeak) -> Table {
    var table = Table(
      columns: [
        "case", "median", "least", "most", "first", "a second", "bound", "reached",
      ].map { Table.Column($0) })
    for timing in timings {
      let bound = timing.work.operations / peak.operationsPerSecond
      table.rows.append([
        .text(timing.name), .duration(timing.median), .duration(timing.seconds[0]),
        .duration(timing.seconds[timing.seconds.count - 1]), .duration(timing.first),
        .text("\(NumberText.count(Double(timing.work.units) / timing.median)) \(timing.work.unit)"),
        .duration(bound), .percent(bound / timing.median),
      ])
    }
    table.notes =
      [
        "peak: \(NumberText.count(peak.operationsPerSecond))FLOPS with \(peak.instructions) on "
          + (peak.threads == 1 ? "1 thread" : "\(peak.threads) threads")
          + "; bound: the case's arithmetic at this rate",
        "first: with cold caches, not among the others",
      ] + timings.flatMap { timing in timing.work.notes.map { "\(timing.name): \($0)" } }
    return table
  }
}

import ArgumentParser
import Engine
import Foundation

/// `dass bench`: how fast this program is on this machine, and how fast it could be.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measures the speed of this machine with this program.",
    discussion: "Cases: \(BenchCases.explained.joined(separator: ", ")).")

  @Argument(help: "What to measure; everything when left out.", completion: .list(BenchCases.names))
  var cases: [String] = []

  @Option(help: "Threads to use; all processors when left out.")
  var threads: Int?

  @Option(help: "How often each case is timed, after a first time that does not count.")
  var repetitions = 5

  @Flag(help: "Less work, for a quick look.")
  var quick = false

  @Flag(help: "Print one JSON object a case, with all times in seconds.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Write a case's inputs and results as safetensors into this folder instead of timing it.",
      valueName: "folder"))
  var exchange: String?

  func validate() throws {
    if let unknown = cases.first(where: { !BenchCases.names.contains($0) }) {
      throw ValidationError(
        "There is no case '\(unknown)'; there are \(BenchCases.names.joined(separator: ", ")).")
    }
    if let threads, !(1...Workers.count).contains(threads) {
      throw ValidationError("--threads takes 1 to \(Workers.count) on this machine.")
    }
    guard repetitions >= 1 else { throw ValidationError("--repetitions takes 1 and more.") }
  }

  func run() throws {
    if let threads { Workers.limit(to: threads) }
    let chosen = BenchCases.all.filter { cases.isEmpty || cases.contains($0.name) }
    let options = BenchOptions(isQuick: quick)
    if let exchange {
      for type in chosen {
        let bench: any BenchCase = try type.init(options)
        try write(bench, into: exchange)
      }
      return
    }
    let peak = try MachinePeak.measure()
    var rows: [BenchTiming] = []
    for type in chosen {
      let timing = try BenchTiming(type, options: options, repetitions: repetitions)
      rows.append(timing)
      if json { print(timing.json(peak: peak).text) }
    }
    if !json { print(TextTable.render(BenchTiming.table(rows, peak: peak))) }
  }

  private func write(_ bench: any BenchCase, into folder: String) throws {
    try AtomicFile.createFolder(folder)
    try bench.inputs.write(to: "\(folder)/inputs.safetensors")
    try bench.results.write(to: "\(folder)/results.safetensors")
  }
}

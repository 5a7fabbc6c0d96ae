import Engine
import Foundation

/// How much is tried. `Scripts/fuzz` sets both variables; a plain test run tries a little of everything.
enum FuzzPlan {
  private static func variable(_ name: String, else standard: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? standard
  }

  /// Inputs for each target in all.
  static let inputs = variable("DASS_FUZZ_INPUTS", else: 20_000)
  static let seed = variable("DASS_FUZZ_SEED", else: 1)
  /// The inputs come in parts, each from a random sequence of its own.
  static let parts = 0..<10

  /// Calls `body` for every input of `part`, and says which inputs took longer than anything may.
  static func run(_ target: String, part: Int, _ body: (inout RandomSource) -> Void) -> [String] {
    var random = RandomSource(seed: UInt64(truncatingIfNeeded: seed), stream: "\(target) \(part)")
    var slow: [String] = []
    for round in 0..<(inputs / parts.count) {
      let start = ContinuousClock.now
      body(&random)
      if ContinuousClock.now - start > .seconds(5) { slow.append("\(target), part \(part), input \(round)") }
    }
    return slow
  }
}

extension RandomSource {
  mutating func element<T>(of list: [T]) -> T { list[integer(below: list.count)] }

  /// `original` after a few random edits: pieces put in, taken out, doubled, and the end cut off.
  mutating func edited<T>(_ original: [T], pieces: [[T]], upTo edits: Int = 6) -> [T] {
    var result = original
    for _ in 0...integer(below: edits) {
      let place = integer(below: result.count + 1)
      switch integer(below: 4) {
      case 0: result.insert(contentsOf: element(of: pieces), at: place)
      case 1 where !result.isEmpty:
        let end = min(result.count, place + 1 + integer(below: 8))
        result.removeSubrange(min(place, end)..<end)
      case 2 where !result.isEmpty:
        let end = min(result.count, place + integer(below: 12))
        result.insert(contentsOf: result[place..<end], at: integer(below: result.count + 1))
      default: result = Array(result.prefix(max(place, 1)))
      }
    }
    return result
  }
}

/// The most that this machine can do, measured: what a time is compared with to see whether it could be shorter.
package struct MachinePeak: Sendable {
  /// The instruction set that the kernels use.
  package let instructions: String
  package let threads: Int
  /// Floating-point operations a second on registers, all threads together; a multiply-add counts as two.
  package let operationsPerSecond: Double

  /// Takes about a third of a second.
  package static func measure(threads: Int = Workers.count) throws -> MachinePeak {
    // Long enough for the clock to settle, and for one interruption not to matter.
    let repetitions = 1 << 20
    var best = 0.0
    for _ in 0..<8 {
      let rates = try Workers.map(pieces: threads, workers: threads) { _ in
        let start = ContinuousClock.now
        let done = SharedWeightConvolution.multiplyAdds(repetitions: repetitions)
        return 2 * Double(done) / ((ContinuousClock.now - start) / .seconds(1))
      }
      best = max(best, rates.reduce(0, +))
    }
    return MachinePeak(
      instructions: SharedWeightConvolution.instructions, threads: threads, operationsPerSecond: best)
  }
}

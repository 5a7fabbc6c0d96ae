import Foundation
import Synchronization

/// Runs work on the threads of one pool, one a core, which serves all of the program.
///
/// Swift's cooperative threads must not be blocked by long computations. Every call of BLAS or oneDNN has one
/// thread, so that the pool uses each core once. Work may be shared out within work: a thread that finds no
/// piece of its own helps the others, so that several students are distilled with a thread each, and a single
/// one with all.
package enum Workers {
  /// As many as there are processors to run on, unless they were limited.
  package static var count: Int { min(processors, limit.load(ordering: .relaxed)) }

  private static let limit = Atomic<Int>(.max)

  /// Uses no more than `count` processors from now on.
  package static func limit(to count: Int) { limit.store(max(count, 1), ordering: .relaxed) }

  /// Those that the process may use: a container or `taskset` may leave it fewer than there are.
  static let processors = max(1, OneDNN.processors)

  /// What stops the computations of this thread: once it is cancelled, `share` leaves out what is not yet begun.
  /// Whoever sets it checks it before any result is used.
  @TaskLocal static var cancellation: CancellationToken?

  /// Calls `body` for each of `0 ..< pieces`, in any order, and waits for all.
  ///
  /// - Throws: the error of the lowest piece that failed; pieces not yet begun are then skipped.
  package static func perform(
    pieces: Int, workers: Int = count, body: @escaping @Sendable (Int) throws -> Void
  ) throws {
    try perform(pieces: pieces, workers: workers) { _, piece in try body(piece) }
  }

  /// The same, where `body` is also told which of the workers it runs on, `0 ..< workers`.
  package static func perform(
    pieces: Int, workers: Int = count, body: @escaping @Sendable (_ worker: Int, _ piece: Int) throws -> Void
  ) throws {
    guard pieces > 0 else { return }
    let failure = Failure()
    let job = PoolJob(pieces: pieces, threads: max(1, workers)) { worker, piece in
      guard failure.first == nil else { return }
      do { try body(worker, piece) } catch { failure.note(piece, error) }
    }
    WorkerPool.shared.run(job, callerTakesPart: WorkerPool.isPoolThread)
    if let error = failure.first { throw error }
  }

  /// The results of `body` for each of `0 ..< pieces`, in order.
  package static func map<Result: Sendable>(
    pieces: Int, workers: Int = count, body: @escaping @Sendable (Int) throws -> Result
  ) throws -> [Result] {
    let results = Results<Result>()
    try perform(pieces: pieces, workers: workers) { piece in
      let result = try body(piece)
      results.byPiece.withLock { $0[piece] = result }
    }
    return results.byPiece.withLock { found in (0..<pieces).compactMap { found[$0] } }
  }

  /// Calls `body` for each of `0 ..< pieces` on this thread, with the help of those that are idle.
  ///
  /// For short pieces of one computation. Results must not depend on who does a piece: what is summed over pieces
  /// is summed afterwards, in their order. `body` runs on several threads at once, so it may only write what belongs
  /// to its piece; it is not marked Sendable, because pieces are told apart by unsafe pointers.
  static func share(_ pieces: Int, _ body: @escaping (Int) -> Void) {
    let token = cancellation
    guard pieces > 1, count > 1 else {
      for piece in 0..<pieces where token?.isCancelled != true { body(piece) }
      return
    }
    nonisolated(unsafe) let body = body
    let job = PoolJob(pieces: pieces, threads: count) { _, piece in
      if token?.isCancelled != true { body(piece) }
    }
    WorkerPool.shared.run(job, callerTakesPart: true)
  }

  /// The results of `body` for each of `0 ..< pieces`, in order, as `share` does them; fewer where the computation was
  /// stopped.
  static func shareMap<Result: Sendable>(_ pieces: Int, _ body: @escaping (Int) -> Result) -> [Result] {
    let results = Results<Result>()
    share(pieces) { piece in
      let result = body(piece)
      results.byPiece.withLock { $0[piece] = result }
    }
    return results.byPiece.withLock { found in (0..<pieces).compactMap { found[$0] } }
  }

  private final class Results<Result: Sendable>: Sendable {
    let byPiece = Mutex<[Int: Result]>([:])
  }

  private final class Failure: Sendable {
    private let lowest = Mutex<(piece: Int, error: any Error)?>(nil)

    func note(_ piece: Int, _ error: any Error) {
      lowest.withLock { if $0.map({ $0.piece > piece }) ?? true { $0 = (piece, error) } }
    }

    var first: (any Error)? { lowest.withLock { $0?.error } }
  }
}

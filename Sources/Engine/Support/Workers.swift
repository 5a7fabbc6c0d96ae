import Foundation
import Synchronization

/// Runs independent pieces of work on threads of their own, one a core.
///
/// Swift's cooperative threads must not be blocked by long computations. Every call of BLAS or oneDNN has one thread,
/// so that the workers use each core once.
package enum Workers {
  /// As many as there are processors to run on, unless they were limited.
  package static var count: Int {
    min(ProcessInfo.processInfo.activeProcessorCount, limit.load(ordering: .relaxed))
  }

  private static let limit = Atomic<Int>(.max)

  /// Uses no more than `count` processors from now on.
  package static func limit(to count: Int) { limit.store(max(count, 1), ordering: .relaxed) }

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
    let shared = Shared(pieces: pieces)
    let group = DispatchGroup()
    for worker in 0..<max(1, min(workers, pieces)) {
      group.enter()
      let thread = Thread {
        while let piece = shared.next() {
          do { try body(worker, piece) } catch { shared.fail(piece, error) }
        }
        group.leave()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    group.wait()
    if let error = shared.error { throw error }
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

  private final class Results<Result: Sendable>: Sendable {
    let byPiece = Mutex<[Int: Result]>([:])
  }

  private final class Shared: Sendable {
    private struct State {
      var next = 0
      var failed: (piece: Int, error: any Error)?
    }

    private let state = Mutex(State())
    private let pieces: Int

    init(pieces: Int) { self.pieces = pieces }

    func next() -> Int? {
      state.withLock { state in
        guard state.failed == nil, state.next < pieces else { return nil }
        defer { state.next += 1 }
        return state.next
      }
    }

    func fail(_ piece: Int, _ error: any Error) {
      state.withLock { state in
        if state.failed.map({ $0.piece > piece }) ?? true { state.failed = (piece, error) }
      }
    }

    var error: (any Error)? { state.withLock { $0.failed?.error } }
  }
}

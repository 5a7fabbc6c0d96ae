import Engine
import Foundation

/// Where a cell that asked a question waits for the answer.
///
/// `@unchecked Sendable`: the answer is only touched while `condition` is locked.
final class InputMailbox: @unchecked Sendable {
  private let condition = NSCondition()
  private var answer: String?
  /// Cells of several shells may ask; the front end is shown one question at a time.
  private var isAsking = false

  func deliver(_ text: String) {
    condition.withLock {
      answer = text
      condition.broadcast()
    }
  }

  /// Makes waiting cells look at their cancellation tokens again.
  func wake() { condition.withLock { condition.broadcast() } }

  /// Calls `send`, which puts the question, when no other question is open, and waits for its answer.
  /// - Throws: `Cancelled` once `cancellation` is cancelled.
  func ask(cancellation: CancellationToken, _ send: () -> Void) throws(Cancelled) -> String {
    condition.lock()
    defer { condition.unlock() }
    while isAsking { try pause(cancellation) }
    isAsking = true
    defer {
      isAsking = false
      condition.broadcast()
    }
    // Forgets an answer that came too late for an earlier question.
    answer = nil
    send()
    while true {
      try cancellation.check()
      if let answer { return answer }
      try pause(cancellation)
    }
  }

  /// The token cannot wake the condition itself, so it is looked at now and then as well.
  private func pause(_ cancellation: CancellationToken) throws(Cancelled) {
    try cancellation.check()
    _ = condition.wait(until: Date(timeIntervalSinceNow: 0.05))
  }
}

import Engine
import Foundation

/// Where a cell that asked a question waits for the answer.
///
/// `@unchecked Sendable`: the answer is only touched while `condition` is locked.
final class InputMailbox: @unchecked Sendable {
  private let condition = NSCondition()
  private var answer: String?

  /// Forgets an answer that came too late for an earlier question.
  func clear() { condition.withLock { answer = nil } }

  func deliver(_ text: String) {
    condition.withLock {
      answer = text
      condition.broadcast()
    }
  }

  /// Makes a waiting cell look at its cancellation token again.
  func wake() { condition.withLock { condition.broadcast() } }

  /// Waits for an answer.
  /// - Throws: `Cancelled` once `cancellation` is cancelled.
  func wait(cancellation: CancellationToken) throws(Cancelled) -> String {
    condition.lock()
    defer { condition.unlock() }
    while true {
      try cancellation.check()
      if let answer {
        self.answer = nil
        return answer
      }
      // The token cannot wake the condition itself, so it is looked at now and then as well.
      _ = condition.wait(until: Date(timeIntervalSinceNow: 0.05))
    }
  }
}

import Foundation

/// A door that is opened once, for threads that wait before it.
///
/// `@unchecked Sendable`: the flag is only touched while `condition` is locked.
final class Latch: @unchecked Sendable {
  private let condition = NSCondition()
  private var isOpen = false

  func open() {
    condition.withLock {
      isOpen = true
      condition.broadcast()
    }
  }

  /// Returns when the door is open. After `limit` seconds it opens by itself, for everyone.
  func wait(atMost limit: TimeInterval) {
    condition.withLock {
      let deadline = Date(timeIntervalSinceNow: limit)
      while !isOpen, condition.wait(until: deadline) {}
      isOpen = true
    }
  }
}

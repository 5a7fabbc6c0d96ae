import Foundation

/// A first-in, first-out queue between threads, whose reader waits for elements.
///
/// `@unchecked Sendable`: the fields are only touched while `condition` is locked.
final class BlockingQueue<Element: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var elements: [Element] = []
  private var isClosed = false

  func append(_ element: Element) {
    condition.withLock {
      elements.append(element)
      condition.signal()
    }
  }

  /// The next element, waiting for it; nil once the queue is closed and empty.
  ///
  /// - Parameters:
  ///   - patience: seconds to wait before `body`.
  ///   - body: is called once where nothing has come until then; elements can be appended meanwhile.
  func next(after patience: TimeInterval, _ body: () -> Void) -> Element? {
    let deadline = Date(timeIntervalSinceNow: patience)
    let rests = condition.withLock {
      while elements.isEmpty, !isClosed { if !condition.wait(until: deadline) { return true } }
      return false
    }
    if rests { body() }
    return next()
  }

  /// The next element, waiting for it; nil once the queue is closed and empty.
  func next() -> Element? {
    condition.withLock {
      while elements.isEmpty, !isClosed { condition.wait() }
      return elements.isEmpty ? nil : elements.removeFirst()
    }
  }

  /// Removes and returns what waits now and fulfils `isTaken`.
  func takeAll(where isTaken: (Element) -> Bool = { _ in true }) -> [Element] {
    condition.withLock {
      defer { elements.removeAll(where: isTaken) }
      return elements.filter(isTaken)
    }
  }

  func close() {
    condition.withLock {
      isClosed = true
      condition.broadcast()
    }
  }
}

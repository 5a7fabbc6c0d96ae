import Foundation

/// A thread of our own with a name and a stack size, for work that blocks or goes deep: Swift's cooperative pool
/// has one thread a processor, and none of them may wait.
final class DedicatedThread: Sendable {
  private let finished: DispatchGroup

  /// Starts `body` at once. `stackSize` counts bytes.
  init(name: String, stackSize: Int = 1 << 20, body: @escaping @Sendable () -> Void) {
    let group = DispatchGroup()
    group.enter()
    let thread = Thread {
      body()
      group.leave()
    }
    thread.name = name
    thread.stackSize = stackSize
    thread.start()
    finished = group
  }

  /// Waits until the body has returned.
  func join() { finished.wait() }
}

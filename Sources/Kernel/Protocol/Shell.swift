import Engine
import Foundation
import Synchronization

/// A row of cells, and of comms' messages, that run one after the other, on a thread of its own, beside those of other shells (JEP 91).
///
/// All shells share the session. Each counts its cells and has its own row in the history.
final class Shell: Sendable {
  private struct State: Sendable {
    /// The number of the last cell that counted.
    var executionCount = 0
    /// The cell that runs now.
    var running: (token: CancellationToken, output: CellOutput)?
  }

  let history: HistoryStore
  private let requests = BlockingQueue<KernelCore.Request>()
  private let state = Mutex(State())
  private let thread = Mutex<DedicatedThread?>(nil)

  /// Recursive evaluation of hostile or generated code goes deep.
  static let stackSize = 64 << 20

  init(history: HistoryStore) { self.history = history }

  /// Begins to hand requests to `execute`.
  func start(name: String, execute: @escaping @Sendable (KernelCore.Request) -> Void) {
    thread.withLock {
      $0 = DedicatedThread(name: name, stackSize: Self.stackSize) { [requests] in
        while let request = requests.next(after: RestingMemory.patience, RestingMemory.giveBack) {
          execute(request)
        }
      }
    }
  }

  func append(_ request: KernelCore.Request) { requests.append(request) }

  /// Takes the cells that wait; messages of comms stay.
  func takeCells() -> [KernelCore.Request] { requests.takeAll { $0.type == .executeRequest } }

  /// The number that the last cell got.
  var executionCount: Int { state.withLock { $0.executionCount } }

  /// A cell begins to run; the answer is its number, which later cells have as well unless this one `counts`.
  func begin(_ token: CancellationToken, _ output: CellOutput, counts: Bool) -> Int {
    state.withLock { state in
      state.running = (token, output)
      let count = state.executionCount + 1
      if counts { state.executionCount = count }
      return count
    }
  }

  func end() { state.withLock { $0.running = nil } }

  /// Asks the running cell to stop; without one, nothing happens.
  ///
  /// Whoever asks again is told that it was heard: a cell is never cut off, because its state would go with it.
  func interrupt() {
    guard let running = state.withLock({ $0.running }) else { return }
    if running.token.isCancelled {
      running.output.write("(stopping, as soon as the step that runs has ended)\n", to: .stderr)
    }
    running.token.cancel()
  }

  /// Takes no more requests, and asks the running cell to stop. The thread ends when it has.
  func close() {
    requests.close()
    interrupt()
  }

  /// Returns when the thread has ended.
  func join() { thread.withLock { $0 }?.join() }
}

import Foundation
import Synchronization

/// Pieces of work that any thread may take, one at a time.
final class PoolJob: Sendable {
  typealias Body = @Sendable (_ worker: Int, _ piece: Int) -> Void

  private let pieces: Int
  private let threads: Int
  private let body: Body
  private let next = Atomic<Int>(0)
  private let unfinished: Atomic<Int>
  private let entered = Atomic<Int>(0)
  private let isAwaited = Atomic<Bool>(false)
  private let finished = DispatchSemaphore(value: 0)

  /// - Parameter threads: how many may work on it, each of which is told its number.
  init(pieces: Int, threads: Int, body: @escaping Body) {
    self.pieces = pieces
    self.threads = threads
    self.body = body
    unfinished = Atomic(pieces)
  }

  /// Whether another thread would find something to do.
  var isInviting: Bool {
    next.load(ordering: .relaxed) < pieces && entered.load(ordering: .relaxed) < threads
  }

  /// Does pieces until none is left, unless enough threads do.
  func work() {
    let worker = entered.add(1, ordering: .relaxed).oldValue
    guard worker < threads else { return }
    while true {
      let piece = next.add(1, ordering: .relaxed).oldValue
      guard piece < pieces else { return }
      body(worker, piece)
      if unfinished.subtract(1, ordering: .sequentiallyConsistent).newValue == 0,
        isAwaited.load(ordering: .sequentiallyConsistent)
      {
        finished.signal()
      }
    }
  }

  /// Waits until all pieces are done: attentively for as long as waking a thread takes, then asleep.
  func wait(attentively: Bool) {
    if attentively, spin(while: { unfinished.load(ordering: .acquiring) > 0 }) { return }
    isAwaited.store(true, ordering: .sequentiallyConsistent)
    if unfinished.load(ordering: .sequentiallyConsistent) > 0 { finished.wait() }
  }
}

/// The threads behind `Workers`.
///
/// An idle thread watches for new work for some 50 microseconds before it goes to sleep: the pieces of a
/// training step follow each other faster than a thread can be woken, and waiting longer would take time from
/// other programs.
final class WorkerPool: Sendable {
  static let shared = WorkerPool(threads: Workers.processors)

  /// Whether the current thread belongs to the pool.
  @TaskLocal static var isPoolThread = false

  private struct State: Sendable {
    /// Jobs with pieces to take, the oldest first: whole students come before the parts of one.
    var open: [PoolJob] = []
    /// The numbers of the threads that wait for their bell.
    var sleepers: [Int] = []
  }

  private let state = Mutex(State())
  private let opened = Atomic<Int>(0)
  /// One a thread: of a common one, a thread that finds nothing to do could take what was to wake another.
  private let bells: [DispatchSemaphore]
  private let allowed: @Sendable () -> Int

  /// - Parameter allowed: how many of the threads may work now, the first ones.
  init(threads: Int, allowed: @escaping @Sendable () -> Int = { Workers.count }) {
    self.allowed = allowed
    bells = (0..<threads).map { _ in DispatchSemaphore(value: 0) }
    for number in 0..<threads {
      let thread = Thread { [self] in
        WorkerPool.$isPoolThread.withValue(true) { serve(number) }
      }
      thread.name = "worker \(number)"
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  /// Has `job` done; the calling thread does pieces too, or only waits.
  func run(_ job: PoolJob, callerTakesPart: Bool) {
    let woken = state.withLock { state in
      state.open.append(job)
      let allowed = allowed()
      let woken = state.sleepers.filter { $0 < allowed }
      state.sleepers.removeAll { $0 < allowed }
      return woken
    }
    opened.add(1, ordering: .releasing)
    for number in woken { bells[number].signal() }
    if callerTakesPart {
      job.work()
      close(job)
    }
    job.wait(attentively: callerTakesPart)
  }

  private func serve(_ number: Int) {
    while true {
      let seen = opened.load(ordering: .acquiring)
      if number < allowed(), let job = take() {
        job.work()
        close(job)
      } else if !spin(while: { opened.load(ordering: .acquiring) == seen }) {
        sleep(number)
      }
    }
  }

  private func take() -> PoolJob? {
    state.withLock { $0.open.first(where: \.isInviting) }
  }

  /// Called when all pieces of `job` are taken.
  private func close(_ job: PoolJob) {
    state.withLock { state in state.open.removeAll { $0 === job } }
  }

  private func sleep(_ number: Int) {
    let mustSleep = state.withLock { state in
      guard number >= allowed() || !state.open.contains(where: \.isInviting) else { return false }
      state.sleepers.append(number)
      return true
    }
    if mustSleep { bells[number].wait() }
  }
}

/// Spins for about 50 microseconds at most; tells whether the condition ended within that time.
private func spin(while condition: () -> Bool) -> Bool {
  let end = ContinuousClock.now + .microseconds(50)
  repeat {
    for _ in 0..<64 where !condition() { return true }
  } while ContinuousClock.now < end
  return !condition()
}

import Synchronization

/// One step of a long computation, as shown in a progress bar.
package struct ProgressEvent: Sendable, Equatable {
  /// What is going on, for instance `training teacher t`.
  package var stage: String
  /// Steps done so far, `0...total`.
  package var completed: Int
  package var total: Int
  /// A short figure worth watching, for instance `accuracy 81.2 %`.
  package var detail: String?

  package init(stage: String, completed: Int, total: Int, detail: String? = nil) {
    self.stage = stage
    self.completed = completed
    self.total = total
    self.detail = detail
  }
}

/// Receives the progress of a long computation, from any thread.
package protocol ProgressSink: Sendable {
  func report(_ event: ProgressEvent)
}

/// A sink that ignores all progress.
package struct SilentProgress: ProgressSink {
  package init() {}
  package func report(_ event: ProgressEvent) {}
}

/// Thrown by a long computation that was asked to stop.
package struct Cancelled: Error, Sendable, Equatable {
  package init() {}
}

/// A flag that asks a computation to stop. Long loops poll it at least every 10 ms or once a batch.
package final class CancellationToken: Sendable {
  private let flag = Atomic<Bool>(false)

  package init() {}

  package var isCancelled: Bool { flag.load(ordering: .acquiring) }

  package func cancel() { flag.store(true, ordering: .releasing) }

  /// - Throws: `Cancelled` once `cancel()` was called.
  package func check() throws(Cancelled) {
    if isCancelled { throw Cancelled() }
  }
}

/// What a long computation gets beside its inputs: somewhere to report to, and a way to be stopped.
package struct Supervision: Sendable {
  package var progress: any ProgressSink
  package var cancellation: CancellationToken

  package init(
    progress: any ProgressSink = SilentProgress(),
    cancellation: CancellationToken = CancellationToken()
  ) {
    self.progress = progress
    self.cancellation = cancellation
  }
}

import Synchronization

/// Adds up the progress of several threads.
package final class ProgressCounter: Sendable {
  private let completed: Mutex<Int>
  private let total: Int
  private let stage: String
  private let sink: any ProgressSink

  /// - Parameter completed: steps that were done before.
  package init(completed: Int = 0, total: Int, stage: String, sink: any ProgressSink) {
    self.completed = Mutex(completed)
    self.total = total
    self.stage = stage
    self.sink = sink
  }

  package func advance(by count: Int = 1, detail: String? = nil) {
    completed.withLock { completed in
      completed += count
      sink.report(ProgressEvent(stage: stage, completed: completed, total: total, detail: detail))
    }
  }
}

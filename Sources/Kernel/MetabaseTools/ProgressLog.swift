import Engine
import Foundation
import Synchronization

/// Progress as lines of a log, one in half a minute.
final class ProgressLog: OutputSink {
  private static let interval = Duration.seconds(30)
  private let lastLine = Mutex<ContinuousClock.Instant?>(nil)

  /// A sink for standard error: a line that updates itself where a person watches, a log elsewhere.
  static func sink() -> ProgressDisplay {
    isatty(STDERR_FILENO) == 1
      ? ProgressDisplay(output: ScriptPrinter(usesJSON: false, writesProgress: true))
      : ProgressDisplay(output: ProgressLog())
  }

  func display(_ bundle: MIMEBundle, displayID: String?) { write(bundle.plainText + "\n", to: .stderr) }

  func updateDisplay(_ bundle: MIMEBundle, displayID: String) {
    let now = ContinuousClock.now
    let isDue = lastLine.withLock { last in
      if let last, now - last < Self.interval { return false }
      last = now
      return true
    }
    if isDue { display(bundle, displayID: displayID) }
  }

  func write(_ text: String, to stream: StreamName) { ScriptPrinter.writeToFile(text, stream) }

  func clearOutput(wait: Bool) {}

  func requestInput(prompt: String, isPassword: Bool, cancellation: CancellationToken) throws -> String {
    throw Diagnostic(.command, "there is nobody to ask")
  }
}

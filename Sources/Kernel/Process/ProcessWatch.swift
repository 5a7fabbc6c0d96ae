import CProcess
import Foundation

/// Signals and the parent process, which both may ask a kernel to stop.
enum ProcessWatch {
  /// Catches SIGINT, SIGTERM and SIGHUP; they wait until `watchSignals` looks at them.
  /// - Throws: `ProcessError`.
  static func catchSignals() throws(ProcessError) {
    if dass_catch_signals() != 0 { throw .cannotCatchSignals(errno: errno) }
  }

  /// Starts a thread that turns SIGINT into `interrupt` and SIGTERM and SIGHUP into `terminate`.
  static func watchSignals(
    interrupt: @escaping @Sendable () -> Void, terminate: @escaping @Sendable () -> Void
  ) {
    _ = DedicatedThread(name: "dass-signals") {
      while true {
        if dass_wait_for_signal() == DASS_SIGNAL_INTERRUPT { interrupt() } else { terminate() }
      }
    }
  }

  /// Starts a thread that calls `orphaned` once the process that asked for this kernel has ended.
  ///
  /// Only where Jupyter named it (`JPY_PARENT_PID`): a kernel that was started by hand may outlive its shell. The
  /// parent is compared, not tested for 1, because orphans may be adopted by another process.
  static func watchParent(
    environment: [String: String], orphaned: @escaping @Sendable () -> Void
  ) {
    guard let named = environment["JPY_PARENT_PID"].flatMap({ pid_t($0) }), named > 1 else { return }
    let parent = getppid()
    _ = DedicatedThread(name: "dass-parent") {
      while getppid() == parent, kill(named, 0) == 0 || errno != ESRCH { usleep(500_000) }
      orphaned()
    }
  }

  /// Sends reports of crashes to `descriptor`, in place of the captured standard error stream, and into `file`.
  static func reportCrashes(to descriptor: Int32, file: String) {
    _ = dass_report_crashes_to(descriptor, file)
  }

  /// A copy of standard error that stays with the process's own log when descriptor 2 is captured.
  static func savedStandardError() -> Int32 {
    let copy = dass_duplicate(STDERR_FILENO)
    return copy < 0 ? STDERR_FILENO : copy
  }
}

import Engine
import Foundation

/// A process that serves one connection as a kernel, from start to exit.
enum KernelProcess {
  /// Serves until a client, a signal or the end of the parent process asks to stop, then ends the process.
  /// - Throws: `ConnectionError`, `ZeroMQError`, `WireError`, `FileError`, `ProcessError`, all before anything is
  ///   served.
  static func serve(
    connectionFile path: String, makeInterpreter: (SessionJournal) -> any Interpreter
  ) throws -> Never {
    try ProcessWatch.catchSignals()
    let standardError = ProcessWatch.savedStandardError()
    let log = KernelLog(descriptor: standardError)
    let environment = ProcessInfo.processInfo.environment

    let historyPath = HistoryStore.defaultPath(environment: environment)
    let journal = SessionJournal(historyPath: historyPath, connectionFile: path, environment: environment)
    ProcessWatch.reportCrashes(to: standardError, file: journal.reportPath)
    let connection = try ConnectionInfo(contentsOfFile: path)
    let transport = try ZeroMQTransport(connection, codec: WireCodec(key: connection.key), log: log)
    if transport.connection != connection { try transport.connection.writePorts(to: path) }
    try transport.register()
    let history = HistoryStore(path: historyPath, log: log)
    let capture = try OutputCapture([(STDOUT_FILENO, .stdout), (STDERR_FILENO, .stderr)])
    let stopRequested = DispatchSemaphore(value: 0)
    let core = KernelCore(
      interpreter: makeInterpreter(journal), transport: transport, history: history, log: log,
      capture: capture,
      outputLogFolder: Environment.standard.cacheDirectory.appendingPathComponent("output").path,
      onShutdown: { stopRequested.signal() })

    _ = capture.start()
    core.start()
    transport.start(receiver: core)
    ProcessWatch.watchSignals(interrupt: { core.interrupt() }, terminate: { stopRequested.signal() })
    ProcessWatch.watchParent(environment: environment, orphaned: { stopRequested.signal() })
    stopRequested.wait()
    journal.close()

    // A cell that does not look at its token must not keep the process: Jupyter waits 2.5 s before it kills.
    let deadline = DispatchTime.now() + .milliseconds(1500)
    DispatchQueue.global().asyncAfter(deadline: deadline) { _exit(0) }
    ProcessTable.endDescendants()
    core.stop()
    history.close()
    transport.stop()
    // Not exit(): its handlers deadlock with a matrix product that still runs in another thread.
    _exit(0)
  }
}

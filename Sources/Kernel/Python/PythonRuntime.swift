import CPython
import Dispatch
import Engine
import Foundation
import Synchronization

/// A Python module that is loaded into the embedded interpreter when it is first called.
struct PythonProgram: Sendable {
  var name: String
  var source: String
}

/// The embedded Python interpreter. Nothing of it runs before the first call.
///
/// Python lives on one thread of its own, with a stack as large as a main thread's, and never ends before the
/// process does. Calls are served one after the other, in the order they came.
final class PythonRuntime: Sendable {
  /// The only one: a process holds one Python.
  static let shared = PythonRuntime()

  /// Debian's Python, whose packages the distribution installs; never one of a virtual environment.
  private static let interpreter = "/usr/bin/python3"
  private static let stackSize = 16 << 20

  private struct State {
    var hasThread = false
    var waiting: [Call] = []
    var callsMade = 0
  }

  private let state = Mutex(State())
  private let arrivals = DispatchSemaphore(value: 0)

  private init() {}

  /// Calls `function` of `program` with `request` and waits for the bytes it returns.
  ///
  /// A cancelled call ends at once for the caller; Python is asked to stop, which it does at its next step.
  /// - Throws: `PythonError`; `Cancelled`.
  func call(
    _ function: String, of program: PythonProgram, with request: [UInt8], cancellation: CancellationToken
  ) throws -> [UInt8] {
    try cancellation.check()
    let call = enqueue(program: program, function: function, request: request)
    while call.finished.wait(timeout: .now() + .milliseconds(10)) == .timedOut {
      guard cancellation.isCancelled else { continue }
      call.abandon()
      dass_python_interrupt(call.number)
      throw Cancelled()
    }
    return try call.outcome().get()
  }

  private func enqueue(program: PythonProgram, function: String, request: [UInt8]) -> Call {
    let (call, needsThread) = state.withLock { state in
      state.callsMade += 1
      let call = Call(number: state.callsMade, program: program, function: function, request: request)
      state.waiting.append(call)
      defer { state.hasThread = true }
      return (call, !state.hasThread)
    }
    if needsThread {
      let thread = Thread { [self] in serve() }
      thread.name = "python"
      thread.stackSize = Self.stackSize
      thread.start()
    }
    arrivals.signal()
    return call
  }

  /// The life of Python's thread.
  private func serve() {
    let failure = Self.start()
    var loaded: Set<String> = []
    while true {
      arrivals.wait()
      guard let call = state.withLock({ $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }) else {
        continue
      }
      if call.isAbandoned { continue }
      do {
        if let failure { throw failure }
        if !loaded.contains(call.program.name) {
          // Not interruptible: modules in C that are cut off half loaded cannot be loaded again.
          _ = try Self.taking(dass_python_load(call.program.name, call.program.source))
          loaded.insert(call.program.name)
        }
        let reply = try call.request.withUnsafeBufferPointer { request in
          try Self.taking(
            dass_python_call(
              call.program.name, call.function, request.baseAddress, request.count, call.number))
        }
        call.finish(.success(reply))
      } catch {
        call.finish(.failure(error))
      }
    }
  }

  private static func start() -> PythonError? {
    guard let reason = dass_python_start(interpreter) else { return nil }
    defer { free(reason) }
    return .cannotStart(reason: String(cString: reason))
  }

  /// Copies a reply's content out of C and frees it.
  private static func taking(_ reply: dass_python_reply) throws(PythonError) -> [UInt8] {
    var reply = reply
    defer { dass_python_reply_free(&reply) }
    if let bytes = reply.bytes { return Array(UnsafeBufferPointer(start: bytes, count: reply.count)) }
    func text(_ string: UnsafeMutablePointer<CChar>?) -> String? { string.map { String(cString: $0) } }
    if let module = text(reply.missing_module) { throw .missingModule(module) }
    throw .raised(
      type: text(reply.error_type) ?? "Exception", message: text(reply.error_message) ?? "",
      place: text(reply.error_place))
  }
}

/// One call on its way to Python's thread and back.
private final class Call: Sendable {
  let number: Int
  let program: PythonProgram
  let function: String
  let request: [UInt8]
  let finished = DispatchSemaphore(value: 0)
  private let abandoned = Atomic<Bool>(false)
  private let result = Mutex<Result<[UInt8], any Error>?>(nil)

  init(number: Int, program: PythonProgram, function: String, request: [UInt8]) {
    self.number = number
    self.program = program
    self.function = function
    self.request = request
  }

  var isAbandoned: Bool { abandoned.load(ordering: .acquiring) }

  /// Nobody waits for the outcome any more.
  func abandon() { abandoned.store(true, ordering: .releasing) }

  func finish(_ outcome: Result<[UInt8], any Error>) {
    result.withLock { $0 = outcome }
    finished.signal()
  }

  /// To be asked after `finished`.
  func outcome() -> Result<[UInt8], any Error> {
    result.withLock { $0 } ?? .failure(Cancelled())
  }
}

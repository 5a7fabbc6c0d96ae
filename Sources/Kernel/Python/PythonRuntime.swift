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

/// Answers what a call asks of the program while it runs, on Python's threads.
protocol PythonHost: Sendable {
  /// `request` is there until the answer is.
  func answer(_ kind: Int32, _ request: UnsafeBufferPointer<UInt8>) -> [UInt8]
}

/// The embedded Python interpreter. Nothing of it runs before the first call.
///
/// Python lives on one thread of its own, with a stack as large as a shell's, and never ends before the
/// process does. Calls are served one after the other, in the order they came. Questions, such as what completes a
/// word, have a second thread, so that they are answered while a call runs.
final class PythonRuntime: Sendable {
  /// The only one: a process holds one Python.
  static let shared = PythonRuntime()

  /// Debian's Python, whose packages the distribution installs; never one of a virtual environment.
  private static let interpreter = "/usr/bin/python3"
  /// Statements run there as well, when Python asks for it.
  private static let stackSize = Shell.stackSize
  /// The version of Python that packages must be made for.
  static let version = DASS_PYTHON_VERSION
  /// Names folders of packages for `%%python` cells, beside the system's.
  static let packagesVariable = "DASS_PYTHON_PACKAGES"
  /// Whether this thread answers what Python asks, and so is one of Python's.
  @TaskLocal private static var isAnswering = false

  private let calls = BlockingQueue<Call>()
  private let questions = BlockingQueue<Call>()
  private let callsMade = Atomic<Int>(0)
  private let running = Mutex<Call?>(nil)
  private let threads = Mutex<[DedicatedThread]>([])
  private let startFailure = Mutex<PythonError?>(nil)
  /// The programs that are loaded; held while one is being loaded.
  private let loaded = Mutex<Set<String>>([])
  /// Stays after its call: what a thread of that call writes later still belongs to it.
  private let host = Mutex<(any PythonHost)?>(nil)

  private init() {}

  /// Calls `function` of `program` with `request` and waits for the bytes it returns.
  ///
  /// From an answer to what Python asks, the call runs at once: Python waits for the answer.
  ///
  /// Python is asked to stop a cancelled call, which it does at its next step or at the end of the C code that it
  /// is in. The caller waits for that no longer than `patience`; calls that come later do.
  /// - Throws: `PythonError`; `Cancelled`.
  func call(
    _ function: String, of program: PythonProgram, with request: [UInt8], cancellation: CancellationToken,
    patience: Duration = .zero, host: (any PythonHost)? = nil
  ) throws -> [UInt8] {
    try cancellation.check()
    if Self.isAnswering { return try callNested(function, of: program, with: request, cancellation) }
    let number = callsMade.add(1, ordering: .relaxed).newValue
    let call = Call(number: number, program: program, function: function, request: request, host: host)
    startThreads()
    calls.append(call)
    while !call.isFinished(within: .milliseconds(10)) {
      if cancellation.isCancelled { return try stop(call, patience: patience) }
    }
    return try call.outcome().get()
  }

  private func callNested(
    _ function: String, of program: PythonProgram, with request: [UInt8], _ cancellation: CancellationToken
  ) throws -> [UInt8] {
    do {
      return try perform(
        Call(number: 0, program: program, function: function, request: request, host: nil))
    } catch  where cancellation.isCancelled {
      throw Cancelled()
    }
  }

  /// Calls `function` beside a call that may be running; nil when it takes longer than `limit` or fails.
  func ask(
    _ function: String, of program: PythonProgram, with request: [UInt8], limit: DispatchTimeInterval
  ) -> [UInt8]? {
    let call = Call(number: 0, program: program, function: function, request: request, host: nil)
    startThreads()
    questions.append(call)
    guard call.isFinished(within: limit) else {
      call.abandon()
      return nil
    }
    return try? call.outcome().get()
  }

  private func stop(_ call: Call, patience: Duration) throws -> [UInt8] {
    let running = running.withLock { $0 }
    let isRunning = running === call
    // Another call may be in the way that was given up earlier and has not stopped.
    if let running, isRunning || running.isAbandoned { dass_python_interrupt(running.number) }
    let deadline = ContinuousClock.now + patience
    while isRunning, ContinuousClock.now < deadline {
      if call.isFinished(within: .milliseconds(10)) { return try call.outcome().get() }
      dass_python_nudge()
    }
    call.abandon()
    throw Cancelled()
  }

  private func startThreads() {
    threads.withLock { threads in
      guard threads.isEmpty else { return }
      let started = DispatchGroup()
      started.enter()
      threads = [
        DedicatedThread(name: "python", stackSize: Self.stackSize) {
          let failure = Self.start()
          self.startFailure.withLock { $0 = failure }
          started.leave()
          self.serve(self.calls)
        },
        DedicatedThread(name: "python-questions", stackSize: Self.stackSize) {
          started.wait()
          self.serve(self.questions)
        },
      ]
    }
  }

  /// The life of a thread of Python.
  private func serve(_ queue: BlockingQueue<Call>) {
    while let call = queue.next() {
      if !call.isAbandoned { call.finish(Result { try perform(call) }) }
    }
  }

  private func perform(_ call: Call) throws -> [UInt8] {
    if let failure = startFailure.withLock({ $0 }) { throw failure }
    try loaded.withLock { loaded in
      guard !loaded.contains(call.program.name) else { return }
      // Not interruptible: modules in C that are cut off half loaded cannot be loaded again.
      _ = try Self.taking(dass_python_load(call.program.name, call.program.source))
      loaded.insert(call.program.name)
    }
    if let host = call.host { self.host.withLock { $0 = host } }
    if call.number > 0 { running.withLock { $0 = call } }
    defer { if call.number > 0 { running.withLock { $0 = nil } } }
    return try call.request.withUnsafeBufferPointer { request in
      try Self.taking(
        dass_python_call(call.program.name, call.function, request.baseAddress, request.count, call.number))
    }
  }

  /// The answer to what Python asks for; empty without a host.
  private func answer(_ kind: Int32, _ request: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    guard let host = host.withLock({ $0 }) else { return [] }
    return Self.$isAnswering.withValue(true) { host.answer(kind, request) }
  }

  private static func start() -> PythonError? {
    dass_python_set_host { kind, request, count, answer, answerCount in
      let bytes = PythonRuntime.shared.answer(kind, UnsafeBufferPointer(start: request, count: count))
      guard !bytes.isEmpty, let copy = malloc(bytes.count) else { return }
      copy.copyMemory(from: bytes, byteCount: bytes.count)
      answer?.pointee = copy.assumingMemoryBound(to: UInt8.self)
      answerCount?.pointee = bytes.count
    }
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

/// One call on its way to a thread of Python and back.
private final class Call: Sendable {
  /// Positive for a call that can be interrupted; 0 for a question.
  let number: Int
  let program: PythonProgram
  let function: String
  let request: [UInt8]
  let host: (any PythonHost)?
  private let finished = DispatchSemaphore(value: 0)
  private let abandoned = Atomic<Bool>(false)
  private let result = Mutex<Result<[UInt8], any Error>?>(nil)

  init(
    number: Int, program: PythonProgram, function: String, request: [UInt8], host: (any PythonHost)?
  ) {
    self.number = number
    self.program = program
    self.function = function
    self.request = request
    self.host = host
  }

  var isAbandoned: Bool { abandoned.load(ordering: .acquiring) }

  /// Nobody waits for the outcome any more.
  func abandon() { abandoned.store(true, ordering: .releasing) }

  func finish(_ outcome: Result<[UInt8], any Error>) {
    result.withLock { $0 = outcome }
    finished.signal()
  }

  /// Waits for the end of the call; true once, when it has come.
  func isFinished(within limit: DispatchTimeInterval) -> Bool {
    finished.wait(timeout: .now() + limit) == .success
  }

  /// To be asked after the end.
  func outcome() -> Result<[UInt8], any Error> {
    result.withLock { $0 } ?? .failure(Cancelled())
  }
}

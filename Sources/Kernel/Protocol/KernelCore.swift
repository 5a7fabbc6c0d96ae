import Engine
import Synchronization

/// The protocol side of the kernel: takes requests, has the interpreter do the work, sends the answers.
///
/// Three threads come in here. The transport's thread answers control requests at once; the service thread
/// answers everything about code that is not run, also while a cell runs; the interpreter thread runs cells, one
/// after the other.
final class KernelCore: MessageReceiver {
  /// A request and where its reply goes.
  struct Request: Sendable {
    var message: Message
    var channel: Channel

    var type: MessageType { message.header.type }
    var content: JSON { message.content }
  }

  struct State: Sendable {
    /// The number of the last cell that counted.
    var executionCount = 0
    /// The token of the cell that runs now.
    var running: CancellationToken?
  }

  let interpreter: any Interpreter
  let transport: any Transport
  let history: HistoryStore
  let log: KernelLog
  let capture: OutputCapture?
  let mailbox = InputMailbox()
  let state = Mutex(State())
  let executions = BlockingQueue<Request>()
  private let services = BlockingQueue<Request>()
  private let threads = Mutex<[DedicatedThread]>([])
  private let onShutdown: @Sendable () -> Void

  /// Recursive evaluation of hostile or generated code goes deep.
  private static let interpreterStackSize = 64 << 20

  /// `onShutdown` is called on the transport's thread when a client asked the kernel to end.
  init(
    interpreter: any Interpreter, transport: any Transport, history: HistoryStore, log: KernelLog,
    capture: OutputCapture? = nil, onShutdown: @escaping @Sendable () -> Void = {}
  ) {
    self.interpreter = interpreter
    self.transport = transport
    self.history = history
    self.log = log
    self.capture = capture
    self.onShutdown = onShutdown
  }

  /// Says that the kernel starts, and begins to work on requests.
  func start() {
    publishStatus("starting", causedBy: nil)
    threads.withLock {
      $0 = [
        DedicatedThread(name: "dass-cells", stackSize: Self.interpreterStackSize) {
          while let request = self.executions.next() { self.execute(request) }
        },
        DedicatedThread(name: "dass-service", stackSize: Self.interpreterStackSize) {
          while let request = self.services.next() { self.serve(request) }
        },
      ]
    }
  }

  /// Cancels the running cell, and returns when all threads have ended.
  func stop() {
    _ = executions.takeAll()
    executions.close()
    services.close()
    interrupt()
    for thread in threads.withLock({ $0 }) { thread.join() }
  }

  /// Asks the running cell to stop; without one, nothing happens.
  func interrupt() {
    state.withLock { $0.running }?.cancel()
    mailbox.wake()
  }

  func receive(_ message: Message, on channel: Channel) {
    let request = Request(message: message, channel: channel)
    switch (request.type, channel) {
    case (.inputReply, _): mailbox.deliver(message.content["value"]?.stringValue ?? "")
    case (.executeRequest, _): executions.append(request)
    case (.interruptRequest, _), (.shutdownRequest, _), (_, .control): serve(request)
    default: services.append(request)
    }
  }

  /// Does `body` between `busy` and `idle`, on every path out.
  func bracketed(_ request: Request, _ body: () -> Void) {
    publishStatus("busy", causedBy: request.message.origin)
    defer { publishStatus("idle", causedBy: request.message.origin) }
    body()
  }

  func reply(to request: Request, _ content: JSON) {
    transport.send(
      OutgoingMessage(request.type.reply, to: request.message.origin, content: content), on: request.channel)
  }

  /// Answers a request that is not a cell.
  private func serve(_ request: Request) {
    bracketed(request) {
      switch answer(to: request) {
      case .reply(let content): reply(to: request, content)
      case .broadcast(let type, let content):
        transport.send(
          OutgoingMessage(broadcasting: type, causedBy: request.message.origin, content: content), on: .iopub)
      case .nothing: break
      case .unknown: log.write("no answer is known to \(request.type.rawValue)")
      }
    }
    if request.type == .shutdownRequest {
      interrupt()
      onShutdown()
    }
  }

  private func publishStatus(_ status: String, causedBy origin: Origin?) {
    transport.send(
      OutgoingMessage(
        broadcasting: .status, causedBy: origin, content: ["execution_state": .string(status)]),
      on: .iopub)
  }
}

import Engine
import Foundation
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
    /// The cell that runs now.
    var running: (token: CancellationToken, output: CellOutput)?
  }

  let interpreter: any Interpreter
  let transport: any Transport
  let history: HistoryStore
  let log: KernelLog
  let capture: OutputCapture?
  let usage = UsageReport()
  /// Where cells that write too much leave their whole text; nil for nowhere.
  let outputLogFolder: String?
  let mailbox = InputMailbox()
  let state = Mutex(State())
  let executions = BlockingQueue<Request>()
  private let services = BlockingQueue<Request>()
  private let audience = Latch()
  private let threads = Mutex<[DedicatedThread]>([])
  private let onShutdown: @Sendable () -> Void

  /// Recursive evaluation of hostile or generated code goes deep.
  private static let interpreterStackSize = 64 << 20
  /// How long the first cell waits for someone to listen. A client connects its sockets one after the other, and
  /// what is published before the last of them would be lost.
  private static let audiencePatience: TimeInterval = 3

  /// `onShutdown` is called on the transport's thread when a client asked the kernel to end.
  init(
    interpreter: any Interpreter, transport: any Transport, history: HistoryStore, log: KernelLog,
    capture: OutputCapture? = nil, outputLogFolder: String? = nil,
    onShutdown: @escaping @Sendable () -> Void = {}
  ) {
    self.interpreter = interpreter
    self.transport = transport
    self.history = history
    self.log = log
    self.capture = capture
    self.outputLogFolder = outputLogFolder
    self.onShutdown = onShutdown
  }

  /// Says that the kernel starts, and begins to work on requests.
  func start() {
    publishStatus("starting", causedBy: nil)
    threads.withLock {
      $0 = [
        DedicatedThread(name: "dass-cells", stackSize: Self.interpreterStackSize) {
          while let request = self.executions.next() {
            self.audience.wait(atMost: Self.audiencePatience)
            self.execute(request)
          }
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
    audience.open()
    interrupt()
    for thread in threads.withLock({ $0 }) { thread.join() }
  }

  /// Asks the running cell to stop; without one, nothing happens.
  ///
  /// Whoever asks again is told that it was heard: a cell is never cut off, because its state would go with it.
  func interrupt() {
    if let running = state.withLock({ $0.running }) {
      if running.token.isCancelled {
        running.output.write("(stopping, as soon as the step that runs has ended)\n", to: .stderr)
      }
      running.token.cancel()
    }
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

  func subscriberJoined() { audience.open() }

  /// Does `body` between `busy` and `idle`, on every path out.
  func bracketed(_ request: Request, _ body: () -> Void) {
    publishStatus("busy", causedBy: request.message.origin)
    defer { publishStatus("idle", causedBy: request.message.origin) }
    body()
  }

  func reply(to request: Request, _ content: JSON, metadata: JSON = [:]) {
    transport.send(
      OutgoingMessage(request.type.reply, to: request.message.origin, content: content, metadata: metadata),
      on: request.channel)
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

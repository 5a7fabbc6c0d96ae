import Engine
import Foundation
import Synchronization

/// The protocol side of the kernel: takes requests, has the interpreter do the work, sends the answers.
///
/// Several threads come in here. The transport's thread answers control requests at once; the service thread answers
/// everything about code that is not run, also while a cell runs; each shell has a thread that runs cells, and
/// takes messages of comms, one after the other.
final class KernelCore: MessageReceiver {
  /// A request and where its reply goes.
  struct Request: Sendable {
    var message: Message
    var channel: Channel

    var type: MessageType { message.header.type }
    var content: JSON { message.content }
  }

  let interpreter: any Interpreter
  let transport: any Transport
  /// The shell of requests that name none.
  let shell: Shell
  let subshells = Subshells()
  let log: KernelLog
  let capture: OutputCapture?
  let usage = UsageReport()
  /// Where cells that write too much leave their whole text; nil for nowhere.
  let outputLogFolder: String?
  let mailbox = InputMailbox()
  let openComms = OpenComms()
  private let services = BlockingQueue<Request>()
  private let audience = Latch()
  private let serviceThread = Mutex<DedicatedThread?>(nil)
  private let onShutdown: @Sendable () -> Void

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
    shell = Shell(history: history)
    self.log = log
    self.capture = capture
    self.outputLogFolder = outputLogFolder
    self.onShutdown = onShutdown
  }

  /// Says that the kernel starts, and begins to work on requests.
  func start() {
    publishStatus("starting", causedBy: nil)
    run(shell, name: "dass-cells")
    serviceThread.withLock {
      $0 = DedicatedThread(name: "dass-service", stackSize: Shell.stackSize) {
        while let request = self.services.next() { self.serve(request) }
      }
    }
  }

  /// Has a shell work on its requests.
  func run(_ shell: Shell, name: String) {
    shell.start(name: name) { [weak shell] request in
      self.audience.wait(atMost: Self.audiencePatience)
      guard let shell else { return }
      if let message = CommMessage(request.message) {
        self.deliver(message, of: request, in: shell)
      } else {
        self.execute(request, in: shell)
      }
    }
  }

  /// Cancels the running cells, and returns when all threads have ended.
  func stop() {
    let shells = [shell] + subshells.removeAll()
    for shell in shells {
      _ = shell.takeCells()
      shell.close()
    }
    services.close()
    audience.open()
    mailbox.wake()
    for shell in shells { shell.join() }
    serviceThread.withLock { $0 }?.join()
    for shell in shells.dropFirst() { shell.history.close() }
  }

  /// Asks the running cells to stop; without one, nothing happens.
  func interrupt() {
    for shell in [shell] + subshells.all { shell.interrupt() }
    mailbox.wake()
  }

  func receive(_ message: Message, on channel: Channel) {
    let request = Request(message: message, channel: channel)
    switch (request.type, channel) {
    case (.inputReply, _): mailbox.deliver(message.content["value"]?.stringValue ?? "")
    case (.executeRequest, _):
      // One for a shell that is not there is answered with the other requests.
      guard let shell = shell(for: request) else { return services.append(request) }
      shell.append(request)
    case (.interruptRequest, _), (.shutdownRequest, _), (_, .control): serve(request)
    default:
      guard let message = acceptedComm(request), let shell = shell(for: request) else {
        return services.append(request)
      }
      openComms.note(message)
      shell.append(request)
    }
  }

  private func shell(for request: Request) -> Shell? {
    request.message.header.subshell.map { subshells[$0] } ?? shell
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

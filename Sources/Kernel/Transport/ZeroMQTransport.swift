import Engine
import Foundation
import Synchronization

/// The five sockets of a Jupyter kernel, served by two threads.
///
/// The io thread owns shell, control, stdin and iopub; the heartbeat thread owns its echo. No other thread touches
/// a socket: `send` encodes and signs on the caller's thread, puts the frames into a queue, and wakes the io thread.
final class ZeroMQTransport: Transport {
  private struct Outbox: Sendable {
    var messages: [(channel: Channel, frames: [[UInt8]])] = []
    var isClosing = false
  }

  /// Sockets that wait to be taken over by their thread.
  ///
  /// `@unchecked Sendable`: starting a thread is the full memory barrier that libzmq asks for when a socket
  /// changes threads, and the giving thread keeps no reference.
  private struct Sockets: @unchecked Sendable {
    var control, shell, stdin, iopub, heartbeat: ZeroMQSocket

    func closeServed() { for socket in [control, shell, stdin, iopub] { socket.close() } }
  }

  /// Where the sockets are, with the ports that the system chose.
  let connection: ConnectionInfo
  private let context: ZeroMQContext
  private let codec: WireCodec
  private let log: KernelLog
  private let wake: WakeEvent
  private let outbox = Mutex(Outbox())
  private let unstarted: Mutex<Sockets?>
  private let threads = Mutex<[DedicatedThread]>([])

  /// Binds all sockets; nothing is read before `start`.
  /// - Throws: `ZeroMQError`.
  init(_ connection: ConnectionInfo, codec: WireCodec, log: KernelLog) throws(ZeroMQError) {
    let context = try ZeroMQContext()
    var connection = connection
    let encryption = connection.curveKeys.map { ZeroMQSocket.Encryption.server($0) }
    func bound(_ kind: ZeroMQSocket.Kind, _ channel: Channel) throws(ZeroMQError) -> ZeroMQSocket {
      let socket = try ZeroMQSocket(kind, in: context, encryption: encryption)
      try socket.bind(to: connection.endpoint(of: channel))
      if connection.ports[channel] == 0 {
        connection.ports[channel] = try socket.boundEndpoint().split(separator: ":").last.flatMap { Int($0) }
      }
      return socket
    }
    let sockets = Sockets(
      control: try bound(.router, .control), shell: try bound(.router, .shell),
      stdin: try bound(.router, .stdin), iopub: try bound(.publisher, .iopub),
      heartbeat: try bound(.reply, .heartbeat))
    guard let wake = WakeEvent() else { throw ZeroMQError(function: "eventfd", code: errno) }
    self.wake = wake
    self.connection = connection
    self.context = context
    self.codec = codec
    self.log = log
    unstarted = Mutex(sockets)
  }

  /// Starts the threads. `receiver` gets every valid message, on the io thread.
  func start(receiver: any MessageReceiver) {
    guard let sockets = unstarted.withLock({ $0.take() }) else { return }
    let heartbeat = DedicatedThread(name: "dass-heartbeat") { Self.echo(on: sockets) }
    let io = DedicatedThread(name: "dass-io") { self.serve(sockets, receiver: receiver) }
    threads.withLock { $0 = [heartbeat, io] }
  }

  func send(_ message: OutgoingMessage, on channel: Channel) {
    let frames = codec.encode(message)
    let wasEmpty = outbox.withLock { outbox in
      defer { outbox.messages.append((channel, frames)) }
      return outbox.messages.isEmpty
    }
    // A wake-up for the earlier messages is still under way otherwise.
    if wasEmpty { wake.signal() }
  }

  /// Sends what waits, closes the sockets and ends the threads. Takes at most about a second.
  func stop() {
    outbox.withLock { $0.isClosing = true }
    wake.signal()
    let running = threads.withLock { $0 }
    running.last?.join()
    context.shutDown()
    running.first?.join()
    unstarted.withLock { $0 = nil }
    context.terminate()
  }

  private static func echo(on sockets: Sockets) {
    while let frames = try? sockets.heartbeat.receive(waits: true) { try? sockets.heartbeat.send(frames) }
    sockets.heartbeat.close()
  }

  private func serve(_ sockets: Sockets, receiver: any MessageReceiver) {
    // Control first: an interrupt must not wait behind a queue of requests.
    let readable: [(Channel, ZeroMQSocket)] = [
      (.control, sockets.control), (.stdin, sockets.stdin), (.iopub, sockets.iopub), (.shell, sockets.shell),
    ]
    defer { sockets.closeServed() }
    while true {
      do {
        let ready = try ZeroMQSocket.waitForInput(readable.map(\.1), orDescriptor: wake.descriptor)
        wake.clear()
        for (isReady, (channel, socket)) in zip(ready, readable) where isReady {
          // A few at a time, so that a flood on one channel cannot hold up control.
          for _ in 0..<16 {
            guard let frames = try socket.receive() else { break }
            if channel == .iopub {
              if try welcome(frames, on: socket) { receiver.subscriberJoined() }
            } else {
              take(frames, from: channel, receiver: receiver)
            }
          }
        }
        if try sendWaiting(through: sockets) { return }
      } catch {
        log.write(error.problem)
        if error.isTermination { return }
      }
    }
  }

  private func take(_ frames: [[UInt8]], from channel: Channel, receiver: any MessageReceiver) {
    do {
      receiver.receive(try codec.decode(frames), on: channel)
    } catch {
      log.write("dropped a message on \(channel.rawValue): \(error.problem)")
    }
  }

  /// Reports the ports that the system chose to the process that started this one, and waits for its receipt.
  ///
  /// The proposal leaves the form of the two messages open; these are Positron's, signed like all others.
  /// - Throws: `ZeroMQError`, with `EAGAIN` if no receipt came; `WireError`; `ConnectionError`.
  func register() throws {
    guard let port = connection.registrationPort else { return }
    let socket = try ZeroMQSocket(.request, in: context)
    defer { socket.close() }
    try socket.limitWaiting(milliseconds: 5000)
    try socket.connect(to: connection.endpoint(port: port))
    let origin = Origin(identities: [], headerBytes: Array("{}".utf8))
    try socket.send(
      codec.encode(OutgoingMessage(.handshakeRequest, to: origin, content: .object(connection.portFields))))
    let receipt = try codec.decode(try socket.receive(waits: true) ?? [])
    guard receipt.header.type == MessageType.handshakeRequest.reply, receipt.content["status"] == "ok" else {
      throw ConnectionError.notRegistered
    }
  }

  /// Answers a subscription, so that the subscriber knows from when on it misses nothing
  /// (JEP 65, `iopub_welcome`). Anything else that comes in on iopub is ignored.
  ///
  /// The publisher applies subscriptions only here, so that nothing can reach a subscriber before its welcome.
  /// True if there is a new subscriber.
  private func welcome(_ frames: [[UInt8]], on iopub: ZeroMQSocket) throws(ZeroMQError) -> Bool {
    guard let frame = frames.first, let request = frame.first, request <= 1 else { return false }
    let topic = Array(frame.dropFirst())
    guard let subscription = String(validating: topic, as: UTF8.self) else { return false }
    try iopub.answerSubscription(to: topic, accepts: request == 1)
    guard request == 1 else { return false }
    var message = OutgoingMessage(
      broadcasting: .iopubWelcome, causedBy: nil, content: ["subscription": .string(subscription)])
    message.identities = [topic]
    try iopub.send(codec.encode(message))
    return true
  }

  /// Sends everything in the outbox; true once the transport is closing and the outbox is empty.
  private func sendWaiting(through sockets: Sockets) throws(ZeroMQError) -> Bool {
    let (messages, isClosing) = outbox.withLock { outbox in
      defer { outbox.messages = [] }
      return (outbox.messages, outbox.isClosing)
    }
    for (channel, frames) in messages {
      let socket =
        switch channel {
        case .shell: sockets.shell
        case .control: sockets.control
        case .stdin: sockets.stdin
        case .iopub: sockets.iopub
        case .heartbeat: sockets.heartbeat
        }
      do {
        try socket.send(frames)
      } catch  where !error.isTermination {
        // One client that cannot be reached must not cost the others their messages.
        log.write(error.problem)
      }
    }
    return isClosing
  }
}

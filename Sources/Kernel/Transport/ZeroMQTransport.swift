import Engine
import Foundation
import Synchronization

/// The five sockets of a Jupyter kernel.
///
/// The io thread reads shell, control, stdin and iopub; the heartbeat thread owns its echo. Any thread sends by itself,
/// holding the lock that the sockets are in: handing messages to another thread and waking it would take longer than
/// sending them.
final class ZeroMQTransport: Transport {
  /// `@unchecked Sendable`: a lock, or the start of a thread, is the full memory barrier that libzmq asks for when a
  /// socket changes threads.
  private struct Sockets: @unchecked Sendable {
    // Control first: an interrupt must not wait behind a queue of requests.
    static let channels: [Channel] = [.control, .stdin, .iopub, .shell]
    var control, stdin, iopub, shell: ZeroMQSocket

    /// Nil for the heartbeat, which is not among them.
    subscript(channel: Channel) -> ZeroMQSocket? {
      switch channel {
      case .control: control
      case .stdin: stdin
      case .iopub: iopub
      case .shell: shell
      case .heartbeat: nil
      }
    }
  }

  /// `@unchecked Sendable` for the same reason.
  private struct Heartbeat: @unchecked Sendable {
    var socket: ZeroMQSocket
  }

  /// Where the sockets are, with the ports that the system chose.
  let connection: ConnectionInfo
  private let context: ZeroMQContext
  private let codec: WireCodec
  private let log: KernelLog
  private let wake: WakeEvent
  /// Those of the sockets, which become readable when there is news of them.
  private let descriptors: [Int32]
  /// Nil once they are closed.
  private let sockets: Mutex<Sockets?>
  /// Nil once its thread has taken it.
  private let heartbeat: Mutex<Heartbeat?>
  private let isClosing = Atomic<Bool>(false)
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
      control: try bound(.router, .control), stdin: try bound(.router, .stdin),
      iopub: try bound(.publisher, .iopub), shell: try bound(.router, .shell))
    let heartbeat = Heartbeat(socket: try bound(.reply, .heartbeat))
    guard let wake = WakeEvent() else { throw ZeroMQError(function: "eventfd", code: errno) }
    self.wake = wake
    self.connection = connection
    self.context = context
    self.codec = codec
    self.log = log
    var descriptors: [Int32] = []
    for channel in Sockets.channels {
      if let socket = sockets[channel] { descriptors.append(try socket.descriptor) }
    }
    self.descriptors = descriptors
    self.sockets = Mutex(sockets)
    self.heartbeat = Mutex(heartbeat)
  }

  /// Starts the threads. `receiver` gets every valid message, on the io thread.
  func start(receiver: any MessageReceiver) {
    guard let heartbeat = heartbeat.withLock({ $0.take() }) else { return }
    let echo = DedicatedThread(name: "dass-heartbeat") { Self.echo(on: heartbeat.socket) }
    let io = DedicatedThread(name: "dass-io") { self.serve(receiver) }
    threads.withLock { $0 = [echo, io] }
  }

  func send(_ message: OutgoingMessage, on channel: Channel) {
    let frames = codec.encode(message)
    do {
      let hasInput = try sockets.withLock { sockets throws(ZeroMQError) in
        guard let socket = sockets?[channel] else { return false }
        try socket.send(frames)
        // Sending may take notice of what came in, and then nothing wakes the io thread for it.
        return try socket.hasInput
      }
      if hasInput { wake.signal() }
    } catch {
      // One client that cannot be reached must not cost the others their messages.
      log.write(error.problem)
    }
  }

  /// Sends what waits, closes the sockets and ends the threads. Takes at most about a second.
  func stop() {
    isClosing.store(true, ordering: .releasing)
    wake.signal()
    let running = threads.withLock { $0 }
    running.last?.join()
    sockets.withLock { $0 = nil }
    context.shutDown()
    running.first?.join()
    heartbeat.withLock { $0 = nil }
    context.terminate()
  }

  private static func echo(on heartbeat: ZeroMQSocket) {
    while let frames = try? heartbeat.receive(waits: true) { try? heartbeat.send(frames) }
    heartbeat.close()
  }

  private func serve(_ receiver: any MessageReceiver) {
    var polled = (descriptors + [wake.descriptor]).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    // A descriptor tells of news, not of what is still there: such a channel stays ready until nothing is left.
    var isReady = descriptors.map { _ in true }
    while !isClosing.load(ordering: .acquiring) {
      for (index, channel) in Sockets.channels.enumerated() where isReady[index] {
        do {
          isReady[index] = try takeSome(from: channel, receiver)
        } catch {
          log.write(error.problem)
          if error.isTermination { return }
          isReady[index] = false
        }
      }
      poll(&polled, nfds_t(polled.count), isReady.contains(true) ? 0 : -1)
      let isWoken = polled[descriptors.count].revents != 0
      if isWoken { wake.clear() }
      for index in isReady.indices where isWoken || polled[index].revents != 0 { isReady[index] = true }
    }
  }

  /// Takes a few messages, so that a flood on one channel cannot hold up control; false if none is left.
  private func takeSome(
    from channel: Channel, _ receiver: any MessageReceiver
  ) throws(ZeroMQError) -> Bool {
    for _ in 0..<16 {
      guard try takeOne(from: channel, receiver) else { return false }
    }
    return true
  }

  /// Takes the next message of a channel; false if there is none.
  private func takeOne(
    from channel: Channel, _ receiver: any MessageReceiver
  ) throws(ZeroMQError) -> Bool {
    var hasSubscriber = false
    let received = try sockets.withLock { sockets throws(ZeroMQError) -> [[UInt8]]? in
      guard let socket = sockets?[channel], let frames = try socket.receive() else { return nil }
      if channel == .iopub { hasSubscriber = try welcome(frames, on: socket) }
      return frames
    }
    guard let frames = received else { return false }
    if hasSubscriber { receiver.subscriberJoined() }
    if channel != .iopub { take(frames, from: channel, receiver: receiver) }
    return true
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
}

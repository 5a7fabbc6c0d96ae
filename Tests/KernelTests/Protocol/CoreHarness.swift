import Engine
import Foundation
import Synchronization

@testable import Kernel

/// A protocol core without sockets: requests go in, and what it sends can be looked at.
final class CoreHarness: Sendable {
  let transport = RecordingTransport()
  let interpreter = ToyInterpreter()
  let core: KernelCore
  let shutdowns = Mutex(0)
  private let sent = Mutex(0)

  init(historyPath: String? = nil, outputLogFolder: String? = nil, hasAudience: Bool = true) {
    let log = KernelLog(descriptor: -1)
    let box = Box()
    core = KernelCore(
      interpreter: interpreter, transport: transport, history: HistoryStore(path: historyPath, log: log),
      log: log, outputLogFolder: outputLogFolder,
      onShutdown: { box.owner?.shutdowns.withLock { $0 += 1 } })
    box.owner = self
    core.start()
    if hasAudience { core.subscriberJoined() }
  }

  deinit { core.stop() }

  /// Lets the core's callback find the harness.
  private final class Box: @unchecked Sendable { weak var owner: CoreHarness? }

  /// Hands a request in and returns its id.
  @discardableResult
  func post(
    _ type: MessageType, _ content: JSON = [:], on channel: Channel = .shell, buffers: [[UInt8]] = []
  ) -> String {
    let id = "request-\(sent.withLock { number in number += 1; return number })"
    let header = Header(messageID: id, session: "client", username: "tester", date: "", type: type)
    core.receive(
      Message(
        identities: [Array(id.utf8)], header: header, headerBytes: header.json.encoded(), metadata: [:],
        content: content, buffers: buffers), on: channel)
    return id
  }

  /// Hands a request in, waits for its idle, and returns everything that was sent for it.
  func exchange(
    _ type: MessageType, _ content: JSON = [:], on channel: Channel = .shell
  ) -> [RecordingTransport.Sent] {
    let id = post(type, content, on: channel)
    return waitForIdle(id)
  }

  func execute(_ code: String, _ options: JSON = [:]) -> [RecordingTransport.Sent] {
    exchange(.executeRequest, .object(Self.request(code, options)))
  }

  func postCell(_ code: String, _ options: JSON = [:]) -> String {
    post(.executeRequest, .object(Self.request(code, options)))
  }

  func waitForIdle(_ id: String) -> [RecordingTransport.Sent] {
    _ = transport.wait { $0.contains { $0.parent == id && $0.state == "idle" } }
    return transport.sent(for: id)
  }

  private static func request(_ code: String, _ options: JSON) -> [String: JSON] {
    (options.objectValue ?? [:]).merging(["code": .string(code)]) { _, code in code }
  }
}

extension [RecordingTransport.Sent] {
  /// The kinds in order; a status by its state.
  var kinds: [String] { map { $0.state ?? $0.type.rawValue } }

  func first(_ type: MessageType) -> JSON? { first { $0.type == type }?.content }
}

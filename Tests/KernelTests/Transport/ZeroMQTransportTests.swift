import Engine
import Foundation
import Synchronization
import Testing

@testable import Kernel

/// The kernel over real sockets in this process; the clients are sockets too.
@Suite struct ZeroMQTransportTests {
  /// A kernel that listens on sockets in a folder of its own.
  private final class Served {
    let folder: String
    let connection: ConnectionInfo
    let transport: ZeroMQTransport
    let core: KernelCore
    let client = WireCodec(key: Array("k".utf8), username: "client")
    let context: ZeroMQContext

    init(curveKeys: ConnectionInfo.CurveKeys? = nil) throws {
      folder = NSTemporaryDirectory() + "/dass-" + UUID().uuidString.prefix(8)
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      connection = ConnectionInfo(
        transport: .ipc, address: folder + "/k",
        ports: [.shell: 1, .iopub: 2, .stdin: 3, .control: 4, .heartbeat: 5], key: Array("k".utf8),
        curveKeys: curveKeys)
      let log = KernelLog(descriptor: -1)
      transport = try ZeroMQTransport(connection, codec: WireCodec(key: connection.key), log: log)
      core = KernelCore(
        interpreter: ToyInterpreter(), transport: transport, history: HistoryStore(path: nil, log: log),
        log: log)
      core.start()
      transport.start(receiver: core)
      context = try ZeroMQContext()
    }

    func connect(
      _ kind: ZeroMQSocket.Kind, _ channel: Channel, encryption: ZeroMQSocket.Encryption? = nil
    ) throws -> ZeroMQSocket {
      let socket = try ZeroMQSocket(kind, in: context, encryption: encryption)
      try socket.connect(to: connection.endpoint(of: channel))
      return socket
    }

    func request(_ type: MessageType, _ content: JSON = [:]) -> [[UInt8]] {
      client.encode(
        OutgoingMessage(type, to: Origin(identities: [], headerBytes: Array("{}".utf8)), content: content))
    }

    func next(_ socket: ZeroMQSocket) throws -> Message {
      try client.decode(try socket.receive(waits: true) ?? [])
    }

    /// The next message but the kernel's `starting`, which reaches a subscriber that was early enough.
    func nextAfterStart(_ socket: ZeroMQSocket) throws -> Message {
      let message = try next(socket)
      return message.content["execution_state"] == "starting" ? try next(socket) : message
    }

    func stop() {
      core.stop()
      transport.stop()
      context.terminate()
      try? FileManager.default.removeItem(atPath: folder)
    }
  }

  @Test func subscribersAreWelcomedFirst() throws {
    let served = try Served()
    let iopub = try served.connect(.subscriber, .iopub)
    let welcome = try served.next(iopub)
    #expect(welcome.header.type == .iopubWelcome)
    #expect(welcome.content == ["subscription": ""])
    #expect(welcome.identities == [[]])
    iopub.close()
    served.stop()
  }

  @Test func aCellRunsOverSockets() throws {
    let served = try Served()
    let iopub = try served.connect(.subscriber, .iopub)
    _ = try served.next(iopub)
    let shell = try served.connect(.dealer, .shell)
    let request = served.request(.executeRequest, ["code": "value 7"])
    try shell.send(request)
    let reply = try served.next(shell)
    #expect(reply.header.type == "execute_reply")
    #expect(reply.content["status"] == "ok")
    var kinds: [String] = []
    while kinds.last != "idle" {
      let message = try served.nextAfterStart(iopub)
      kinds.append(message.content["execution_state"]?.stringValue ?? message.header.type.rawValue)
    }
    #expect(kinds == ["busy", "execute_input", "execute_result", "idle"])
    for socket in [iopub, shell] { socket.close() }
    served.stop()
  }

  @Test func theHeartbeatEchoesWhatItGets() throws {
    let served = try Served()
    let heartbeat = try served.connect(.dealer, .heartbeat)
    for bytes in [Array("ping".utf8), [], [0, 255]] {
      try heartbeat.send([[], bytes])
      #expect(try heartbeat.receive(waits: true) == [[], bytes])
    }
    heartbeat.close()
    served.stop()
  }

  /// The pair of the example in curve(7) of libzmq.
  private static let curveKeys = ConnectionInfo.CurveKeys(
    publicKey: "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID",
    secretKey: "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs")

  @Test(.enabled(if: ZeroMQSocket.canEncrypt)) func whoKnowsTheKeysTalksEncrypted() throws {
    let served = try Served(curveKeys: Self.curveKeys)
    let plain = try served.connect(.dealer, .shell)
    try plain.limitWaiting(milliseconds: 300)
    try plain.send(served.request(.kernelInfoRequest))
    #expect(throws: ZeroMQError(function: "zmq_msg_recv", code: EAGAIN)) { try plain.receive(waits: true) }
    let iopub = try served.connect(.subscriber, .iopub, encryption: .client(Self.curveKeys))
    #expect(try served.next(iopub).header.type == .iopubWelcome)
    let shell = try served.connect(.dealer, .shell, encryption: .client(Self.curveKeys))
    try shell.send(served.request(.kernelInfoRequest))
    #expect(try served.next(shell).header.type == "kernel_info_reply")
    for socket in [plain, iopub, shell] { socket.close() }
    served.stop()
  }

  /// The other side of a registration: the frames that came, and the answer to them.
  private func register(answer: JSON?) throws -> (ports: JSON, outcome: Result<Void, any Error>) {
    let context = try ZeroMQContext()
    let launcher = try ZeroMQSocket(.reply, in: context)
    try launcher.bind(to: "tcp://127.0.0.1:*")
    let port = try launcher.boundEndpoint().split(separator: ":").last.flatMap { Int($0) }
    let file: JSON = ["ip": "127.0.0.1", "key": "k", "registration_port": .integer(port ?? 0)]
    let codec = WireCodec(key: Array("k".utf8))
    let transport = try ZeroMQTransport(
      ConnectionInfo(parsing: file.encoded()), codec: codec, log: KernelLog(descriptor: -1))
    let outcome = Mutex<Result<Void, any Error>?>(nil)
    let kernel = DedicatedThread(name: "kernel") {
      outcome.withLock { $0 = Result { try transport.register() } }
    }
    let request = try codec.decode(try launcher.receive(waits: true) ?? [])
    #expect(request.header.type == .handshakeRequest)
    if let answer {
      try launcher.send(
        codec.encode(OutgoingMessage("handshake_reply", to: request.origin, content: answer)))
    } else {
      try launcher.send([[1, 2, 3]])
    }
    kernel.join()
    transport.stop()
    launcher.close()
    context.terminate()
    return (request.content, outcome.withLock { $0 } ?? .failure(Cancelled()))
  }

  @Test func aKernelReportsThePortsThatItChose() throws {
    let (ports, outcome) = try register(answer: ["status": "ok"])
    let numbers = Channel.allCases.compactMap { ports[$0.portField]?.intValue }
    #expect(Set(numbers).count == 5 && numbers.allSatisfy { $0 > 0 })
    try outcome.get()
  }

  @Test func aRegistrationThatFailsIsExplained() throws {
    let refused = try register(answer: ["status": "error"]).outcome
    #expect(throws: ConnectionError.notRegistered) { try refused.get() }
    let garbage = try register(answer: nil).outcome
    #expect(throws: WireError.noDelimiter) { try garbage.get() }
  }

  @Test func garbageIsDroppedAndTheKernelGoesOn() throws {
    let served = try Served()
    let shell = try served.connect(.dealer, .shell)
    var random = RandomSource(seed: 4)
    try shell.send([[]])
    try shell.send([WireCodec.delimiter])
    try shell.send([[UInt8](repeating: 0, count: 1_000_000)])
    var forged = served.request(.executeRequest, ["code": "value 1"])
    forged[1] = Array("0000".utf8)
    try shell.send(forged)
    for _ in 0..<2000 {
      let frames = (0...random.integer(below: 7)).map { index in
        index == 1
          ? WireCodec.delimiter
          : (0..<random.integer(below: 40)).map { _ in UInt8(random.integer(below: 256)) }
      }
      try shell.send(frames)
    }
    try shell.send(served.request(.kernelInfoRequest))
    #expect(try served.next(shell).header.type == "kernel_info_reply")
    shell.close()
    served.stop()
  }

  @Test func everyMessageReachesASlowSubscriber() throws {
    let served = try Served()
    let iopub = try served.connect(.subscriber, .iopub)
    _ = try served.next(iopub)
    for number in 0..<20_000 {
      served.transport.send(
        OutgoingMessage(broadcasting: .status, causedBy: nil, content: ["n": .integer(number)]), on: .iopub)
    }
    for number in 0..<20_000 {
      let message = try served.nextAfterStart(iopub)
      if message.content["n"] != .integer(number) {
        Issue.record("message \(number) is missing")
        break
      }
    }
    iopub.close()
    served.stop()
  }

  @Test func anEndpointThatCannotBeUsedIsExplained() throws {
    let context = try ZeroMQContext()
    let (first, second) = (try ZeroMQSocket(.router, in: context), try ZeroMQSocket(.router, in: context))
    try first.bind(to: "inproc://taken")
    let taken = #expect(throws: ZeroMQError.self) { try second.bind(to: "inproc://taken") }
    #expect(taken?.problem == "zmq_bind to inproc://taken failed: Address already in use")
    #expect(taken?.advice == "Another program listens on that port: start the kernel again")
    #expect(throws: ZeroMQError.self) { try second.bind(to: "tcp://256.0.0.1:1") }
    for socket in [first, second] { socket.close() }
    context.terminate()
  }
}

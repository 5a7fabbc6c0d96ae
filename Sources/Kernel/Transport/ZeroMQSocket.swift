import CZeroMQ
import Engine
import Foundation

/// A libzmq context. Safe to share between threads; its sockets are not.
final class ZeroMQContext: @unchecked Sendable {
  fileprivate let handle: UnsafeMutableRawPointer

  /// - Throws: `ZeroMQError`.
  init() throws(ZeroMQError) {
    guard let handle = zmq_ctx_new() else { throw ZeroMQError.last(in: "zmq_ctx_new") }
    self.handle = handle
  }

  /// Makes every waiting call on its sockets end with `ZeroMQError.isTermination`.
  func shutDown() { zmq_ctx_shutdown(handle) }

  /// Waits until all sockets are closed and have sent what they may, then frees the context. Call it last.
  func terminate() {
    while zmq_ctx_term(handle) != 0, zmq_errno() == EINTR {}
  }
}

/// A libzmq socket. Belongs to one thread at a time, so it is not `Sendable`.
final class ZeroMQSocket {
  /// The kinds a kernel needs, and those that talk to them.
  enum Kind { case router, publisher, reply, dealer, subscriber, request }

  /// The keys of CurveZMQ that a socket encrypts with.
  enum Encryption {
    /// As the side that binds.
    case server(ConnectionInfo.CurveKeys)
    /// As the side that connects; Jupyter's clients show the kernel's own keys.
    case client(ConnectionInfo.CurveKeys)
  }

  fileprivate let handle: UnsafeMutableRawPointer
  // Keeps the context alive, which must outlive its sockets.
  private let context: ZeroMQContext
  private var isClosed = false

  /// - Throws: `ZeroMQError`.
  init(_ kind: Kind, in context: ZeroMQContext, encryption: Encryption? = nil) throws(ZeroMQError) {
    let type =
      switch kind {
      case .router: ZMQ_ROUTER
      case .publisher: ZMQ_XPUB
      case .reply: ZMQ_REP
      case .dealer: ZMQ_DEALER
      case .subscriber: ZMQ_SUB
      case .request: ZMQ_REQ
      }
    guard let handle = zmq_socket(context.handle, type) else { throw ZeroMQError.last(in: "zmq_socket") }
    self.handle = handle
    self.context = context
    // The default lingers for ever, and then terminating the context hangs when a client has gone.
    try set(ZMQ_LINGER, 1000)
    // The default drops messages beyond 1000, the last `idle` of a cell among them.
    try set(ZMQ_SNDHWM, 0)
    try set(ZMQ_RCVHWM, 0)
    switch kind {
    case .router: try set(ZMQ_ROUTER_HANDOVER, 1)
    case .publisher: try set(ZMQ_XPUB_MANUAL, 1)
    case .subscriber: try check("zmq_setsockopt", zmq_setsockopt(handle, ZMQ_SUBSCRIBE, "", 0))
    case .reply, .dealer, .request: break
    }
    if let encryption { try encrypt(encryption) }
  }

  /// Whether this libzmq was built with CurveZMQ.
  static let canEncrypt = zmq_has("curve") == 1

  private func encrypt(_ encryption: Encryption) throws(ZeroMQError) {
    let keys: ConnectionInfo.CurveKeys
    switch encryption {
    case .server(let own):
      keys = own
      try set(ZMQ_CURVE_SERVER, 1)
    case .client(let own):
      keys = own
      try set(ZMQ_CURVE_SERVERKEY, own.publicKey)
    }
    try set(ZMQ_CURVE_PUBLICKEY, keys.publicKey)
    try set(ZMQ_CURVE_SECRETKEY, keys.secretKey)
  }

  deinit { close() }

  /// Closes the socket on the thread that owns it; the socket must not be used afterwards.
  func close() {
    if !isClosed { zmq_close(handle) }
    isClosed = true
  }

  /// - Throws: `ZeroMQError`, for instance if the port is taken.
  func bind(to endpoint: String) throws(ZeroMQError) {
    try check("zmq_bind to \(endpoint)", zmq_bind(handle, endpoint))
  }

  /// Where the socket was bound last, with the port that the system chose if it was left to it.
  /// - Throws: `ZeroMQError`.
  func boundEndpoint() throws(ZeroMQError) -> String {
    var text = [CChar](repeating: 0, count: 1024)
    var count = text.count
    try check("zmq_getsockopt", zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &count))
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// - Throws: `ZeroMQError`.
  func connect(to endpoint: String) throws(ZeroMQError) {
    try check("zmq_connect to \(endpoint)", zmq_connect(handle, endpoint))
  }

  /// On a publisher: lets the subscriber whose request was received last have `topic`, or not any more. Until then
  /// nothing reaches it.
  /// - Throws: `ZeroMQError`.
  func answerSubscription(to topic: [UInt8], accepts: Bool) throws(ZeroMQError) {
    let option = accepts ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE
    try check("zmq_setsockopt", zmq_setsockopt(handle, option, topic, topic.count))
  }

  /// Sends all `frames` as one message.
  /// - Throws: `ZeroMQError`.
  func send(_ frames: [[UInt8]]) throws(ZeroMQError) {
    for (index, frame) in frames.enumerated() {
      let flags = index + 1 < frames.count ? ZMQ_SNDMORE : 0
      try check("zmq_send", zmq_send(handle, frame, frame.count, flags))
    }
  }

  /// Makes `receive(waits: true)` throw `EAGAIN` when nothing came for that long.
  /// - Throws: `ZeroMQError`.
  func limitWaiting(milliseconds: Int32) throws(ZeroMQError) { try set(ZMQ_RCVTIMEO, milliseconds) }

  /// The frames of the next message; nil at once if there is none and `waits` is false.
  /// - Throws: `ZeroMQError`.
  func receive(waits: Bool = false) throws(ZeroMQError) -> [[UInt8]]? {
    // A zmq_msg_t must stay where it was initialised, so it lives on the heap, not in a Swift value.
    let message = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)
    defer { message.deallocate() }
    var frames: [[UInt8]] = []
    repeat {
      zmq_msg_init(message)
      defer { zmq_msg_close(message) }
      do {
        try check("zmq_msg_recv", zmq_msg_recv(message, handle, waits ? 0 : ZMQ_DONTWAIT))
      } catch  where error.code == EAGAIN && frames.isEmpty && !waits {
        return nil
      }
      frames.append(Array(UnsafeRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message))))
    } while zmq_msg_more(message) != 0
    return frames
  }

  /// Becomes readable when something has happened to the socket. Only after `receive` has found nothing, or `hasInput`
  /// is false, does it do so for the next message.
  /// - Throws: `ZeroMQError`.
  var descriptor: Int32 {
    get throws(ZeroMQError) { try option(ZMQ_FD) }
  }

  /// Whether there is a message to be received.
  /// - Throws: `ZeroMQError`.
  var hasInput: Bool {
    get throws(ZeroMQError) { try option(ZMQ_EVENTS) & ZMQ_POLLIN != 0 }
  }

  private func option(_ option: Int32) throws(ZeroMQError) -> Int32 {
    var value: Int32 = 0
    var size = MemoryLayout<Int32>.size
    try check("zmq_getsockopt", zmq_getsockopt(handle, option, &value, &size))
    return value
  }

  private func set(_ option: Int32, _ value: Int32) throws(ZeroMQError) {
    var value = value
    try check("zmq_setsockopt", zmq_setsockopt(handle, option, &value, MemoryLayout<Int32>.size))
  }

  /// Keys are strings whose closing zero counts.
  private func set(_ option: Int32, _ key: String) throws(ZeroMQError) {
    try check("setting a key of CurveZMQ", zmq_setsockopt(handle, option, key, key.utf8.count + 1))
  }
}

/// The one way to call libzmq: a call that a signal interrupted is made again, any other failure is thrown.
private func check(
  _ function: @autoclosure () -> String, _ call: @autoclosure () -> Int32
) throws(ZeroMQError) {
  while call() < 0 {
    // The code must be read before anything else runs on this thread.
    let code = zmq_errno()
    if code != EINTR { throw ZeroMQError(function: function(), code: code) }
  }
}

/// A call to libzmq that failed.
struct ZeroMQError: Error, Sendable, Equatable {
  var function: String
  var code: Int32

  fileprivate static func last(in function: String) -> ZeroMQError {
    ZeroMQError(function: function, code: zmq_errno())
  }

  /// Whether the context was shut down, which is how a thread is told to leave.
  var isTermination: Bool { code == ETERM }
}

extension ZeroMQError: ExplainedError {
  var problem: String { "\(function) failed: \(String(cString: zmq_strerror(code)))" }
  var advice: String? {
    code == EADDRINUSE ? "Another program listens on that port: start the kernel again" : nil
  }
}

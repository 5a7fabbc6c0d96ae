import Engine
import Foundation
import Synchronization

/// Turns messages into frames and back (Jupyter messaging, "The wire protocol"):
/// identities, `<IDS|MSG>`, signature, header, parent header, metadata, content, buffers.
final class WireCodec: Sendable {
  /// One for each kernel process: front ends tell a restarted kernel by it.
  let session = UUID().uuidString.lowercased()
  /// Nil where messages are not signed.
  private let key: HMACSHA256?
  private let username: String
  private let sent = Atomic<Int>(0)
  private let received = Mutex(RecentSignatures())

  static let delimiter = Array("<IDS|MSG>".utf8)

  init(key: [UInt8], username: String = ProcessInfo.processInfo.environment["USER"] ?? "dass") {
    self.key = key.isEmpty ? nil : HMACSHA256(key: key)
    self.username = username
  }

  /// The message in `frames`. The signature is checked over the received bytes before anything is parsed.
  /// - Throws: `WireError`.
  func decode(_ frames: [[UInt8]]) throws(WireError) -> Message {
    guard let delimiter = frames.firstIndex(of: Self.delimiter) else { throw .noDelimiter }
    let parts = frames[(delimiter + 1)...]
    guard parts.count >= 5 else { throw .tooFewFrames(parts.count) }
    let signed = Array(parts[(delimiter + 2)..<(delimiter + 6)])
    if let key {
      let digest = key.digest(of: signed)
      guard Digest.areEqual(Array(Digest.hexadecimal(digest).utf8), parts[delimiter + 1]) else {
        throw .badSignature
      }
      guard received.withLock({ $0.insert(digest) }) else { throw .repeatedSignature }
    }
    guard let header = Header(json: try object(signed[0], part: "header")) else { throw .incompleteHeader }
    return Message(
      identities: Array(frames[..<delimiter]), header: header, headerBytes: signed[0],
      metadata: try object(signed[2], part: "metadata"), content: try object(signed[3], part: "content"),
      buffers: Array(parts[(delimiter + 6)...]))
  }

  /// The frames of `message`, under a new message id.
  func encode(_ message: OutgoingMessage) -> [[UInt8]] {
    let number = sent.wrappingAdd(1, ordering: .relaxed).newValue
    let header = Header(
      messageID: "\(session)_\(number)", session: session, username: username, date: Self.now(),
      type: message.type)
    let signed = [
      header.json.encoded(), message.parentHeaderBytes, message.metadata.encoded(), message.content.encoded(),
    ]
    return message.identities + [Self.delimiter, Array(signature(of: signed).utf8)] + signed
      + message.buffers
  }

  /// The hexadecimal signature; empty without a key.
  private func signature(of parts: [[UInt8]]) -> String {
    key.map { Digest.hexadecimal($0.digest(of: parts)) } ?? ""
  }

  private func object(_ bytes: [UInt8], part: String) throws(WireError) -> JSON {
    let value: JSON
    do {
      value = try JSON(parsing: bytes)
    } catch {
      throw .notJSON(part: part, error)
    }
    guard value.objectValue != nil else { throw .notAnObject(part: part) }
    return value
  }

  /// The time in UTC to the microsecond, as Python's `isoformat` writes it. Digit by digit, because every message has it.
  static func now() -> String {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    var parts = tm()
    var seconds = time.tv_sec
    gmtime_r(&seconds, &parts)
    var text: [UInt8] = []
    text.reserveCapacity(27)
    func append(_ value: some BinaryInteger, digits: Int, then separator: Unicode.Scalar) {
      var divisor = 1
      for _ in 1..<digits { divisor *= 10 }
      while divisor > 0 {
        text.append(UInt8(ascii: "0") + UInt8(Int(value) / divisor % 10))
        divisor /= 10
      }
      text.append(UInt8(ascii: separator))
    }
    append(parts.tm_year + 1900, digits: 4, then: "-")
    append(parts.tm_mon + 1, digits: 2, then: "-")
    append(parts.tm_mday, digits: 2, then: "T")
    append(parts.tm_hour, digits: 2, then: ":")
    append(parts.tm_min, digits: 2, then: ":")
    append(parts.tm_sec, digits: 2, then: ".")
    append(time.tv_nsec / 1000, digits: 6, then: "Z")
    return String(decoding: text, as: UTF8.self)
  }
}

/// The signatures of the messages that came in last. A message that was overheard and is sent again is not obeyed.
private struct RecentSignatures: Sendable {
  /// Two generations: when the younger one is full, it takes the place of the older one.
  private var young: Set<SIMD2<UInt64>> = []
  private var old: Set<SIMD2<UInt64>> = []

  private static let capacity = 1 << 14

  /// False if `digest` is among them. Half of a digest tells messages apart as well as all of it.
  mutating func insert(_ digest: [UInt8]) -> Bool {
    let half = digest.withUnsafeBytes { $0.loadUnaligned(as: SIMD2<UInt64>.self) }
    guard !old.contains(half), young.insert(half).inserted else { return false }
    if young.count == Self.capacity {
      old = young
      young = []
    }
    return true
  }
}

/// Why some frames are not a message.
enum WireError: Error, Sendable, Equatable {
  case noDelimiter
  case tooFewFrames(Int)
  case badSignature
  case repeatedSignature
  case notJSON(part: String, JSONError)
  case notAnObject(part: String)
  case incompleteHeader
}

extension WireError: ExplainedError {
  var problem: String {
    switch self {
    case .noDelimiter: "the message has no <IDS|MSG> frame"
    case .tooFewFrames(let count): "the message has \(count) frames after <IDS|MSG> where 5 are needed"
    case .badSignature: "the message's signature does not match"
    case .repeatedSignature: "the message came before, with the same signature"
    case .notJSON(let part, let error): "the message's \(part) is not JSON: \(error.problem)"
    case .notAnObject(let part): "the message's \(part) is not a JSON object"
    case .incompleteHeader: "the message's header has no msg_id or no msg_type"
    }
  }

  var advice: String? {
    switch self {
    case .badSignature: "Check that client and kernel use the same connection file"
    default: nil
    }
  }
}

import Engine

/// The sockets of a kernel (Jupyter messaging, "Introduction").
enum Channel: String, Sendable, CaseIterable {
  case shell, control, stdin, iopub
  case heartbeat = "hb"
}

/// What the connection file says: where to listen, and the key that messages are signed with.
struct ConnectionInfo: Sendable, Equatable {
  enum Transport: String, Sendable { case tcp, ipc }

  var transport: Transport
  /// An address for TCP; the path prefix of the sockets for IPC.
  var address: String
  var ports: [Channel: Int]
  /// Empty means that messages are not signed.
  var key: [UInt8]

  init(transport: Transport, address: String, ports: [Channel: Int], key: [UInt8]) {
    self.transport = transport
    self.address = address
    self.ports = ports
    self.key = key
  }

  /// Reads the text of a connection file.
  /// - Throws: `ConnectionError`.
  init(parsing bytes: [UInt8]) throws(ConnectionError) {
    let file: JSON
    do {
      file = try JSON(parsing: bytes)
    } catch {
      throw .notJSON(error)
    }
    guard file.objectValue != nil else { throw .notAnObject }
    let transport = file["transport"] ?? "tcp"
    guard let name = transport.stringValue, let known = Transport(rawValue: name) else {
      throw .unknownTransport(transport.stringValue ?? transport.text)
    }
    guard let address = file["ip"]?.stringValue, !address.isEmpty else { throw .missing(field: "ip") }
    guard let key = (file["key"] ?? "").stringValue else { throw .missing(field: "key") }
    let scheme = file["signature_scheme"] ?? "hmac-sha256"
    guard key.isEmpty || scheme == "hmac-sha256" else {
      throw .unknownSignatureScheme(scheme.stringValue ?? scheme.text)
    }
    var ports: [Channel: Int] = [:]
    for channel in Channel.allCases {
      let field = channel.rawValue + "_port"
      guard let port = file[field] else { throw .missing(field: field) }
      // An IPC "port" is only a suffix of the path.
      guard let number = port.intValue, number > 0, known == .ipc || number < 65536 else {
        throw .invalidPort(field: field, value: port.text)
      }
      ports[channel] = number
    }
    self.init(transport: known, address: address, ports: ports, key: Array(key.utf8))
  }

  /// The ZeroMQ endpoint of `channel`.
  func endpoint(of channel: Channel) -> String {
    let port = ports[channel, default: 0]
    return switch transport {
    case .tcp: address.contains(":") ? "tcp://[\(address)]:\(port)" : "tcp://\(address):\(port)"
    case .ipc: "ipc://\(address)-\(port)"
    }
  }
}

/// Why a connection file cannot be used.
enum ConnectionError: Error, Sendable, Equatable {
  case unreadable(path: String, reason: String)
  case notJSON(JSONError)
  case notAnObject
  case missing(field: String)
  case invalidPort(field: String, value: String)
  case unknownTransport(String)
  case unknownSignatureScheme(String)
}

extension ConnectionError: ExplainedError {
  var problem: String {
    switch self {
    case .unreadable(let path, let reason): "cannot read the connection file \(path): \(reason)"
    case .notJSON(let error): "the connection file is not JSON: \(error.problem)"
    case .notAnObject: "the connection file does not hold a JSON object"
    case .missing(let field): "the connection file has no \"\(field)\""
    case .invalidPort(let field, let value):
      "\"\(field)\" in the connection file is \(value), which is no port number"
    case .unknownTransport(let name): "the connection file asks for the transport \"\(name)\""
    case .unknownSignatureScheme(let name): "the connection file asks for the signature scheme \"\(name)\""
    }
  }

  var advice: String? {
    switch self {
    case .unknownTransport: "Use \"tcp\" or \"ipc\""
    case .unknownSignatureScheme: "Use \"hmac-sha256\", or an empty key for no signatures"
    default: "Let Jupyter start the kernel: it writes the file and passes its path"
    }
  }
}

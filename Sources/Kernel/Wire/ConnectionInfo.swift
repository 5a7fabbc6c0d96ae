import Engine

/// The sockets of a kernel (Jupyter messaging, "Introduction").
enum Channel: String, Sendable, CaseIterable {
  case shell, control, stdin, iopub
  case heartbeat = "hb"

  /// The field of connection files and of registrations that holds its port.
  var portField: String { rawValue + "_port" }
}

/// What the connection file says: where to listen, and the key that messages are signed with.
struct ConnectionInfo: Sendable, Equatable {
  enum Transport: String, Sendable { case tcp, ipc }

  /// The kernel's key pair for CurveZMQ, each key as 40 characters of Z85 (jupyter_client 8.9).
  struct CurveKeys: Sendable, Equatable {
    var publicKey: String
    var secretKey: String
  }

  var transport: Transport
  /// An address for TCP; the path prefix of the sockets for IPC.
  var address: String
  /// A TCP port 0 lets the kernel take a free one.
  var ports: [Channel: Int]
  /// Empty means that messages are not signed.
  var key: [UInt8]
  /// Nil means that the sockets are not encrypted.
  var curveKeys: CurveKeys?
  /// Where the kernel reports the ports that it took (JEP 66); nil when the file names all of them.
  var registrationPort: Int?
}

extension ConnectionInfo {
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
    // An IPC "port" is only a suffix of the path, and none of them is free by definition.
    let allowed = known == .ipc ? 1...Int.max : 0...65535
    func port(_ field: String) throws(ConnectionError) -> Int {
      guard let port = file[field] else { throw .missing(field: field) }
      guard let number = port.intValue, allowed.contains(number) else {
        throw .invalidPort(field: field, value: port.text)
      }
      return number
    }
    var ports: [Channel: Int] = [:]
    let registers = file["registration_port"] != nil
    for (number, channel) in zip(1..., Channel.allCases) {
      ports[channel] = registers ? (known == .ipc ? number : 0) : try port(channel.portField)
    }
    self.init(
      transport: known, address: address, ports: ports, key: Array(key.utf8),
      curveKeys: try Self.curveKeys(in: file),
      registrationPort: registers ? try port("registration_port") : nil)
  }

  /// Both keys, or neither.
  private static func curveKeys(in file: JSON) throws(ConnectionError) -> CurveKeys? {
    func key(_ field: String) throws(ConnectionError) -> String? {
      guard let value = file[field], value != .null else { return nil }
      guard let text = value.stringValue, text.utf8.count == 40 else { throw .invalidKey(field: field) }
      return text
    }
    switch (try key("curve_publickey"), try key("curve_secretkey")) {
    case (nil, nil): return nil
    case (let publicKey?, let secretKey?): return CurveKeys(publicKey: publicKey, secretKey: secretKey)
    case (nil, _): throw .missing(field: "curve_publickey")
    case (_, nil): throw .missing(field: "curve_secretkey")
    }
  }

  /// The ZeroMQ endpoint of `channel`.
  func endpoint(of channel: Channel) -> String { endpoint(port: ports[channel, default: 0]) }

  /// The ZeroMQ endpoint at `port`; 0 stands for any free one.
  func endpoint(port: Int) -> String {
    switch transport {
    case .tcp:
      "tcp://" + (address.contains(":") ? "[\(address)]" : address) + ":" + (port == 0 ? "*" : "\(port)")
    case .ipc: "ipc://\(address)-\(port)"
    }
  }

  /// The ports under the names that connection files give them.
  var portFields: [String: JSON] {
    Dictionary(uniqueKeysWithValues: ports.map { ($0.portField, .integer($1)) })
  }
}

/// Why a connection file cannot be used.
enum ConnectionError: Error, Sendable, Equatable {
  case unreadable(path: String, reason: String)
  case notJSON(JSONError)
  case notAnObject
  case missing(field: String)
  case invalidPort(field: String, value: String)
  case invalidKey(field: String)
  case unknownTransport(String)
  case unknownSignatureScheme(String)
  /// The process that started the kernel did not take note of its ports.
  case notRegistered
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
    case .invalidKey(let field): "\"\(field)\" in the connection file is no key of 40 characters"
    case .unknownTransport(let name): "the connection file asks for the transport \"\(name)\""
    case .unknownSignatureScheme(let name): "the connection file asks for the signature scheme \"\(name)\""
    case .notRegistered: "the kernel's ports were reported, and refused"
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

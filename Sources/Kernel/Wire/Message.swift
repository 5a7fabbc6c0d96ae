import Engine

/// Who sent a message, and when (Jupyter messaging, "Message header").
struct Header: Sendable, Equatable {
  var messageID: String
  var session: String
  var username: String
  /// ISO 8601, with a time zone.
  var date: String
  var type: MessageType
  var version: String
  /// The subshell that a request is for; nil for the parent subshell (JEP 91).
  var subshell: String?

  /// The version of the messaging protocol that this kernel speaks.
  static let protocolVersion = "5.5"

  var json: JSON {
    [
      "msg_id": .string(messageID), "session": .string(session), "username": .string(username),
      "date": .string(date), "msg_type": .string(type.rawValue), "version": .string(version),
    ]
  }

  /// The header in `json`, or nil if the two fields that nothing works without are missing.
  init?(json: JSON) {
    guard let messageID = json["msg_id"]?.stringValue, let type = json["msg_type"]?.stringValue else {
      return nil
    }
    self.messageID = messageID
    self.type = MessageType(rawValue: type)
    session = json["session"]?.stringValue ?? ""
    username = json["username"]?.stringValue ?? ""
    date = json["date"]?.stringValue ?? ""
    version = json["version"]?.stringValue ?? ""
    subshell = json["subshell_id"]?.stringValue
  }

  init(messageID: String, session: String, username: String, date: String, type: MessageType) {
    self.messageID = messageID
    self.session = session
    self.username = username
    self.date = date
    self.type = type
    version = Self.protocolVersion
  }
}

/// A message that came in, its signature checked.
struct Message: Sendable {
  /// The routing frames before the delimiter; a reply goes back with the same ones.
  var identities: [[UInt8]]
  var header: Header
  /// The header as it was received: what is sent back as the parent header, to the byte.
  var headerBytes: [UInt8]
  var metadata: JSON
  var content: JSON
  var buffers: [[UInt8]]

  /// What an answer needs to know of this message.
  var origin: Origin { Origin(identities: identities, headerBytes: headerBytes) }
}

/// The request that something is an answer to. Taken when work is handed in, never "the current request".
struct Origin: Sendable, Equatable {
  var identities: [[UInt8]]
  var headerBytes: [UInt8]
}

/// A message to be sent. The header is added when it is encoded.
struct OutgoingMessage: Sendable {
  var type: MessageType
  /// Routing frames for the reply channels; the subscription topic for iopub.
  var identities: [[UInt8]]
  var parentHeaderBytes: [UInt8]
  var content: JSON
  var metadata: JSON
  /// Bytes that go with the content as they are; they are not signed.
  var buffers: [[UInt8]] = []

  /// An answer to the sender of `origin`.
  init(_ type: MessageType, to origin: Origin, content: JSON, metadata: JSON = [:]) {
    self.type = type
    identities = origin.identities
    parentHeaderBytes = origin.headerBytes
    self.content = content
    self.metadata = metadata
  }

  /// A broadcast caused by `origin`, if by anything.
  init(
    broadcasting type: MessageType, causedBy origin: Origin?, content: JSON, metadata: JSON = [:],
    buffers: [[UInt8]] = []
  ) {
    self.type = type
    identities = [Array(type.rawValue.utf8)]
    parentHeaderBytes = origin?.headerBytes ?? Array("{}".utf8)
    self.content = content
    self.metadata = metadata
    self.buffers = buffers
  }
}

import Engine

/// A message of a comm, a channel between an object in the kernel and its counterpart in a front end (Jupyter
/// messaging, "Custom Messages"). Widgets are such objects.
struct CommMessage: Sendable {
  enum Kind: String, Sendable {
    case open = "comm_open"
    case message = "comm_msg"
    case close = "comm_close"
  }

  var kind: Kind
  /// `comm_id` and `data`; of a new comm also `target_name`, what it is for.
  var content: JSON
  var metadata: JSON = [:]
  var buffers: [[UInt8]] = []

  var id: String { content["comm_id"]?.stringValue ?? "" }
  var target: String { content["target_name"]?.stringValue ?? "" }
}

extension CommMessage {
  /// Nil for a message of another kind.
  init?(_ message: Message) {
    guard let kind = Kind(rawValue: message.header.type.rawValue) else { return nil }
    self.init(
      kind: kind, content: message.content, metadata: message.metadata, buffers: message.buffers)
  }
}

/// The front end's side of comms, as code that runs for one request sees it.
protocol CommChannel: Sendable {
  /// The header of the request, which is the parent of everything that is shown now.
  var requestHeader: JSON { get }
  func send(_ message: CommMessage)
  /// Lets clients open comms for `target`.
  func offer(_ target: String)
}

/// The name of a kind of message, spelled as the protocol spells it. Open, because clients send kinds of their own.
struct MessageType: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
  let rawValue: String

  init(rawValue: String) { self.rawValue = rawValue }
  init(stringLiteral value: String) { rawValue = value }

  static let executeRequest: MessageType = "execute_request"
  static let completeRequest: MessageType = "complete_request"
  static let inspectRequest: MessageType = "inspect_request"
  static let isCompleteRequest: MessageType = "is_complete_request"
  static let historyRequest: MessageType = "history_request"
  static let kernelInfoRequest: MessageType = "kernel_info_request"
  static let commInfoRequest: MessageType = "comm_info_request"
  static let interruptRequest: MessageType = "interrupt_request"
  static let shutdownRequest: MessageType = "shutdown_request"
  static let usageRequest: MessageType = "usage_request"
  static let createSubshellRequest: MessageType = "create_subshell_request"
  static let deleteSubshellRequest: MessageType = "delete_subshell_request"
  static let listSubshellRequest: MessageType = "list_subshell_request"
  static let handshakeRequest: MessageType = "handshake_request"
  static let inputRequest: MessageType = "input_request"
  static let inputReply: MessageType = "input_reply"
  static let commOpen: MessageType = "comm_open"
  static let commMessage: MessageType = "comm_msg"
  static let commClose: MessageType = "comm_close"
  static let status: MessageType = "status"
  static let stream: MessageType = "stream"
  static let displayData: MessageType = "display_data"
  static let updateDisplayData: MessageType = "update_display_data"
  static let clearOutput: MessageType = "clear_output"
  static let executeInput: MessageType = "execute_input"
  static let executeResult: MessageType = "execute_result"
  static let error: MessageType = "error"
  static let iopubWelcome: MessageType = "iopub_welcome"

  /// The kind of the answer: `execute_reply` for `execute_request`.
  var reply: MessageType {
    let suffix = "_request"
    guard rawValue.hasSuffix(suffix) else { return self }
    return MessageType(rawValue: rawValue.dropLast(suffix.count) + "_reply")
  }
}

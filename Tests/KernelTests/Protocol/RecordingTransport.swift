import Engine
import Foundation
import Testing

@testable import Kernel

/// A transport that keeps what is sent, and lets a test wait for it.
///
/// `@unchecked Sendable`: the list is only touched while `condition` is locked.
final class RecordingTransport: Transport, @unchecked Sendable {
  struct Sent: Sendable {
    var type: MessageType
    var channel: Channel
    /// The `msg_id` of the request that it belongs to; nil without one.
    var parent: String?
    var content: JSON
    var metadata: JSON
    var identities: [[UInt8]]
    var buffers: [[UInt8]]

    var state: String? { type == .status ? content["execution_state"]?.stringValue : nil }
    var text: String? { type == .stream ? content["text"]?.stringValue : nil }
  }

  private let condition = NSCondition()
  private var messages: [Sent] = []

  func send(_ message: OutgoingMessage, on channel: Channel) {
    let parent = (try? JSON(parsing: message.parentHeaderBytes))?["msg_id"]?.stringValue
    condition.withLock {
      messages.append(
        Sent(
          type: message.type, channel: channel, parent: parent, content: message.content,
          metadata: message.metadata, identities: message.identities, buffers: message.buffers))
      condition.broadcast()
    }
  }

  var sent: [Sent] { condition.withLock { messages } }

  /// What belongs to the request `id`, in order.
  func sent(for id: String) -> [Sent] { sent.filter { $0.parent == id } }

  /// Waits until something sent fulfils `predicate`; false after a minute, which is a failure.
  func wait(until predicate: ([Sent]) -> Bool) -> Bool {
    let deadline = Date(timeIntervalSinceNow: 60)
    return condition.withLock {
      while !predicate(messages) {
        if !condition.wait(until: deadline) { return false }
      }
      return true
    }
  }
}

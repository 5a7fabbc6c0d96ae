/// Carries messages between the protocol core and its clients. The core knows nothing else of the outside.
protocol Transport: Sendable {
  /// Sends `message` after everything that was sent before, from any thread, without waiting for a client.
  func send(_ message: OutgoingMessage, on channel: Channel)
}

/// Takes the messages that a transport receives. Called on the transport's own thread: it must not wait.
protocol MessageReceiver: Sendable {
  func receive(_ message: Message, on channel: Channel)

  /// Someone listens on iopub from now on.
  func subscriberJoined()
}

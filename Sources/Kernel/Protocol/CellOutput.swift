import Engine
import Foundation
import Synchronization

/// Publishes what one cell shows, as answers to the request that started it.
///
/// Text is collected for a moment, because a message for every small write would overrun the front end; it goes
/// out before anything else that the cell shows, so the order is kept.
final class CellOutput: OutputSink {
  /// Text collected so far, and how much the cell has written in all.
  private struct Batch: Sendable {
    var stream = StreamName.stdout
    var text = ""
    var isFlushDue = false
    var total = 0
    var isCapped = false
  }

  /// When a batch is sent at the latest.
  static let flushDelay = DispatchTimeInterval.milliseconds(60)
  /// The size, in bytes of UTF-8, at which a batch is sent at once.
  static let batchSize = 10_000
  /// How much text, in bytes of UTF-8, one cell may show. A notebook of more is slow to open and to save.
  static let textLimit = 4_000_000

  private static let flushQueue = DispatchQueue(label: "dass.flush")

  private let origin: Origin
  private let transport: any Transport
  private let mailbox: InputMailbox
  private let isSilent: Bool
  private let takesInput: Bool
  private let batch = Mutex(Batch())

  init(
    origin: Origin, transport: any Transport, mailbox: InputMailbox, isSilent: Bool, takesInput: Bool
  ) {
    self.origin = origin
    self.transport = transport
    self.mailbox = mailbox
    self.isSilent = isSilent
    self.takesInput = takesInput
  }

  func write(_ text: String, to stream: StreamName) {
    guard !isSilent, !text.isEmpty else { return }
    let needsTimer = batch.withLock { batch in
      guard !batch.isCapped else { return false }
      if batch.stream != stream { send(&batch) }
      batch.stream = stream
      batch.text += text
      batch.total += text.utf8.count
      if batch.total > Self.textLimit {
        batch.isCapped = true
        send(&batch)
        batch.stream = .stderr
        batch.text =
          "(this cell wrote more than \(Self.textLimit / 1_000_000) MB of text; the rest is not shown)\n"
        send(&batch)
        return false
      }
      if batch.text.utf8.count >= Self.batchSize {
        send(&batch)
        return false
      }
      defer { batch.isFlushDue = true }
      return !batch.isFlushDue
    }
    if needsTimer {
      Self.flushQueue.asyncAfter(deadline: .now() + Self.flushDelay) { self.flush() }
    }
  }

  func display(_ bundle: MIMEBundle, displayID: String?) {
    var content = bundle.content
    content["transient"] = displayID.map { ["display_id": .string($0)] } ?? [:]
    publish(.displayData, .object(content))
  }

  func updateDisplay(_ bundle: MIMEBundle, displayID: String) {
    var content = bundle.content
    content["transient"] = ["display_id": .string(displayID)]
    publish(.updateDisplayData, .object(content))
  }

  func clearOutput(wait: Bool) { publish(.clearOutput, ["wait": .bool(wait)]) }

  func requestInput(
    prompt: String, isPassword: Bool, cancellation: CancellationToken
  ) throws -> String {
    guard takesInput else { throw InputError.notSupported }
    flush()
    mailbox.clear()
    transport.send(
      OutgoingMessage(
        .inputRequest, to: origin, content: ["prompt": .string(prompt), "password": .bool(isPassword)]),
      on: .stdin)
    let answer = try mailbox.wait(cancellation: cancellation)
    // What front ends send for Ctrl-D.
    if answer == "\u{4}" { throw InputError.endOfInput }
    return answer
  }

  /// Broadcasts a message of this cell, after the text that waits.
  func publish(_ type: MessageType, _ content: JSON) {
    guard !isSilent else { return }
    batch.withLock { batch in
      send(&batch)
      transport.send(OutgoingMessage(broadcasting: type, causedBy: origin, content: content), on: .iopub)
    }
  }

  /// Sends the text that waits.
  func flush() {
    batch.withLock { batch in
      send(&batch)
      batch.isFlushDue = false
    }
  }

  // Called with the lock held, so that two threads cannot swap their batches on the way to the transport.
  private func send(_ batch: inout Batch) {
    guard !batch.text.isEmpty else { return }
    transport.send(
      OutgoingMessage(
        broadcasting: .stream, causedBy: origin,
        content: ["name": .string(batch.stream.rawValue), "text": .string(batch.text)]),
      on: .iopub)
    batch.text = ""
  }
}

extension MIMEBundle {
  /// The two fields that every message with a bundle has.
  var content: [String: JSON] { ["data": .object(data), "metadata": .object(metadata)] }
}

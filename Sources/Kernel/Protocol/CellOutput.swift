import Engine
import Foundation
import Synchronization

/// Publishes what one cell shows, as answers to the request that started it.
///
/// Text is collected for a moment, because a message for every small write would overrun the front end; it goes
/// out before anything else that the cell shows, so the order is kept.
final class CellOutput: OutputSink {
  /// Text that waits, and what has become of the text before it.
  private struct Batch {
    var stream = StreamName.stdout
    var text = ""
    var isFlushDue = false
    /// What was sent, in case that the whole text has to go into a log; nil once it has.
    var shown: [String]? = []
    var shownSize = 0
    var log: OutputLog?
  }

  /// When a batch is sent at the latest.
  static let flushDelay = DispatchTimeInterval.milliseconds(60)
  /// The size, in bytes of UTF-8, at which a batch is sent at once.
  static let batchSize = 10_000
  /// How much text, in bytes of UTF-8, one cell may show. A notebook of more is slow to open and to save, and
  /// Jupyter's server drops what exceeds 3 MB in 3 seconds (`iopub_data_rate_limit`).
  static let textLimit = 2_000_000

  private static let flushQueue = DispatchQueue(label: "dass.flush")

  private let origin: Origin
  private let transport: any Transport
  private let mailbox: InputMailbox
  private let isSilent: Bool
  private let takesInput: Bool
  private let logFolder: String?
  private let openComms: OpenComms
  private let batch = Mutex(Batch())

  /// `logFolder` takes the whole text of a cell that writes more than it may show; nil for none.
  init(
    origin: Origin, transport: any Transport, mailbox: InputMailbox, isSilent: Bool, takesInput: Bool,
    logFolder: String? = nil, openComms: OpenComms = OpenComms()
  ) {
    self.logFolder = logFolder
    self.openComms = openComms
    self.origin = origin
    self.transport = transport
    self.mailbox = mailbox
    self.isSilent = isSilent
    self.takesInput = takesInput
  }

  func write(_ text: String, to stream: StreamName) {
    guard !isSilent, !text.isEmpty else { return }
    let needsTimer = batch.withLock { batch in
      if batch.stream != stream { send(&batch) }
      batch.stream = stream
      batch.text += text
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

  func show(_ failure: ExecutionFailure) { publish(.error, failure.json) }

  var comms: (any CommChannel)? { self }

  func clearOutput(wait: Bool) { publish(.clearOutput, ["wait": .bool(wait)]) }

  func requestInput(
    prompt: String, isPassword: Bool, cancellation: CancellationToken
  ) throws -> String {
    guard takesInput else { throw InputError.notSupported }
    flush()
    let answer = try mailbox.ask(cancellation: cancellation) {
      transport.send(
        OutgoingMessage(
          .inputRequest, to: origin, content: ["prompt": .string(prompt), "password": .bool(isPassword)]),
        on: .stdin)
    }
    // What front ends send for Ctrl-D.
    if answer == "\u{4}" { throw InputError.endOfInput }
    return answer
  }

  /// Broadcasts a message of this cell, after the text that waits.
  func publish(_ type: MessageType, _ content: JSON) {
    if !isSilent { publish(OutgoingMessage(broadcasting: type, causedBy: origin, content: content)) }
  }

  private func publish(_ message: OutgoingMessage) {
    batch.withLock { batch in
      send(&batch)
      transport.send(message, on: .iopub)
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
    defer { batch.text = "" }
    guard batch.shown != nil else {
      batch.log?.append(batch.text)
      return
    }
    let room = Self.textLimit - batch.shownSize
    guard batch.text.utf8.count > room else {
      publish(batch.text, on: batch.stream)
      batch.shown?.append(batch.text)
      batch.shownSize += batch.text.utf8.count
      return
    }
    publish(
      String(batch.text[..<batch.text.utf8.index(batch.text.startIndex, offsetBy: room)]), on: batch.stream)
    overflow(&batch)
  }

  /// Goes over to the log: everything so far, and from now on what comes.
  private func overflow(_ batch: inout Batch) {
    let log = logFolder.flatMap(OutputLog.init)
    for text in (batch.shown ?? []) + [batch.text] { log?.append(text) }
    batch.log = log
    batch.shown = nil
    let rest = log.map { "all of it is in \($0.path)" } ?? "the rest is not shown"
    publish("\n(this cell wrote more than \(Self.textLimit / 1_000_000) MB of text; \(rest))\n", on: .stderr)
  }

  private func publish(_ text: String, on stream: StreamName) {
    guard !text.isEmpty else { return }
    transport.send(
      OutgoingMessage(
        broadcasting: .stream, causedBy: origin,
        content: ["name": .string(stream.rawValue), "text": .string(text)]),
      on: .iopub)
  }
}

extension CellOutput: CommChannel {
  var requestHeader: JSON { (try? JSON(parsing: origin.headerBytes)) ?? [:] }

  /// Also of a silent cell: widgets are no output.
  func send(_ message: CommMessage) {
    openComms.note(message)
    publish(
      OutgoingMessage(
        broadcasting: MessageType(rawValue: message.kind.rawValue), causedBy: origin,
        content: message.content,
        metadata: message.metadata, buffers: message.buffers))
  }

  func offer(_ target: String) { openComms.offer(target) }
}

extension MIMEBundle {
  /// The two fields that every message with a bundle has.
  var content: [String: JSON] { ["data": .object(data), "metadata": .object(metadata)] }
}

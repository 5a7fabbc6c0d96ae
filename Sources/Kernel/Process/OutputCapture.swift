import CProcess
import Foundation
import Synchronization

/// Catches what C code writes to standard descriptors, and hands it on as text.
///
/// A thread of its own reads the pipes. It takes no lock of the interpreter, so C code that fills a pipe never
/// waits for something that waits for it.
///
/// `@unchecked Sendable`: the two counters are only touched while `condition` is locked.
final class OutputCapture: @unchecked Sendable {
  typealias Route = @Sendable (String, StreamName) -> Void

  private struct Source: Sendable {
    var stream: StreamName
    var descriptor: Int32
    var saved: Int32
    var readEnd: Int32
  }

  private let sources: [Source]
  private let event: WakeEvent
  /// In a structure: a function that a generic type hands out is wrapped anew each time, and calls get slower and slower.
  private struct Destination: Sendable {
    var send: Route
  }

  private let destination = Mutex<Destination?>(nil)
  private let isStopping = Atomic<Bool>(false)
  private let condition = NSCondition()
  private var drainsRequested = 0
  private var drainsDone = 0

  /// Captures each of `descriptors` until `stop`.
  /// - Throws: `ProcessError` if a pipe cannot be made.
  init(_ descriptors: [(Int32, StreamName)]) throws(ProcessError) {
    var sources: [Source] = []
    for (descriptor, stream) in descriptors {
      let saved = dass_duplicate(descriptor)
      let readEnd = saved < 0 ? -1 : dass_capture(descriptor)
      if readEnd < 0 { throw .cannotCapture(stream: stream.rawValue, errno: errno) }
      sources.append(Source(stream: stream, descriptor: descriptor, saved: saved, readEnd: readEnd))
    }
    guard let event = WakeEvent() else { throw .cannotCapture(stream: "event", errno: errno) }
    self.event = event
    self.sources = sources
    dass_line_buffer_stdout()
  }

  /// Starts the reading thread.
  func start() -> DedicatedThread { DedicatedThread(name: "dass-capture") { self.run() } }

  /// Says where text goes from now on; text that comes while there is no route is dropped.
  func setRoute(_ newRoute: Route?) {
    destination.withLock { $0 = newRoute.map(Destination.init) }
  }

  /// Returns when everything that was written before the call has been handed on, or after `limit`.
  func drain(limit: TimeInterval = 0.2) {
    dass_flush_stdio()
    let deadline = Date(timeIntervalSinceNow: limit)
    condition.withLock {
      drainsRequested += 1
      let ticket = drainsRequested
      event.signal()
      while drainsDone < ticket, condition.wait(until: deadline) {}
    }
  }

  /// Puts the descriptors back and ends the thread.
  func stop() {
    drain()
    for source in sources { _ = dass_restore(source.saved, source.descriptor) }
    isStopping.store(true, ordering: .releasing)
    event.signal()
  }

  private func run() {
    var assemblers = sources.map { _ in UTF8Assembler() }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var polled = sources.map { pollfd(fd: $0.readEnd, events: Int16(POLLIN), revents: 0) }
    polled.append(pollfd(fd: event.descriptor, events: Int16(POLLIN), revents: 0))
    while !isStopping.load(ordering: .acquiring) {
      guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
      event.clear()
      let ticket = condition.withLock { drainsRequested }
      for (index, source) in sources.enumerated() {
        read(source, into: &buffer, through: &assemblers[index])
      }
      condition.withLock {
        drainsDone = ticket
        condition.broadcast()
      }
    }
    for source in sources { close(source.readEnd) }
  }

  /// Reads until the pipe is empty.
  private func read(_ source: Source, into buffer: inout [UInt8], through assembler: inout UTF8Assembler) {
    while true {
      let count = Foundation.read(source.readEnd, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      let text = assembler.append(buffer[..<count])
      if text.isEmpty { continue }
      destination.withLock { $0 }?.send(text, source.stream)
    }
  }
}

/// Why the process could not be set up as a kernel.
enum ProcessError: Error, Sendable, Equatable {
  case cannotCapture(stream: String, errno: Int32)
  case cannotCatchSignals(errno: Int32)
}

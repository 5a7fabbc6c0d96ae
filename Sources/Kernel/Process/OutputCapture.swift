import CProcess
import Foundation
import Synchronization

/// Catches what C code writes to standard descriptors, and hands it on as text.
///
/// A thread of its own reads the pipes. It takes no lock of the interpreter, so C code that fills a pipe never
/// waits for something that waits for it.
final class OutputCapture: Sendable {
  typealias Route = @Sendable (String, StreamName) -> Void

  private struct Source: Sendable {
    var stream: StreamName
    var descriptor: Int32
    var saved: Int32
    var readEnd: Int32
  }

  private struct Reader: Sendable {
    var assemblers: [UTF8Assembler]
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
  }

  private let sources: [Source]
  /// Wakes the reading thread for its end.
  private let event: WakeEvent
  /// In a structure: a function that a generic type hands out is wrapped anew each time, and calls get slower and slower.
  private struct Destination: Sendable {
    var send: Route
  }

  private let destination = Mutex<Destination?>(nil)
  private let isStopping = Atomic<Bool>(false)
  /// Held from reading a piece until it is handed on, so that pieces keep their order.
  private let reader: Mutex<Reader>

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
    reader = Mutex(Reader(assemblers: sources.map { _ in UTF8Assembler() }))
    dass_line_buffer_stdout()
  }

  /// Starts the reading thread.
  func start() -> DedicatedThread { DedicatedThread(name: "dass-capture") { self.run() } }

  /// Says where text goes from now on; text that comes while there is no route is dropped.
  func setRoute(_ newRoute: Route?) {
    destination.withLock { $0 = newRoute.map(Destination.init) }
  }

  /// Returns when everything that was written before the call has been handed on, or after `limit`.
  ///
  /// Reads by itself: waking the reading thread and waiting for it takes longer than most cells.
  func drain(limit: Duration = .milliseconds(200)) {
    dass_flush_stdio()
    let deadline = ContinuousClock.now + limit
    for index in sources.indices {
      while readPiece(of: index), ContinuousClock.now < deadline {}
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
    var polled = sources.map { pollfd(fd: $0.readEnd, events: Int16(POLLIN), revents: 0) }
    polled.append(pollfd(fd: event.descriptor, events: Int16(POLLIN), revents: 0))
    while !isStopping.load(ordering: .acquiring) {
      guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
      for index in sources.indices {
        while readPiece(of: index) {}
      }
    }
    for source in sources { close(source.readEnd) }
  }

  /// Hands on what one reading gives; false when the pipe is empty.
  private func readPiece(of index: Int) -> Bool {
    let source = sources[index]
    return reader.withLock { reader in
      var count = 0
      repeat {
        count = read(source.readEnd, &reader.buffer, reader.buffer.count)
      } while count < 0 && errno == EINTR
      guard count > 0 else { return false }
      let text = reader.assemblers[index].append(reader.buffer[..<count])
      if !text.isEmpty { destination.withLock { $0 }?.send(text, source.stream) }
      return true
    }
  }
}

/// Why the process could not be set up as a kernel.
enum ProcessError: Error, Sendable, Equatable {
  case cannotCapture(stream: String, errno: Int32)
  case cannotCatchSignals(errno: Int32)
}

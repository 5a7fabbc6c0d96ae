import Foundation

/// The kernel's own log: lines on the standard error stream that the process was started with.
///
/// Never through descriptor 2, which is captured for the notebook: a log line there would be shown to the user,
/// and one about capturing would loop. Nor does it ever wait: where the stream is a pipe that nobody reads, lines
/// are lost once it is full.
struct KernelLog: Sendable {
  private let descriptor: Int32

  init(descriptor: Int32) { self.descriptor = descriptor }

  func write(_ text: String) {
    let line = Array("dass: \(text)\n".utf8)
    var written = 0
    while written < line.count, isWritable {
      let count = line[written...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      // A log that cannot be written is no reason to stop.
      if count <= 0 { return }
      written += count
    }
  }

  private var isWritable: Bool {
    var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&polled, 1, 0) > 0 && polled.revents & Int16(POLLOUT) != 0
  }
}

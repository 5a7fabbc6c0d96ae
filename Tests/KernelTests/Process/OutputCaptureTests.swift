import Foundation
import Synchronization
import Testing

@testable import Kernel

@Suite struct OutputCaptureTests {
  /// A descriptor that stands in for a standard one, which the test program itself needs.
  private static func spare() -> Int32 { open("/dev/null", O_WRONLY) }

  private static func write(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      done += bytes[done...].withUnsafeBytes {
        max(0, Foundation.write(descriptor, $0.baseAddress, $0.count))
      }
    }
  }

  @Test func drainingReturnsAfterEverythingWasHandedOn() throws {
    let (out, err) = (Self.spare(), Self.spare())
    let capture = try OutputCapture([(out, .stdout), (err, .stderr)])
    let thread = capture.start()
    let received = Mutex<[StreamName: String]>([:])
    capture.setRoute { text, stream in received.withLock { $0[stream, default: ""] += text } }
    for round in 0..<50 {
      Self.write("out \(round)\n", to: out)
      Self.write("err \(round)\n", to: err)
      capture.drain(limit: .seconds(60))
      #expect(received.withLock { $0[.stdout]?.hasSuffix("out \(round)\n") } == true)
      #expect(received.withLock { $0[.stderr]?.hasSuffix("err \(round)\n") } == true)
    }
    capture.stop()
    thread.join()
    close(out)
    close(err)
  }

  @Test func moreThanThePipeHoldsGoesThrough() throws {
    let out = Self.spare()
    let capture = try OutputCapture([(out, .stdout)])
    let thread = capture.start()
    let length = Mutex(0)
    capture.setRoute { text, _ in length.withLock { $0 += text.utf8.count } }
    Self.write(String(repeating: "é", count: 5_000_000), to: out)
    capture.drain(limit: .seconds(60))
    #expect(length.withLock { $0 } == 10_000_000)
    capture.stop()
    thread.join()
    close(out)
  }
}

import Dispatch
import Engine
import Testing

@testable import Kernel

@Suite struct CommTests {
  private let harness = CoreHarness()

  private func comms(_ target: String? = nil) -> JSON? {
    harness.exchange(.commInfoRequest, target.map { ["target_name": .string($0)] } ?? [:])
      .first("comm_info_reply")?["comms"]
  }

  @Test func aCommOfACellIsListedUntilEitherSideClosesIt() {
    let opened = harness.execute("open c1")
    #expect(opened.kinds == ["busy", "execute_input", "stream", "comm_open", "execute_reply", "idle"])
    let message = opened.first { $0.type == .commOpen }
    #expect(message?.metadata == ["version": "2"] && message?.buffers == [[1, 2]])
    _ = harness.execute("open c2", ["silent": true])
    #expect(comms() == ["c1": ["target_name": "toys"], "c2": ["target_name": "toys"]])
    #expect(comms("others") == [:])
    _ = harness.execute("close c2")
    _ = harness.exchange(.commClose, ["comm_id": "c1", "data": [:]])
    #expect(comms() == [:])
  }

  @Test func aMessageIsTakenBetweenBusyAndIdle() {
    _ = harness.execute("open c")
    let id = harness.post(.commMessage, ["comm_id": "c", "data": ["x": 1]], buffers: [[7], []])
    let sent = harness.waitForIdle(id)
    #expect(sent.kinds == ["busy", "stream", "comm_msg", "idle"])
    #expect(sent.first { $0.type == .commMessage }?.buffers == [[7], []])
    let failed = harness.exchange(.commMessage, ["comm_id": "c", "data": ["fails": true]])
    #expect(failed.kinds == ["busy", "stream", "comm_msg", "error", "idle"])
  }

  @Test func clientsOpenCommsForTargetsThatAreOffered() {
    #expect(
      harness.exchange(.commOpen, ["comm_id": "a", "target_name": "t"]).kinds == [
        "busy", "comm_close", "idle",
      ])
    _ = harness.execute("offer t")
    #expect(
      harness.exchange(.commOpen, ["comm_id": "a", "target_name": "t"]).kinds == [
        "busy", "stream", "comm_msg", "idle",
      ])
    #expect(comms() == ["a": ["target_name": "t"]])
    for content: JSON in [["comm_id": "b"], ["target_name": "t"], [:]] {
      #expect(harness.exchange(.commOpen, content).kinds == ["busy", "comm_close", "idle"])
    }
    #expect(harness.exchange(.commMessage, ["comm_id": "b"]).kinds == ["busy", "idle"])
  }

  /// A message waits for the cell before it, also when that fails and the cells behind it are aborted.
  @Test func aFailureOfACellDoesNotCostTheMessagesBehindIt() {
    _ = harness.execute("open c")
    let cell = harness.postCell("waitfail")
    let message = harness.post(.commMessage, ["comm_id": "c", "data": [:]])
    let behind = harness.postCell("value 1")
    // Answered beside the cell that runs.
    #expect(comms() == ["c": ["target_name": "toys"]])
    #expect(harness.transport.sent(for: message).isEmpty)
    harness.interpreter.gate.signal()
    #expect(harness.waitForIdle(cell).first("execute_reply")?["status"] == "error")
    #expect(harness.waitForIdle(message).kinds == ["busy", "stream", "comm_msg", "idle"])
    #expect(harness.waitForIdle(behind).first("execute_reply")?["status"] == "aborted")
  }
}

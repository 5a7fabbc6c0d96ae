import Engine
import Foundation
import Synchronization
import Testing

@testable import Kernel

@Suite struct KernelCoreTests {
  @Test func startingIsSaidOnceAndFirst() {
    let harness = CoreHarness()
    _ = harness.exchange(.kernelInfoRequest)
    #expect(harness.transport.sent.first?.state == "starting")
    #expect(harness.transport.sent.filter { $0.state == "starting" }.count == 1)
  }

  @Test(arguments: [Channel.shell, .control])
  func kernelInfoIsAnsweredOnTheChannelItCameFrom(channel: Channel) {
    let sent = CoreHarness().exchange(.kernelInfoRequest, on: channel)
    #expect(sent.kinds == ["busy", "kernel_info_reply", "idle"])
    #expect(sent[1].channel == channel)
    #expect(sent[1].identities == [Array((sent[1].parent ?? "").utf8)])
    let content = sent[1].content
    #expect(content["protocol_version"] == "5.5")
    #expect(content["implementation"] == "dass")
    #expect(content["banner"] == "toy")
    #expect(content["language_info"]?["file_extension"] == ".dass")
    #expect(content["language_info"]?["codemirror_mode"] == ["name": "dass", "mime": "text/x-mysql"])
  }

  /// Every request that arrives gets exactly one busy and one idle of its own, round everything else.
  @Test func everyRequestIsBracketed() {
    let harness = CoreHarness()
    let types: [MessageType] = [
      .kernelInfoRequest, .executeRequest, .completeRequest, .inspectRequest, .isCompleteRequest,
      .historyRequest,
      .commInfoRequest, .commOpen, .commMessage, .commClose, .interruptRequest, .shutdownRequest,
      "no_such_request", "debug_request", "",
    ]
    let contents: [JSON] = [
      [:], ["code": "print hello"], ["code": "fails"], ["code": 5, "cursor_pos": "x", "n": -4],
      ["code": .null, "hist_access_type": "range", "session": .integer(.min), "stop": .integer(.max)],
    ]
    var identifiers: [String] = []
    for type in types {
      for channel in [Channel.shell, .control] {
        for content in contents {
          identifiers.append(harness.post(type, content, on: channel))
          // A cell that fails takes those that wait with it, bracketed all the same.
        }
      }
    }
    for identifier in identifiers {
      let kinds = harness.waitForIdle(identifier).kinds
      #expect(kinds.first == "busy")
      #expect(kinds.last == "idle")
      #expect(kinds.filter { $0 == "busy" || $0 == "idle" }.count == 2)
    }
  }

  @Test func usageIsToldOnRequest() {
    let harness = CoreHarness()
    _ = harness.exchange(.usageRequest, on: .control)
    let content = harness.exchange(.usageRequest, on: .control)[1].content
    #expect(content["pid"] == .integer(Int(getpid())))
    #expect((content["kernel_memory"]?.intValue ?? 0) > 1_000_000)
    #expect((content["cpu_count"]?.intValue ?? 0) > 0)
    #expect((content["kernel_cpu"]?.doubleValue ?? -1) >= 0)
    let memory = content["host_virtual_memory"]
    #expect((memory?["total"]?.intValue ?? 0) > (memory?["available"]?.intValue ?? .max))
    #expect((0...100).contains(memory?["percent"]?.doubleValue ?? -1))
  }

  @Test func unknownMessagesGetNoReply() {
    #expect(CoreHarness().exchange("no_such_request").kinds == ["busy", "idle"])
  }

  @Test func completionCarriesTypesByIndex() {
    let reply = CoreHarness().exchange(.completeRequest, ["code": "pr", "cursor_pos": 2])[1].content
    #expect(reply["matches"] == ["print"])
    #expect(reply["cursor_end"] == 2)
    let type: JSON = ["start": 0, "end": 2, "text": "print", "type": "keyword", "signature": "text"]
    #expect(reply["metadata"]?["_jupyter_types_experimental"] == [type])
  }

  @Test func inspectionSaysWhetherSomethingWasFound() {
    let harness = CoreHarness()
    let found = harness.exchange(.inspectRequest, ["code": "x", "cursor_pos": 99, "detail_level": 1])[1]
      .content
    #expect(found["found"] == true)
    #expect(found["data"]?["text/plain"] == "x at 1, detail 1")
    let missing = harness.exchange(.inspectRequest, ["code": ""])[1].content
    #expect(missing["found"] == false)
    #expect(missing["data"] == [:])
  }

  @Test func completenessHasThreeAnswers() {
    let harness = CoreHarness()
    func answer(_ code: String) -> JSON {
      harness.exchange(.isCompleteRequest, ["code": .string(code)])[1].content
    }
    #expect(answer("x = 3") == ["status": "complete"])
    #expect(answer("x = [") == ["status": "incomplete", "indent": "  "])
    #expect(answer("print \"") == ["status": "invalid"])
  }

  @Test func unknownCommsAreClosed() {
    let harness = CoreHarness()
    let sent = harness.exchange(.commOpen, ["comm_id": "c", "target_name": "jupyter.widget"])
    #expect(sent.kinds == ["busy", "comm_close", "idle"])
    #expect(sent[1].content["comm_id"] == "c")
    #expect(harness.exchange(.commInfoRequest)[1].content == ["status": "ok", "comms": [:]])
  }

  @Test(arguments: [true, false])
  func shutdownIsAnsweredBeforeItHappens(restart: Bool) {
    let harness = CoreHarness()
    let sent = harness.exchange(.shutdownRequest, ["restart": .bool(restart)], on: .control)
    #expect(sent.first("shutdown_reply") == ["status": "ok", "restart": .bool(restart)])
    #expect(harness.shutdowns.withLock { $0 } == 1)
  }

  @Test func questionsAboutCodeAreAnsweredWhileACellRuns() {
    let harness = CoreHarness()
    let cell = harness.postCell("wait")
    _ = harness.transport.wait { $0.contains { $0.parent == cell && $0.type == .executeInput } }
    let requests: [MessageType] = [
      .completeRequest, .inspectRequest, .isCompleteRequest, .historyRequest, .kernelInfoRequest,
      .commInfoRequest,
    ]
    for type in requests { #expect(harness.exchange(type, ["code": "x"]).kinds.last == "idle") }
    #expect(!harness.transport.sent(for: cell).kinds.contains("idle"))
    harness.interpreter.gate.signal()
    #expect(harness.waitForIdle(cell).kinds == ["busy", "execute_input", "execute_reply", "idle"])
  }

  @Test func anInterruptEndsTheCellAndIsHarmlessWithoutOne() {
    let harness = CoreHarness()
    #expect(harness.exchange(.interruptRequest, on: .control)[1].content == ["status": "ok"])
    let cell = harness.postCell("forever")
    _ = harness.transport.wait { $0.contains { $0.parent == cell && $0.type == .executeInput } }
    #expect(harness.exchange(.interruptRequest, on: .control)[1].content == ["status": "ok"])
    #expect(harness.waitForIdle(cell).first("execute_reply")?["ename"] == "Interrupted")
    #expect(harness.execute("value 1").first("execute_reply")?["status"] == "ok")
  }
}

import Engine
import Testing

@testable import Kernel

@Suite struct InputTests {
  private func waitForQuestion(_ harness: CoreHarness, _ cell: String) -> RecordingTransport.Sent? {
    _ = harness.transport.wait { $0.contains { $0.parent == cell && $0.type == .inputRequest } }
    return harness.transport.sent(for: cell).first { $0.type == .inputRequest }
  }

  @Test func aQuestionGoesToTheClientThatRanTheCell() {
    let harness = CoreHarness()
    let cell = harness.postCell("ask name?", ["allow_stdin": true])
    let question = waitForQuestion(harness, cell)
    #expect(question?.channel == .stdin)
    #expect(question?.identities == [Array(cell.utf8)])
    #expect(question?.content == ["prompt": "name?", "password": false])
    harness.post(.inputReply, ["value": "Ada"], on: .stdin)
    #expect(harness.waitForIdle(cell).first(.executeResult)?["data"]?["text/plain"] == "Ada")
  }

  @Test func secretsAreAskedForAsSuch() {
    let harness = CoreHarness()
    let cell = harness.postCell("askhidden key?", ["allow_stdin": true])
    #expect(waitForQuestion(harness, cell)?.content["password"] == true)
    harness.post(.inputReply, ["value": "\u{4}"], on: .stdin)
    let reply = harness.waitForIdle(cell).first("execute_reply")
    #expect(reply?["evalue"] == "the input ended before an answer was given")
  }

  @Test func withoutInputTheQuestionIsAnError() {
    let sent = CoreHarness().execute("ask name?")
    #expect(sent.first("execute_reply")?["evalue"] == "this front end does not take input")
    #expect(sent.first(.inputRequest) == nil)
  }

  @Test func anInterruptEndsTheWaitAndALateAnswerIsForgotten() {
    let harness = CoreHarness()
    let first = harness.postCell("ask a", ["allow_stdin": true])
    _ = waitForQuestion(harness, first)
    _ = harness.exchange(.interruptRequest, on: .control)
    #expect(harness.waitForIdle(first).first("execute_reply")?["ename"] == "Interrupted")
    harness.post(.inputReply, ["value": "late"], on: .stdin)

    let second = harness.postCell("ask b", ["allow_stdin": true])
    _ = waitForQuestion(harness, second)
    harness.post(.inputReply, ["value": "right"], on: .stdin)
    #expect(harness.waitForIdle(second).first(.executeResult)?["data"]?["text/plain"] == "right")
  }
}

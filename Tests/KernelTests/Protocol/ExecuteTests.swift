import Engine
import Foundation
import Testing

@testable import Kernel

@Suite struct ExecuteTests {
  @Test func aResultComesBetweenOutputAndReply() {
    let sent = CoreHarness().execute("value 42")
    #expect(sent.kinds == ["busy", "execute_input", "execute_result", "execute_reply", "idle"])
    #expect(sent[1].content == ["code": "value 42", "execution_count": 1])
    let result: JSON = ["data": ["text/plain": "42"], "metadata": [:], "execution_count": 1]
    #expect(sent[2].content == result)
    let reply: JSON = ["status": "ok", "execution_count": 1, "payload": [], "user_expressions": [:]]
    #expect(sent[3].content == reply)
  }

  @Test func textGoesOutBeforeWhateverFollowsIt() {
    let sent = CoreHarness().execute("show x")
    #expect(
      sent.kinds == [
        "busy", "execute_input", "stream", "display_data", "stream", "update_display_data", "clear_output",
        "execute_reply", "idle",
      ])
    #expect(sent[3].content["transient"] == ["display_id": "d"])
    #expect(sent[6].content == ["wait": true])
  }

  @Test func aFailureIsOneErrorAndTheSameFieldsInTheReply() {
    let sent = CoreHarness().execute("nonsense")
    #expect(sent.kinds == ["busy", "execute_input", "error", "execute_reply", "idle"])
    for message in [sent[2], sent[3]] {
      #expect(message.content["ename"] == "UnknownCommand")
      #expect(message.content["evalue"] == "unknown command 'nonsense'")
      #expect(message.content["traceback"] == ["UnknownCommand: unknown command 'nonsense'"])
    }
    #expect(sent[3].content["status"] == "error")
  }

  @Test func silentCellsShowNothingAndDoNotCount() {
    let harness = CoreHarness()
    let sent = harness.execute("show x", ["silent": true])
    #expect(sent.kinds == ["busy", "execute_reply", "idle"])
    #expect(harness.execute("fails", ["silent": true]).kinds == ["busy", "execute_reply", "idle"])
    #expect(harness.execute("value 1")[1].content["execution_count"] == 1)
  }

  @Test func cellsOutsideTheHistoryDoNotCount() {
    let harness = CoreHarness()
    _ = harness.execute("value 1", ["store_history": false])
    #expect(harness.execute("value 2")[1].content["execution_count"] == 1)
    #expect(harness.execute("value 3")[1].content["execution_count"] == 2)
  }

  @Test func expressionsOfTheClientAreEvaluatedAfterSuccess() {
    let harness = CoreHarness()
    let expressions: JSON = ["user_expressions": ["a": "x", "b": ""]]
    let values = harness.execute("value 1", expressions).first("execute_reply")?["user_expressions"]
    #expect(values?["a"]?["data"]?["text/plain"] == "<x>")
    #expect(values?["a"]?["status"] == "ok")
    #expect(values?["b"]?["status"] == "error")
    #expect(values?["b"]?["ename"] == "Empty")
    #expect(harness.execute("fails", expressions).first("execute_reply")?["user_expressions"] == [:])
  }

  @Test func pagesArePayloads() {
    let reply = CoreHarness().execute("page text").first("execute_reply")
    let payload: JSON = ["source": "page", "start": 0, "data": ["text/plain": "text"]]
    #expect(reply?["payload"] == [payload])
  }

  @Test func aRequestWithoutCodeIsAnError() {
    let reply = CoreHarness().exchange(.executeRequest, ["cod": "x"]).first("execute_reply")
    #expect(reply?["status"] == "error")
    #expect(reply?["ename"] == "BadRequest")
  }

  @Test func cellsThatWaitBehindAFailureAreAborted() {
    let harness = CoreHarness()
    let cells = ["waitfail", "value 1", "value 2"].map { harness.postCell($0) }
    harness.interpreter.gate.signal()
    #expect(harness.waitForIdle(cells[0]).first("execute_reply")?["status"] == "error")
    for cell in cells.dropFirst() {
      let sent = harness.waitForIdle(cell)
      #expect(sent.kinds == ["busy", "execute_reply", "idle"])
      #expect(sent[1].content == ["status": "aborted"])
    }
    #expect(harness.execute("value 3").first("execute_reply")?["execution_count"] == 2)
  }

  @Test func aFailureThatMayNotStopOthersDoesNot() {
    let harness = CoreHarness()
    let first = harness.postCell("waitfail", ["stop_on_error": false])
    let second = harness.postCell("value 1")
    harness.interpreter.gate.signal()
    #expect(harness.waitForIdle(first).first("execute_reply")?["status"] == "error")
    #expect(harness.waitForIdle(second).first("execute_reply")?["status"] == "ok")
  }

  @Test func textIsJoinedAndNothingIsLost() {
    let sent = CoreHarness().execute("flood 5000")
    let streams = sent.compactMap(\.text)
    #expect(streams.joined().count == 500_000)
    #expect(streams.count < 60)
  }

  @Test func textBeyondTheLimitIsCutWithOneNotice() {
    let sent = CoreHarness().execute("flood 60000")
    let notice = "(this cell wrote more than 4 MB of text; the rest is not shown)\n"
    #expect(sent.filter { $0.text == notice && $0.content["name"] == "stderr" }.count == 1)
    let length = sent.compactMap(\.text).joined().utf8.count
    #expect(length <= CellOutput.textLimit + CellOutput.batchSize + notice.utf8.count)
    #expect(sent.kinds.last == "idle")
  }

  @Test func textOfALongCellIsSentBeforeItsEnd() {
    let harness = CoreHarness()
    let origin = Origin(identities: [], headerBytes: Array(#"{"msg_id":"late"}"#.utf8))
    let output = CellOutput(
      origin: origin, transport: harness.transport, mailbox: InputMailbox(), isSilent: false,
      takesInput: false)
    output.write("soon", to: .stdout)
    #expect(harness.transport.wait { $0.contains { $0.parent == "late" && $0.text == "soon" } })
  }
}

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

  @Test func theNextCellIsAPayload() {
    let reply = CoreHarness().execute("next x = 3").first("execute_reply")
    let payload: JSON = ["source": "set_next_input", "text": "x = 3", "replace": false]
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

  @Test func whoInterruptsAgainIsToldThatItWasHeard() {
    let harness = CoreHarness()
    let cell = harness.postCell("stubborn")
    _ = harness.transport.wait { $0.contains { $0.parent == cell && $0.type == .executeInput } }
    for _ in 0..<2 { _ = harness.exchange(.interruptRequest, on: .control) }
    harness.interpreter.gate.signal()
    let sent = harness.waitForIdle(cell)
    #expect(sent.compactMap(\.text) == ["(stopping, as soon as the step that runs has ended)\n"])
    #expect(sent.kinds == ["busy", "execute_input", "stream", "error", "execute_reply", "idle"])
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
    let notice = "\n(this cell wrote more than 2 MB of text; the rest is not shown)\n"
    #expect(sent.filter { $0.text == notice && $0.content["name"] == "stderr" }.count == 1)
    #expect(sent.compactMap(\.text).joined().utf8.count == CellOutput.textLimit + notice.utf8.count)
    #expect(sent.kinds.last == "idle")
  }

  @Test func theWholeTextOfACellIsInAFileWhenNotAllIsShown() throws {
    let folder = NSTemporaryDirectory() + "/dass-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let old = folder + "/cell-old.log"
    #expect(FileManager.default.createFile(atPath: old, contents: Data()))
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -2 * OutputLog.lifetime)], ofItemAtPath: old)
    let sent = CoreHarness(outputLogFolder: folder).execute("flood 60000")
    let logs = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(logs.count == 1)
    let path = folder + "/" + (logs.first ?? "")
    let notice = "\n(this cell wrote more than 2 MB of text; all of it is in \(path))\n"
    #expect(sent.filter { $0.text == notice }.count == 1)
    let line = String(repeating: "x", count: 99) + "\n"
    #expect(FileManager.default.contents(atPath: path) == Data(String(repeating: line, count: 60_000).utf8))
  }

  @Test func aLongTextInOnePieceIsShownUpToTheLimit() {
    let sent = CoreHarness().execute("print " + String(repeating: "\u{e9}", count: 1_500_000))
    let shown = sent.compactMap(\.text)
    #expect(shown.first?.utf8.count == CellOutput.textLimit)
    #expect(shown.first?.unicodeScalars.last == "\u{e9}")
  }

  @Test func theReplyTellsWhenTheCellStarted() {
    let sent = CoreHarness().execute("value 1")
    #expect(sent[3].metadata["started"]?.stringValue?.hasSuffix("Z") == true)
  }

  @Test func theFirstCellWaitsForSomeoneToListen() {
    let harness = CoreHarness(hasAudience: false)
    let cell = harness.postCell("value 1")
    // Requests that show nothing are answered meanwhile.
    #expect(harness.exchange(.kernelInfoRequest).kinds.last == "idle")
    #expect(harness.transport.sent(for: cell).isEmpty)
    harness.core.subscriberJoined()
    #expect(harness.waitForIdle(cell).kinds.last == "idle")
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

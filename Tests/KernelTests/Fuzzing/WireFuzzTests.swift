import Engine
import Foundation
import Testing

@testable import Kernel

/// Random edits of real messages, at the level of frames and inside them: nothing may trap or hang, and what is
/// taken for a message is answered.
@Suite struct WireFuzzTests {
  private static let key = Array("a key".utf8)

  /// Requests as front ends send them.
  private static let requests: [(MessageType, JSON)] = [
    (
      .executeRequest,
      ["code": "value 1", "silent": false, "store_history": true, "user_expressions": ["a": "x"]]
    ),
    (.completeRequest, ["code": "print é😀", "cursor_pos": 7]),
    (.inspectRequest, ["code": "search p", "cursor_pos": 3, "detail_level": 1]),
    (.isCompleteRequest, ["code": "t = ["]),
    (.historyRequest, ["hist_access_type": "tail", "n": 10, "output": false, "raw": true]),
    (.historyRequest, ["hist_access_type": "search", "pattern": "[[]1?*", "n": 3, "unique": true]),
    (.historyRequest, ["hist_access_type": "range", "session": 0, "start": 1, "stop": 5]),
    (.kernelInfoRequest, [:]), (.commInfoRequest, ["target_name": "jupyter.widget"]),
    (.commOpen, ["comm_id": "1", "target_name": "none", "data": [:]]), (.interruptRequest, [:]),
    (.inputReply, ["value": "text", "status": "ok"]),
    ("no_such_request", ["a": [1, 2.5, .null, ["b": true]]]),
  ]

  private static let framePieces: [[[UInt8]]] = [
    [[]], [WireCodec.delimiter], [Array("{}".utf8)], [Array("[]".utf8)], [[0, 255, 128]],
    [[UInt8](repeating: 0x5B, count: 2000)],
  ]
  private static let bytePieces: [[UInt8]] =
    [
      "{", "}", "[", "]", "\"", ":", ",", "\\", "\\u", "\\ud83d", "null", "true", "-", "1e999",
      "9223372036854775808",
      "0x", " ", "\n", "\u{0}", "{}", "[[[[", "\"code\"", "\"cursor_pos\"",
    ].map { Array($0.utf8) } + [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]]

  private func frames(_ random: inout RandomSource, _ client: WireCodec) -> [[UInt8]] {
    let (type, content) = random.element(of: Self.requests)
    let origin = Origin(identities: [[1, 2, 3]], headerBytes: Array("{}".utf8))
    return client.encode(OutgoingMessage(type, to: origin, content: content))
  }

  /// Whole frames are edited: the signature then fits hardly ever.
  @Test(arguments: FuzzPlan.parts) func frames(part: Int) {
    let (client, kernel) = (WireCodec(key: Self.key), WireCodec(key: Self.key))
    let slow = FuzzPlan.run("frames", part: part) { random in
      let original = frames(&random, client)
      var edited = random.edited(original, pieces: Self.framePieces, upTo: 3)
      if !edited.isEmpty, random.integer(below: 2) == 0 {
        let index = random.integer(below: edited.count)
        edited[index] = random.edited(edited[index], pieces: Self.bytePieces)
      }
      let taken = try? kernel.decode(edited)
      // Only a message whose signed part is untouched may come through.
      if taken != nil, !edited.contains(run: original[3...6]) {
        Issue.record("an edited message was taken: \(edited)")
      }
    }
    #expect(slow == [])
  }

  /// The parts of the message are edited before they are signed, so that everything behind the signature is
  /// reached; what comes through goes to the protocol core.
  @Test(arguments: FuzzPlan.parts) func signedMessages(part: Int) {
    let (client, kernel) = (WireCodec(key: []), WireCodec(key: []))
    let core = KernelCore(
      interpreter: ToyInterpreter(), transport: DiscardingTransport(),
      history: HistoryStore(path: nil, log: KernelLog(descriptor: -1)), log: KernelLog(descriptor: -1))
    let slow = FuzzPlan.run("messages", part: part) { random in
      var edited = frames(&random, client)
      let index = 3 + random.integer(below: 4)
      edited[index] = random.edited(edited[index], pieces: Self.bytePieces)
      guard let message = try? kernel.decode(edited) else { return }
      let request = KernelCore.Request(message: message, channel: .shell)
      if request.type == .executeRequest {
        core.execute(request, in: core.shell)
      } else {
        _ = core.answer(to: request)
      }
    }
    core.stop()
    #expect(slow == [])
  }

  private struct DiscardingTransport: Transport {
    func send(_ message: OutgoingMessage, on channel: Channel) {}
  }
}

extension [[UInt8]] {
  /// Whether `run` occurs in a row.
  fileprivate func contains(run: ArraySlice<[UInt8]>) -> Bool {
    indices.contains { self[$0...].starts(with: run) }
  }
}

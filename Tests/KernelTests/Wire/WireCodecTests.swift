import Engine
import Testing

@testable import Kernel

@Suite struct WireCodecTests {
  private let codec = WireCodec(key: Array("secret".utf8), username: "tester")
  private let origin = Origin(
    identities: [[1, 2], [3]], headerBytes: Array(#"{ "msg_id":"m-1",  "msg_type":"execute_request"}"#.utf8))

  private func frames(_ codec: WireCodec) -> [[UInt8]] {
    codec.encode(OutgoingMessage("execute_reply", to: origin, content: ["status": "ok"]))
  }

  @Test func aMessageSurvivesTheWayThereAndBack() throws {
    let message = try codec.decode(frames(codec) + [[9, 9]])
    #expect(message.identities == [[1, 2], [3]])
    #expect(message.header.type == "execute_reply")
    #expect(message.header.username == "tester")
    #expect(message.header.version == "5.5")
    #expect(message.header.session == codec.session)
    #expect(message.content == ["status": "ok"])
    #expect(message.buffers == [[9, 9]])
  }

  @Test func theParentHeaderGoesBackToTheByte() {
    #expect(frames(codec)[5] == origin.headerBytes)
  }

  @Test func aMessageWithoutParentHasAnEmptyOne() {
    let message = OutgoingMessage(broadcasting: .status, causedBy: nil, content: [:])
    let frames = codec.encode(message)
    #expect(frames[0] == Array("status".utf8))
    #expect(frames[4] == Array("{}".utf8))
  }

  @Test func identifiersDifferAndTheDateHasAZone() throws {
    let first = try codec.decode(frames(codec)).header
    let second = try codec.decode(frames(codec)).header
    #expect(first.messageID != second.messageID)
    #expect(first.session == second.session)
    #expect(WireCodec(key: []).session != first.session)
    #expect(first.date.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/) != nil)
  }

  /// Computed with Python: `hmac.new(b"secret", b"{}{}{}{}", "sha256").hexdigest()`.
  @Test func theSignatureIsThatOfOtherImplementations() throws {
    let empty = Array("{}".utf8)
    let signature = "34982f0bfec60e7b933ffde06c1ecab0fba073717a95ab943d1dd06f82c2d5e4"
    let frames = [WireCodec.delimiter, Array(signature.utf8), empty, empty, empty, empty]
    #expect(throws: WireError.incompleteHeader) { try codec.decode(frames) }
  }

  @Test func wrongSignaturesAreRefusedBeforeParsing() {
    var damaged = frames(codec)
    damaged[4] = Array("not json".utf8)
    #expect(throws: WireError.badSignature) { try codec.decode(damaged) }
    #expect(throws: WireError.badSignature) { try WireCodec(key: [1]).decode(frames(codec)) }
    var unsigned = frames(codec)
    unsigned[3] = []
    #expect(throws: WireError.badSignature) { try codec.decode(unsigned) }
  }

  @Test func aMessageIsTakenOnce() throws {
    let first = frames(codec)
    _ = try codec.decode(first)
    #expect(throws: WireError.repeatedSignature) { try codec.decode(first) }
    // Not for ever, but while many more messages come in.
    for _ in 0..<10_000 { _ = try codec.decode(frames(codec)) }
    #expect(throws: WireError.repeatedSignature) { try codec.decode(first) }
    let open = WireCodec(key: [])
    _ = try open.decode(first)
    _ = try open.decode(first)
  }

  @Test func anEmptyKeyMeansNoSignatures() throws {
    let open = WireCodec(key: [])
    #expect(frames(open)[3].isEmpty)
    #expect(try open.decode(frames(codec)).header.type == "execute_reply")
  }

  @Test func malformedFramesAreExplained() {
    let open = WireCodec(key: [])
    let header = Array(#"{"msg_id":"1","msg_type":"t"}"#.utf8)
    let empty = Array("{}".utf8)
    func decode(_ frames: [[UInt8]]) throws { _ = try open.decode(frames) }
    #expect(throws: WireError.noDelimiter) { try decode([]) }
    #expect(throws: WireError.noDelimiter) { try decode([[1], header]) }
    #expect(throws: WireError.tooFewFrames(4)) {
      try decode([WireCodec.delimiter, [], header, empty, empty])
    }
    #expect(throws: WireError.incompleteHeader) {
      try decode([WireCodec.delimiter, [], empty, empty, empty, empty])
    }
    #expect(throws: WireError.notAnObject(part: "content")) {
      try decode([WireCodec.delimiter, [], header, empty, empty, Array("[]".utf8)])
    }
    #expect(throws: WireError.notJSON(part: "metadata", .unexpectedEnd(offset: 0))) {
      try decode([WireCodec.delimiter, [], header, empty, [], empty])
    }
    // The parent header of a request is never read, so it may be anything.
    #expect(throws: Never.self) { try decode([WireCodec.delimiter, [], header, [0xFF], empty, empty]) }
  }

  @Test func randomFramesNeverTrap() {
    var random = RandomSource(seed: 3)
    let open = WireCodec(key: [])
    let valid = frames(open)
    for run in 0..<100_000 {
      var frames = valid
      for _ in 0...random.integer(below: 3) {
        let place = random.integer(below: frames.count)
        switch random.integer(below: 5) {
        case 0 where frames.count > 1: frames.remove(at: place)
        case 1: frames.insert(frames[random.integer(below: frames.count)], at: place)
        case 2: frames[place] = (0..<random.integer(below: 12)).map { _ in UInt8(random.integer(below: 256)) }
        case 3 where !frames[place].isEmpty:
          frames[place][random.integer(below: frames[place].count)] = UInt8(random.integer(below: 256))
        default: frames[place] = Array(frames[place].prefix(random.integer(below: frames[place].count + 1)))
        }
      }
      _ = try? open.decode(frames)
      if frames.dropFirst(3) != valid.dropFirst(3), run % 10 == 0 {
        #expect((try? codec.decode(frames)) == nil)
      }
    }
  }
}

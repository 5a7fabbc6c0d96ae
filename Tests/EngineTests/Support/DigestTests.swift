import Testing

@testable import Engine

@Suite struct DigestTests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func standardVectors(text: String, expected: String) {
    #expect(Digest.sha256(text.utf8) == expected)
    #expect(Digest.sha256(Array(text.utf8)) == expected)
  }

  @Test func piecesGiveTheDigestOfTheWhole() {
    let bytes = (0..<1000).map { UInt8($0 % 251) }
    var stream = SHA256Stream()
    stream.update([])
    stream.update(bytes[..<7])
    stream.update(bytes[7..<64])
    stream.update(bytes[64...].lazy.map { $0 })
    #expect(stream.finish() == Digest.sha256(bytes))
  }

  /// RFC 4231, section 4, test cases 1 to 4, 6 and 7.
  @Test(arguments: [
    (
      [UInt8](repeating: 0x0B, count: 20), "Hi There",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      Array("Jefe".utf8), "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      [UInt8](repeating: 0xAA, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
    (
      [UInt8](repeating: 0xAA, count: 131),
      "This is a test using a larger than block-size key and a larger than block-size data. "
        + "The key needs to be hashed before being used by the HMAC algorithm.",
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
    ),
  ])
  func keyedVectors(key: [UInt8], text: String, expected: String) {
    #expect(Digest.hexadecimal(HMACSHA256(key: key).digest(of: [Array(text.utf8)])) == expected)
  }

  @Test func keyedVectorsOfBytes() {
    let third = HMACSHA256(key: [UInt8](repeating: 0xAA, count: 20))
      .digest(of: [[UInt8](repeating: 0xDD, count: 50)])
    #expect(
      Digest.hexadecimal(third) == "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")
    let fourth = HMACSHA256(key: Array(1...25)).digest(of: [[UInt8](repeating: 0xCD, count: 50)])
    #expect(
      Digest.hexadecimal(fourth) == "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b")
  }

  @Test func partsAreConcatenated() {
    let keyed = HMACSHA256(key: Array("secret".utf8))
    let whole = keyed.digest(of: [Array("abcdef".utf8)])
    #expect(keyed.digest(of: [Array("ab".utf8), [], Array("cdef".utf8)]) == whole)
    #expect(HMACSHA256(key: []).digest(of: []).count == 32)
  }

  @Test func comparisonSeesEveryByte() {
    #expect(Digest.areEqual([1, 2, 3], [1, 2, 3]))
    #expect(Digest.areEqual([], []))
    #expect(!Digest.areEqual([1, 2, 3], [1, 2, 4]))
    #expect(!Digest.areEqual([1, 2, 3], [1, 2]))
  }
}

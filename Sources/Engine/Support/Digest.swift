import COpenSSL

/// SHA-256 (FIPS 180-4) and the keyed digest over it (RFC 2104), computed by OpenSSL's libcrypto.
package enum Digest {
  /// The SHA-256 of `bytes` as 64 lower-case hexadecimal digits.
  package static func sha256(_ bytes: some Sequence<UInt8>) -> String {
    var stream = SHA256Stream()
    stream.update(bytes)
    return stream.finish()
  }

  /// The 32 bytes of HMAC-SHA256 over the concatenation of `parts`.
  package static func hmacSHA256(key: [UInt8], parts: [[UInt8]]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: digestLength)
    let message = parts.count == 1 ? parts[0] : Array(parts.joined())
    let result = HMAC(EVP_sha256(), key, Int32(clamping: key.count), message, message.count, &digest, nil)
    precondition(result != nil, "libcrypto offers no HMAC-SHA256")
    return digest
  }

  /// Whether two digests are equal, in a time that depends on their length alone.
  package static func areEqual(_ first: [UInt8], _ second: [UInt8]) -> Bool {
    first.count == second.count && CRYPTO_memcmp(first, second, first.count) == 0
  }

  /// Two lower-case digits a byte.
  package static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    var digits: [UInt8] = []
    for byte in bytes {
      digits.append(digit(byte >> 4))
      digits.append(digit(byte & 0x0F))
    }
    return String(decoding: digits, as: UTF8.self)
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  fileprivate static let digestLength = 32
}

/// SHA-256 of data that comes in pieces. Owns a libcrypto context, so it cannot be copied.
package struct SHA256Stream: ~Copyable {
  private let context: OpaquePointer

  package init() {
    // Both calls fail only when memory is exhausted or libcrypto was built without SHA-256.
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      preconditionFailure("libcrypto offers no SHA-256")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  package mutating func update(_ bytes: some Sequence<UInt8>) {
    let isContiguous: Void? = bytes.withContiguousStorageIfAvailable { storage in
      _ = EVP_DigestUpdate(context, storage.baseAddress, storage.count)
    }
    if isContiguous == nil {
      let copy = Array(bytes)
      _ = EVP_DigestUpdate(context, copy, copy.count)
    }
  }

  /// The digest as 64 lower-case hexadecimal digits.
  package consuming func finish() -> String {
    var digest = [UInt8](repeating: 0, count: Digest.digestLength)
    _ = EVP_DigestFinal_ex(context, &digest, nil)
    return Digest.hexadecimal(digest)
  }
}

import COpenSSL

/// SHA-256 (FIPS 180-4), computed by OpenSSL's libcrypto.
package enum Digest {
  /// The SHA-256 of `bytes` as 64 lower-case hexadecimal digits.
  package static func sha256(_ bytes: some Sequence<UInt8>) -> String {
    var stream = SHA256Stream()
    stream.update(bytes)
    return stream.finish()
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

/// The keyed digest over SHA-256 (RFC 2104), for many messages under one key.
///
/// `@unchecked Sendable`: the context is only copied from once it has its key.
package final class HMACSHA256: @unchecked Sendable {
  private let keyed: OpaquePointer

  package init(key: [UInt8]) {
    // All calls fail only when memory is exhausted or libcrypto was built without the algorithms.
    let algorithm = EVP_MAC_fetch(nil, "HMAC", nil)
    guard let context = EVP_MAC_CTX_new(algorithm) else { preconditionFailure("libcrypto offers no HMAC") }
    EVP_MAC_free(algorithm)
    let hasKey = "digest".withCString { name in
      var digest = Array("SHA256".utf8CString)
      return digest.withUnsafeMutableBufferPointer { digest in
        let parameters = [
          OSSL_PARAM_construct_utf8_string(name, digest.baseAddress, 0), OSSL_PARAM_construct_end(),
        ]
        return EVP_MAC_init(context, key, key.count, parameters)
      }
    }
    precondition(hasKey == 1, "libcrypto offers no HMAC-SHA256")
    keyed = context
  }

  deinit { EVP_MAC_CTX_free(keyed) }

  /// The 32 bytes of the digest over the concatenation of `parts`.
  package func digest(of parts: [[UInt8]]) -> [UInt8] {
    let context = EVP_MAC_CTX_dup(keyed)
    defer { EVP_MAC_CTX_free(context) }
    for part in parts { EVP_MAC_update(context, part, part.count) }
    var digest = [UInt8](repeating: 0, count: Digest.digestLength)
    var count = 0
    let result = EVP_MAC_final(context, &digest, &count, digest.count)
    precondition(result == 1 && count == digest.count, "there is no memory for a digest")
    return digest
  }
}

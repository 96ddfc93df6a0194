import COpenSSL

/// libcrypto's algorithms, looked up once: OpenSSL 3's one-shot functions look them up by name at every call.
enum Algorithms {
  /// A pointer that libcrypto owns and never changes.
  ///
  /// `@unchecked Sendable` because fetched algorithms are immutable, and libcrypto counts references to them atomically. The
  /// context of `hmacSHA256` is only ever copied, which changes nothing in it.
  struct Fetched<Pointer>: @unchecked Sendable {
    let pointer: Pointer
  }

  static let sha256 = Fetched(pointer: EVP_MD_fetch(nil, "SHA256", nil))
  /// A context that knows its digest, to be copied: to tell each context anew means a look-up, too. `nil` if there is none.
  static let hmacSHA256 = Fetched(pointer: makeHMACSHA256())

  private static func makeHMACSHA256() -> OpaquePointer? {
    let algorithm = EVP_MAC_fetch(nil, "HMAC", nil)
    // The context has a reference of its own.
    defer { EVP_MAC_free(algorithm) }
    let context = EVP_MAC_CTX_new(algorithm)
    return copenssl_mac_use_sha256(context) == 1 ? context : nil
  }
}

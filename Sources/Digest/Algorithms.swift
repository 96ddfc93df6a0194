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
  /// A context that knows its digest, to be copied: to tell each context anew means a look-up, too.
  static let hmacSHA256 = Fetched(pointer: makeHMACSHA256())

  private static func makeHMACSHA256() -> OpaquePointer {
    let algorithm = EVP_MAC_fetch(nil, "HMAC", nil)
    // The context has a reference of its own.
    defer { EVP_MAC_free(algorithm) }
    guard let context = EVP_MAC_CTX_new(algorithm), copenssl_mac_use_sha256(context) == 1 else {
      // Without it nothing can be signed, and it isn't there only when memory is out or libcrypto is broken.
      preconditionFailure("libcrypto has no HMAC with SHA-256")
    }
    return context
  }
}

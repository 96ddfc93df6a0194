import COpenSSL

/// libcrypto's algorithms, looked up once: OpenSSL 3's one-shot functions look them up by name at every call.
enum Algorithms {
  /// A pointer that libcrypto owns and never changes.
  ///
  /// `@unchecked Sendable` because fetched algorithms are immutable, and libcrypto counts references to them atomically.
  struct Fetched<Pointer>: @unchecked Sendable {
    let pointer: Pointer
  }

  static let sha256 = Fetched(pointer: EVP_MD_fetch(nil, "SHA256", nil))
  static let hmac = Fetched(pointer: EVP_MAC_fetch(nil, "HMAC", nil))
}

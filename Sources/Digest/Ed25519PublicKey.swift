import COpenSSL

/// A key that checks Ed25519 signatures (RFC 8032), held by libcrypto.
///
/// `@unchecked Sendable` because the key never changes, libcrypto counts references to it atomically, and each check has a
/// context of its own.
package final class Ed25519PublicKey: @unchecked Sendable {
  package static let byteCount = 32
  package static let signatureByteCount = 64

  /// The key itself: 32 bytes (RFC 8032, section 5.1.5).
  package let bytes: [UInt8]
  private let key: OpaquePointer

  /// Takes the key over.
  private init(_ key: OpaquePointer) throws(KeyError) {
    self.key = key
    var bytes = [UInt8](repeating: 0, count: Self.byteCount)
    var count = bytes.count
    guard EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1 else {
      throw KeyError.drainingErrors("libcrypto doesn't give the public key")
    }
    self.bytes = bytes
  }

  deinit {
    EVP_PKEY_free(key)
  }

  package convenience init(bytes: [UInt8]) throws(KeyError) {
    guard let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count) else {
      throw KeyError.drainingErrors("a public key has 32 bytes")
    }
    try self.init(key)
  }

  /// Reads SubjectPublicKeyInfo in PEM (RFC 8410), as `openssl pkey -pubout` writes it.
  package convenience init(pem: [UInt8]) throws(KeyError) {
    guard let key = PEMText.read(pem, { PEM_read_bio_PUBKEY($0, nil, nil, nil) }) else {
      throw KeyError.drainingErrors("it holds no public key in PEM")
    }
    guard EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 else {
      EVP_PKEY_free(key)
      throw KeyError("the public key isn't an Ed25519 one")
    }
    try self.init(key)
  }

  /// The key in SubjectPublicKeyInfo and PEM.
  package var pem: [UInt8] {
    get throws(KeyError) {
      try PEMText.write(to: BIO_new(BIO_s_mem())) { PEM_write_bio_PUBKEY($0, key) }
    }
  }

  /// Whether `signature` over `message` was made with this key's private one.
  package func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    guard EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1,
      EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    else {
      ERR_clear_error()
      return false
    }
    return true
  }
}

import COpenSSL

/// A key that signs with Ed25519 (RFC 8032), held by libcrypto, which overwrites it when it is let go of.
///
/// `@unchecked Sendable` because the key never changes, libcrypto counts references to it atomically, and each signature has
/// a context of its own.
package final class Ed25519PrivateKey: @unchecked Sendable {
  private let key: OpaquePointer

  /// Takes the key over.
  private init(_ key: OpaquePointer) {
    self.key = key
  }

  deinit {
    EVP_PKEY_free(key)
  }

  /// A new key, from libcrypto's random generator.
  package static func generate() throws(KeyError) -> Ed25519PrivateKey {
    let context = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nil)
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_keygen(context, &key) == 1, let key else {
      throw KeyError.drainingErrors("libcrypto can't make a key")
    }
    return Ed25519PrivateKey(key)
  }

  /// The key of a 32-byte seed (RFC 8032, section 5.1.5).
  package convenience init(seed: [UInt8]) throws(KeyError) {
    guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
      throw KeyError.drainingErrors("a private key has 32 bytes")
    }
    self.init(key)
  }

  /// Reads PKCS#8 in PEM (RFC 8410), as `openssl genpkey -algorithm ed25519` writes it.
  ///
  /// - Throws: `KeyError`, which quotes nothing of the text.
  package convenience init(pem: [UInt8]) throws(KeyError) {
    var wasAsked: Int32 = 0
    let key = PEMText.read(pem) { copenssl_read_private_key($0, &wasAsked) }
    guard wasAsked == 0 else {
      EVP_PKEY_free(key)
      throw KeyError.drainingErrors("the private key is encrypted, and there is nobody to ask for its passphrase")
    }
    guard let key else { throw KeyError.drainingErrors("it holds no private key in PEM") }
    guard EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 else {
      EVP_PKEY_free(key)
      throw KeyError("the private key isn't an Ed25519 one")
    }
    self.init(key)
  }

  /// The key in PKCS#8 and PEM. Whoever gets it has to cleanse it.
  package func exposedPEM() throws(KeyError) -> [UInt8] {
    try PEMText.write(to: BIO_new(BIO_s_secmem())) { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
  }

  package var publicKey: Ed25519PublicKey {
    get throws(KeyError) {
      var bytes = [UInt8](repeating: 0, count: Ed25519PublicKey.byteCount)
      var count = bytes.count
      guard EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1 else {
        throw KeyError.drainingErrors("libcrypto doesn't give the public key")
      }
      return try Ed25519PublicKey(bytes: bytes)
    }
  }

  /// The signature over `message`: 64 bytes, always the same ones.
  package func signature(for message: [UInt8]) throws(KeyError) -> [UInt8] {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var signature = [UInt8](repeating: 0, count: Ed25519PublicKey.signatureByteCount)
    var count = signature.count
    guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
      EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == signature.count
    else { throw KeyError.drainingErrors("libcrypto can't sign") }
    return signature
  }
}

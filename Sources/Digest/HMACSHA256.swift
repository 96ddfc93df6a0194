import COpenSSL

/// HMAC with SHA-256 (RFC 2104), by libcrypto.
package enum HMACSHA256 {
  /// The code for `message` under `key`: 32 bytes.
  package static func code(key: [UInt8], message: some Collection<UInt8>) -> [UInt8] {
    let code = message.withContiguousStorageIfAvailable { self.code(key: key, bytes: $0) }
    return code ?? Array(message).withUnsafeBufferPointer { self.code(key: key, bytes: $0) }
  }

  private static func code(key: [UInt8], bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    let context = EVP_MAC_CTX_dup(Algorithms.hmacSHA256.pointer)
    defer { EVP_MAC_CTX_free(context) }
    return [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { output, count in
      let isDone =
        EVP_MAC_init(context, key, key.count, nil) == 1
        && EVP_MAC_update(context, bytes.baseAddress, bytes.count) == 1
        && EVP_MAC_final(context, output.baseAddress, &count, output.count) == 1
      // It fails only when memory is out or libcrypto is broken. A wrong code must never be used as if it were right.
      precondition(isDone && count == SHA256.byteCount, "libcrypto can't compute an HMAC")
    }
  }
}

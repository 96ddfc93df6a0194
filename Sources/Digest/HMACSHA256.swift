import COpenSSL

/// HMAC with SHA-256 (RFC 2104), by libcrypto.
package enum HMACSHA256 {
  /// The code for `message` under `key`: 32 bytes.
  package static func code(key: [UInt8], message: some Collection<UInt8>) -> [UInt8] {
    let message = Array(message)
    return [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { output, count in
      var length: UInt32 = 0
      let result = HMAC(
        EVP_sha256(), key, Int32(key.count), message, message.count, output.baseAddress, &length)
      // HMAC fails only when memory is out or libcrypto is broken. A wrong code must never be used as if it were right.
      precondition(result != nil && length == UInt32(SHA256.byteCount), "libcrypto can't compute an HMAC")
      count = SHA256.byteCount
    }
  }
}

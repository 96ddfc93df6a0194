import COpenSSL

/// SHA-256 (FIPS 180-4), by libcrypto.
package enum SHA256 {
  /// The digest's length in bytes.
  package static let byteCount = 32

  /// The digest of `bytes`: 32 bytes.
  package static func digest(_ bytes: some Collection<UInt8>) -> [UInt8] {
    let digest = bytes.withContiguousStorageIfAvailable(hash)
    return digest ?? Array(bytes).withUnsafeBufferPointer(hash)
  }

  /// The digest of the text's UTF-8, as 64 lower-case hex digits.
  package static func hex(_ text: String) -> String {
    Hex.encode(digest(text.utf8))
  }

  private static func hash(_ buffer: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
      let result = EVP_Digest(buffer.baseAddress, buffer.count, output.baseAddress, nil, Algorithms.sha256.pointer, nil)
      // It fails only when memory is out or libcrypto is broken. A wrong digest must never be used as if it were right.
      precondition(result == 1, "libcrypto can't compute a SHA-256")
      count = byteCount
    }
  }
}

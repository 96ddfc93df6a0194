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
      // The one-shot function can't fail: it allocates nothing and takes any length.
      _ = COpenSSL.SHA256(buffer.baseAddress, buffer.count, output.baseAddress)
      count = byteCount
    }
  }
}

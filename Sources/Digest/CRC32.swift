/// CRC-32 as in IEEE 802.3 and zlib (reflected polynomial 0xEDB88320).
///
/// It guards tokens against typing errors, not against people. Eight lines of our own, since zlib for this would be
/// one more C library to contain.
package enum CRC32 {
  /// The checksum of `bytes`.
  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var remainder = UInt32.max
    for byte in bytes {
      remainder ^= UInt32(byte)
      for _ in 0..<8 {
        // Without a branch: it takes the same time whatever the bytes are.
        remainder = (remainder >> 1) ^ (0xEDB8_8320 & (0 &- (remainder & 1)))
      }
    }
    return ~remainder
  }
}

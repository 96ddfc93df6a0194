import Digest

/// The ids that AWS gives its requests: UUIDs of version 4 (RFC 9562, section 5.4).
enum AWSRequestID {
  /// A fresh one.
  static func make() -> String {
    var bytes = SecureRandom.bytes(16)
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    let ends = [0, 4, 6, 8, 10, 16]
    return zip(ends, ends.dropFirst()).map { Hex.encode(Array(bytes[$0..<$1])) }.joined(separator: "-")
  }
}

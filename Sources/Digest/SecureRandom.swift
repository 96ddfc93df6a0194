import COpenSSL

/// Random bytes that can't be guessed, from libcrypto's generator, which the system's random source seeds.
package enum SecureRandom {
  /// `count` random bytes.
  package static func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { output, written in
      // A token made from bytes that aren't random is worse than none: stop instead.
      precondition(RAND_bytes(output.baseAddress, Int32(count)) == 1, "the system has no random bytes")
      written = count
    }
  }
}

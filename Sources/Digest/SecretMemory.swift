import COpenSSL

/// What memory may show to others.
package enum SecretMemory {
  /// Overwrites the bytes in a way the compiler can't optimise away.
  package static func cleanse(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
  }

  /// Forbids core files and other processes' reads of this process's memory (`PR_SET_DUMPABLE`), which holds keys.
  package static func forbidDumps() {
    _ = copenssl_forbid_memory_dumps()
  }
}

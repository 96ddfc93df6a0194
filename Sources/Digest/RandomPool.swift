import Synchronization

/// Hands out random bytes from a block that one call to libcrypto fills: such a call costs as much for 16 bytes as for many.
/// Each byte is given out once.
///
/// For names, not for secrets: the bytes that are still to come lie in memory.
package final class RandomPool: Sendable {
  private static let blockSize = 1024

  private let block = Mutex<[UInt8]>([])

  package init() {}

  /// `count` random bytes.
  package func bytes(_ count: Int) -> [UInt8] {
    guard count <= Self.blockSize else { return SecureRandom.bytes(count) }
    return block.withLock { block in
      if block.count < count { block = SecureRandom.bytes(Self.blockSize) }
      defer { block.removeLast(count) }
      return Array(block.suffix(count))
    }
  }
}

import COpenSSL

/// Comparison whose time doesn't depend on where two values differ.
package enum ConstantTime {
  /// Whether the two hold the same bytes. Only a difference in length is seen early.
  package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
  }
}

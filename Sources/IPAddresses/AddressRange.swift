/// A range of addresses in CIDR notation (RFC 4632): `10.0.0.0/8`, `fd00::/8`, or one address.
package struct AddressRange: Sendable, Hashable, CustomStringConvertible {
  private let base: IPAddress
  private let prefixLength: Int

  /// `nil` if the text isn't an address with an optional prefix length that fits it, or if bits are set behind the
  /// prefix, which is a typing error more often than not.
  package init?(_ text: String) {
    let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let base = IPAddress(halves[0]) else { return nil }
    // Digits alone: `Int` would take a sign.
    guard halves.dropFirst().allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } }) else { return nil }
    let bitCount = base.bytes.count * 8
    guard let prefixLength = halves.count == 1 ? bitCount : Int(halves[1]), (0...bitCount).contains(prefixLength),
      (prefixLength..<bitCount).allSatisfy({ base.bytes[$0 / 8] & (0x80 >> ($0 % 8)) == 0 })
    else { return nil }
    self.base = base
    self.prefixLength = prefixLength
  }

  /// As it is read: `10.0.0.0/8`; one address alone has no prefix length.
  package var description: String {
    prefixLength == base.bytes.count * 8 ? base.description : "\(base)/\(prefixLength)"
  }

  /// Whether the address lies in the range.
  package func contains(_ address: IPAddress) -> Bool {
    guard address.bytes.count == base.bytes.count else { return false }
    let whole = prefixLength / 8
    guard address.bytes.prefix(whole) == base.bytes.prefix(whole) else { return false }
    guard prefixLength % 8 != 0 else { return true }
    let mask = UInt8(truncatingIfNeeded: 0xFF00 >> (prefixLength % 8))
    return address.bytes[whole] & mask == base.bytes[whole] & mask
  }
}
